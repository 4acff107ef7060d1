"""The steps on which an app comes to the phone, as `appshare get` takes them: found, fitted, downloaded, installed."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from appshare import errors
from appshare.command_line.failure import FailureError
from appshare.command_line.output import Output
from appshare.command_line.progress import Unseen, shown_progress
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.app_fetch import fetch_app
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.connection import open_client
from appshare.device_agent.download import Downloaded
from appshare.device_agent.model import Person
from appshare.device_agent.offers import Offer, offer_of
from appshare.device_agent.part_file import require_plain_name
from appshare.device_agent.sources.source import InstallOutcome, Phone
from appshare.fit.answer import AppStoreLink, FitAnswer, NoFit
from appshare.fit.device_profile import DeviceProfile


@dataclass(frozen=True)
class Wanted:
    """What is to come to the phone.

    Attributes:
        text: names the app.
        modules: of a split set, those to install besides the ones that come by themselves.
    """

    text: str
    profile: DeviceProfile
    modules: Sequence[str] = ()


async def explain(home: AgentHome, owner: Person | None, wanted: Wanted) -> FitAnswer:
    """Which build of the app fits, and why; the owner is None for any friend's."""
    async with open_client(home) as client:
        offer = await offer_of(client, owner, wanted.text)
        return await client.match(offer.owner, offer.package_name, wanted.profile, wanted.modules)


async def download(
    home: AgentHome, owner: Person | None, wanted: Wanted, folder: Path | None, output: Output
) -> tuple[Offer, Downloaded | NoFit | AppStoreLink]:
    """Downloads the app; the owner is None for any friend's.

    Args:
        folder: None: one named after the package, here.
    """
    async with open_client(home) as client:
        offer = await offer_of(client, owner, wanted.text)
        return offer, await _receive(client, offer, wanted, folder, output)


def finish(
    home: AgentHome, offer: Offer, result: Downloaded, phone: Phone | None, output: Output
) -> InstallOutcome | None:
    """Installs what was downloaded where there is a phone, and tells the owner when the user wants that."""
    # Outside of the event loop: Ctrl-C ends it at once.
    outcome = _install(phone, result, output) if phone else None
    if outcome:
        home.save_received_app(offer.package_name, result.fit.version_code)
    if home.choices().install_receipts:
        asyncio.run(_tell_owner(home, offer, result.fit.version_code, output))
    return outcome


async def _receive(
    client: DeviceClient, offer: Offer, wanted: Wanted, folder: Path | None, output: Output
) -> Downloaded | NoFit | AppStoreLink:
    target = folder or Path(require_plain_name(offer.package_name))
    with ExitStack() as stack:
        label = offer.label or offer.package_name
        progress = Unseen() if output.as_json else stack.enter_context(shown_progress(label))
        return await fetch_app(
            *(client, offer.owner, offer.package_name, wanted.profile, target),
            modules=wanted.modules,
            progress=progress,
            tell=output.note,
        )


def _install(phone: Phone, downloaded: Downloaded, output: Output) -> InstallOutcome:
    """Installs what was downloaded; the files are there for the next time when that fails."""
    if not output.as_json:
        output.note(f"Installing on {phone.name}...")
    try:
        return phone.install(downloaded.paths)
    except FailureError as error:
        kept = f"the files are kept in {downloaded.paths[0].parent}"
        raise FailureError(error.reason, f"{error} ({kept}; the same command installs them)") from error


async def _tell_owner(home: AgentHome, offer: Offer, version_code: int, output: Output) -> None:
    """Sends the receipt; the download is done, whether or not that succeeds."""
    if offer.told is None:
        return
    try:
        async with open_client(home) as client:
            await client.report_install(offer.told, offer.package_name, version_code)
    except errors.AppShareError as error:
        output.note(f"The owner could not be told of the install: {error.message}")
