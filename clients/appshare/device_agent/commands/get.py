"""`appshare get`."""

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import click

from appshare import errors
from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.exit_code import ExitCode
from appshare.command_line.input_error import InputError
from appshare.command_line.output import Output
from appshare.command_line.progress import Unseen, shown_progress
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client
from appshare.device_agent.download import Download, Downloaded
from appshare.device_agent.model import App, Person, Share
from appshare.device_agent.part_file import require_plain_name
from appshare.device_agent.people import find_person
from appshare.fit.device_profile import DeviceProfile, load_device_profile
from appshare.fit.report import report_answer, say_fit


@click.command(
    cls=Command,
    examples="""
    appshare get "Li Wei" org.example.notes
    appshare get "Li Wei" Notes --device phone.json --output downloads
    appshare get +8613800138000 Notes --dry-run
    """,
)
@click.argument("person")
@click.argument("app")
@click.option(
    "--device",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Device-spec JSON; default: the one given to `appshare register`.",
)
@click.option(
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the files. [default: one named after the package, here]",
)
@click.option("--dry-run", is_flag=True, help="Only say which build fits, and why.")
@json_option
@pass_home
@asynchronous
async def get(
    home: AgentHome,
    *,
    person: str,
    app: str,
    device: Path | None,
    folder: Path | None,
    dry_run: bool,
    output: Output,
) -> ExitCode:
    """Download an app that PERSON shares, in the build that fits the device.

    APP is a package name, or the app's label or a part of it. A download that was cut goes on where it stopped; every
    file is verified before it gets its name. Exit code 4 when no build fits; the reasons are told.
    """
    profile = _require_profile(home, device)
    owner = find_person(person, home.address_book())
    async with open_client(home) as client:
        chosen = _find_app(app, await client.shares(owner))
        if dry_run:
            return report_answer(output, await client.match(owner, chosen.package_name, profile))
        return await _download(client, owner, chosen, profile, folder, output)


async def _download(
    client: DeviceClient, owner: Person, app: App, profile: DeviceProfile, folder: Path | None, output: Output
) -> ExitCode:
    open_stream = partial(client.download, owner, app.package_name, profile)
    target = folder or Path(require_plain_name(app.package_name))
    with ExitStack() as stack:
        progress = Unseen() if output.as_json else stack.enter_context(shown_progress(app.label or app.package_name))
        result = await Download(open_stream, target, progress).run()
    if not isinstance(result, Downloaded):
        return report_answer(output, result)
    if output.as_json:
        output.document({"fit": result.fit, "paths": result.paths})
        return ExitCode.DONE
    say_fit(output, result.fit)
    for path in result.paths:
        output.text(str(path))
    return ExitCode.DONE


def _require_profile(home: AgentHome, device: Path | None) -> DeviceProfile:
    profile = load_device_profile(device) if device else home.device_profile()
    if profile is None:
        raise InputError("what is your device? Give its device-spec JSON with --device FILE")
    return profile


def _find_app(text: str, shares: Sequence[Share]) -> App:
    """The one app with that package name, else label, else part of a label; an owner may have it on several devices."""
    apps = {share.app.package_name: share.app for share in shares}
    if text in apps:
        return apps[text]
    wanted = text.casefold()
    matching = [app for app in apps.values() if app.label.casefold() == wanted]
    matching = matching or [app for app in apps.values() if wanted in app.label.casefold()]
    if len(matching) == 1:
        return matching[0]
    if matching:
        candidates = [f"{app.package_name} ({app.label})" for app in matching]
        raise InputError(f"several apps match {text}; say which:", candidates=candidates)
    raise errors.PermissionDeniedError(
        errors.Reason.NOT_SHARED_WITH_YOU, f"{text} is not among the apps that this person shares with you"
    )
