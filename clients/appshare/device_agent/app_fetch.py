"""Brings a shared app into a folder."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from appshare.command_line.progress import Progress, Unseen
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.download import Download, Downloaded
from appshare.device_agent.model import Person
from appshare.fit.answer import AppStoreLink, NoFit
from appshare.fit.device_profile import DeviceProfile


async def fetch_app(  # noqa: PLR0913  # what, for what, where to, and who is told
    client: DeviceClient,
    owner: Person | None,
    package_name: str,
    profile: DeviceProfile,
    folder: Path,
    *,
    modules: Sequence[str] = (),
    progress: Progress | None = None,
    tell: Callable[[str], None] = lambda _sentence: None,
) -> Downloaded | NoFit | AppStoreLink:
    """Downloads the build of an app that fits: resumed where it stopped, verified, all of its files or none.

    Args:
        owner: who shares it; None: any friend who does.
        folder: made if it is not there; several files get a folder of their own in it.
        modules: of a split set, those to get besides the ones that come by themselves.
        tell: gets a sentence when the connection is lost.

    Raises:
        errors.AppShareError: as the contract says; DataLossError also for bytes that are not what was announced.
        OSError: the folder cannot be written; what is there is kept for the next time.
    """
    app = owner, package_name, profile
    match = partial(client.match, *app, modules)
    open_stream = partial(client.download, *app, modules=modules)
    return await Download(match, open_stream, folder, progress or Unseen(), tell=tell).run()
