"""`make compose-smoke`: the demo on a compose deployment, which is then restarted and must have lost nothing."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path

from demo.play import Apps, Play
from demo.samples import gather_samples
from demo.transcript import NotAsItMustBe, Transcript

COMPOSE = Path(__file__).parents[1] / "deploy" / "compose"
SERVICES = ("relation-radar", "share-registry", "app-download", "gateway")
_PATIENCE = 180.0
"""Seconds that a container may take to be healthy."""


class ComposeStage:
    """The cloud of a compose file, under a project name and ports of its own.

    Args:
        port: of the gateway, or of its first copy.
        copies: of each service.
    """

    def __init__(self, port: int, copies: int = 1) -> None:
        self.copies = copies
        self.devices = f"https://localhost:{port}"
        self.admin = (str(COMPOSE), "exec", "-T", "gateway", "appshare-admin")
        self.reaches_this_machine = False

    def code(self, registration_id: str) -> str:
        """The one-time code of a registration, from the log."""
        pattern = re.compile(rf'"registration_id": "{re.escape(registration_id)}", "code": "(\d+)"')
        found = pattern.search(run_compose("logs", "--no-color", "relation-radar"))
        if found is None:
            raise NotAsItMustBe("the one-time code is not in the log of relation-radar")
        return found[1]

    def for_admin(self, path: Path) -> str:
        """Copies a file or folder into the gateway's container; returns its path there."""
        pack = ["tar", "-C", str(path.parent), "-c", path.name]
        archive = subprocess.run(pack, check=True, stdout=subprocess.PIPE)
        folder = "/tmp"  # noqa: S108  # in the container
        run_compose("exec", "-T", "gateway", "tar", "-x", "-C", folder, stdin=archive.stdout)
        return f"{folder}/{path.name}"

    def restart(self) -> None:
        """Kills every container and starts it again."""
        for service in SERVICES:
            run_compose("kill", "-s", "KILL", service)
        run_compose("up", "--detach")
        self.wait()

    def wait(self) -> None:
        """Waits until every service serves."""
        deadline = time.monotonic() + _PATIENCE
        for service, copy in product(SERVICES, range(1, self.copies + 1)):
            while _status(service, copy) != 0:
                if time.monotonic() > deadline:
                    raise NotAsItMustBe(f"{service} is not healthy:\n{run_compose('logs', '--no-color', service)}")
                time.sleep(1)


@contextmanager
def compose_stage(copies: int = 1) -> Iterator[ComposeStage]:
    """Builds the image and brings the deployment up; removes it with its volumes in the end."""
    first = _free_ports(copies)
    ports = f"{first}-{first + copies - 1}" if copies > 1 else str(first)
    os.environ |= {"COMPOSE_PROJECT_NAME": f"appshare-smoke-{os.getpid()}", "APPSHARE_PUBLISH": f"127.0.0.1:{ports}"}
    try:
        run_compose("up", "--build", "--detach", quiet=False)
        stage = ComposeStage(first, copies)
        stage.wait()
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as ca:
            ca.write(run_compose("exec", "-T", "gateway", "cat", "/certificates/ca.pem"))
            ca.flush()
            os.environ["APPSHARE_CA"] = ca.name  # the agents of the demo trust it
            yield stage
    finally:
        run_compose("down", "--volumes")


def main() -> None:
    """Plays the demo, restarts every container, and verifies that nothing was lost; exits with 1 if something was."""
    transcript = Transcript()
    try:
        with tempfile.TemporaryDirectory(prefix="appshare-phones-") as phones, compose_stage() as stage:
            transcript.finish(f"The four services are healthy; devices reach the gateway at {stage.devices}.")
            packages = gather_samples(Path(phones) / "packages")
            play = Play(stage, Path(phones), packages, is_sample=True, transcript=transcript)
            lose_nothing(stage, play, play.run(), transcript)
    except NotAsItMustBe as failure:
        transcript.finish(f"Not as it must be: {failure}")
        sys.exit(1)
    transcript.finish("Every step was as it must be, and the restart lost nothing.")


def lose_nothing(stage: ComposeStage, play: Play, apps: Apps, transcript: Transcript) -> None:
    """Restarts everything while a push waits."""
    transcript.step("C2", "Every container is killed and started again while a push waits: nothing is lost")
    owner, friend = play.owner.agent, play.friend.agent
    owner.show("push", "Zhang Min", "--app", apps.large, "--note", "before the restart")
    before = {"shares": friend.read("shares", "Li Wei"), "friends": friend.read("friends")}
    catalogue = play.operator.read("packages", "list")
    stage.restart()
    transcript.require("the shares are there", friend.read("shares", "Li Wei"), before["shares"])
    transcript.require("the friends are there", friend.read("friends"), before["friends"])
    transcript.require("the catalogue is there", play.operator.read("packages", "list"), catalogue)
    friend.show("watch", "--poll")
    friend.show("get", "Li Wei", apps.large, "--output", play.friend.folder / "after-the-restart")


def run_compose(*arguments: str, stdin: bytes | None = None, quiet: bool = True) -> str:
    """Runs a compose command; what it said.

    Raises:
        NotAsItMustBe: it failed.
    """
    result = subprocess.run(
        [COMPOSE, *arguments],
        input=stdin,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        check=False,
    )
    output = (result.stdout or b"").decode(errors="replace")
    if result.returncode:
        raise NotAsItMustBe(f"compose {arguments[0]} failed:\n{output}")
    return output


def _free_ports(count: int) -> int:
    """The first of so many ports in a row that nobody has."""
    while True:
        with ExitStack() as held:
            first = held.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
            try:
                for port in range(first + 1, first + count):
                    held.enter_context(socket.create_server(("127.0.0.1", port)))
            except (OSError, OverflowError):
                continue
            return int(first)


def _status(service: str, copy: int) -> int:
    check = [str(COMPOSE), "exec", "-T", f"--index={copy}", service, "appshare-server", "health"]
    return subprocess.run(check, check=False, capture_output=True).returncode


if __name__ == "__main__":
    main()
