"""`appshare get`."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
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
from appshare.device_agent.app_names import find_app
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client
from appshare.device_agent.download import Download, Downloaded, OpenStream
from appshare.device_agent.model import ByDevice, Person
from appshare.device_agent.part_file import require_plain_name
from appshare.device_agent.people import find_person
from appshare.fit.answer import AppStoreLink, NoFit
from appshare.fit.device_profile import DeviceProfile, load_device_profile
from appshare.fit.module_option import module_option
from appshare.fit.report import report_answer, say_fit

_MOST_NAMES = 2
"""A person and an app."""

_LONGEST_SEARCH = 64
"""Characters that the contract lets a search have."""


@dataclass(frozen=True)
class _Offer:
    """An app that is shared with the device.

    Attributes:
        owner: whose; None for any friend's.
        told: who is told of an install; None when nobody is named.
    """

    package_name: str
    label: str
    owner: Person | None
    told: Person | None


@click.command(
    cls=Command,
    examples="""
    appshare get "Li Wei" org.example.notes
    appshare get "Li Wei" Notes --device phone.json --output downloads
    appshare get +8613800138000 Notes --dry-run
    appshare get org.example.notes
    """,
)
@click.argument("names", nargs=-1, required=True, metavar="[PERSON] APP")
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
@module_option
@click.option("--dry-run", is_flag=True, help="Only say which build fits, and why.")
@json_option
@pass_home
@asynchronous
async def get(
    home: AgentHome,
    *,
    names: Sequence[str],
    device: Path | None,
    folder: Path | None,
    modules: tuple[str, ...],
    dry_run: bool,
    output: Output,
) -> ExitCode:
    """Download an app that PERSON shares, or without PERSON any friend, in the build that fits the device.

    APP is a package name, or the app's label or a part of it. A download that was cut goes on where it stopped; every
    file is verified before it gets its name. Exit code 4 when no build fits; the reasons are told.
    """
    if len(names) > _MOST_NAMES:
        raise click.UsageError("name one PERSON and one APP; a name with spaces needs quotes")
    profile = _require_profile(home, device)
    book = home.address_book()
    async with open_client(home) as client:
        if len(names) == _MOST_NAMES:
            offer = await _offer_of(client, find_person(names[0], book), names[1])
        else:
            offer = await _offer_of_friends(client, names[0])
        if dry_run:
            return report_answer(output, await client.match(offer.owner, offer.package_name, profile, modules))
        wanted = partial(client.download, offer.owner, offer.package_name, profile, modules=modules)
        result = await _download(wanted, offer, folder, output)
        if isinstance(result, Downloaded) and home.choices().install_receipts:
            await _tell_owner(client, offer, result.fit.version_code, output)
    return _report(output, result)


async def _offer_of(client: DeviceClient, owner: Person, text: str) -> _Offer:
    """The app that a person shares; the person may have it on several devices."""
    app = find_app(text, (share.app for share in (await client.shares(owner)).shares))
    if app is None:
        raise errors.PermissionDeniedError(
            errors.Reason.NOT_SHARED_WITH_YOU, f"{text} is not among the apps that this person shares with you"
        )
    return _Offer(app.package_name, app.label, owner, owner)


async def _offer_of_friends(client: DeviceClient, text: str) -> _Offer:
    """The app that friends share, from whichever of them has the newest version."""
    app = find_app(text, (await client.friends_shares(text[:_LONGEST_SEARCH])).shares)
    if app is None:
        raise errors.PermissionDeniedError(
            errors.Reason.NOT_SHARED_WITH_YOU, f"{text} is not among the apps that your friends share with you"
        )
    told = ByDevice(app.owner_device_ids[0]) if app.owner_device_ids else None
    return _Offer(app.package_name, app.label, None, told)


async def _download(
    open_stream: OpenStream, offer: _Offer, folder: Path | None, output: Output
) -> Downloaded | NoFit | AppStoreLink:
    target = folder or Path(require_plain_name(offer.package_name))
    with ExitStack() as stack:
        label = offer.label or offer.package_name
        progress = Unseen() if output.as_json else stack.enter_context(shown_progress(label))
        return await Download(open_stream, target, progress).run()


async def _tell_owner(client: DeviceClient, offer: _Offer, version_code: int, output: Output) -> None:
    """Sends the receipt; the download is done, whether or not that succeeds."""
    if offer.told is None:
        return
    try:
        await client.report_install(offer.told, offer.package_name, version_code)
    except errors.AppShareError as error:
        output.note(f"The owner could not be told of the install: {error.message}")


def _report(output: Output, result: Downloaded | NoFit | AppStoreLink) -> ExitCode:
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
