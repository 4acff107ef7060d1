"""`appshare get --update`."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from appshare import errors
from appshare.command_line.exit_code import ExitCode
from appshare.command_line.failure import FailureError
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.get_steps import Wanted, download, finish
from appshare.device_agent.connection import open_client
from appshare.device_agent.download import Downloaded
from appshare.device_agent.part_file import require_plain_name
from appshare.device_agent.sources.source import Phone
from appshare.fit.answer import Fit
from appshare.fit.device_profile import DeviceProfile


def update_all(home: AgentHome, phone: Phone, profile: DeviceProfile, folder: Path | None, output: Output) -> ExitCode:
    """Updates one app after the other; one that fails does not keep the others from it, unless the phone is gone."""
    installed = {app.package_name: app.version_code for app in phone.installed_apps()}
    current = {name: installed[name] for name in home.received_apps() if name in installed}
    outdated = asyncio.run(_find_outdated(home, current, profile))
    updated, failed = [], []
    for name in outdated:
        try:
            target = folder / require_plain_name(name) if folder else None
            offer, result = asyncio.run(download(home, None, Wanted(name, profile), target, output))
            if isinstance(result, Downloaded):
                updated.append({"fit": result.fit, "outcome": finish(home, offer, result, phone, output)})
        except (errors.PermissionDeniedError, errors.DataLossError, FailureError) as error:
            if isinstance(error, FailureError) and error.reason == "PHONE_GONE":
                raise
            failed.append({"package_name": name, "message": str(error)})
    _report_updates(output, updated, failed)
    return ExitCode.FAILED if failed else ExitCode.DONE


async def _find_outdated(home: AgentHome, current: Mapping[str, int], profile: DeviceProfile) -> list[str]:
    """The apps of which friends share a build that fits and is newer; those that nobody shares any more stay."""
    async with open_client(home) as client:
        shared = {share.package_name for share in (await client.friends_shares()).shares} if current else set()
        fits = {name: await client.match(None, name, profile) for name in sorted(current.keys() & shared)}
    return [name for name, fit in fits.items() if isinstance(fit, Fit) and fit.version_code > current[name]]


def _report_updates(output: Output, updated: Sequence[Mapping[str, Any]], failed: Sequence[Mapping[str, str]]) -> None:
    if output.as_json:
        output.document({"updated": updated, "failed": failed})
        return
    for each in updated:
        output.text(f"{each['fit'].package_name} {each['fit'].version_name}: {each['outcome'].replace('_', ' ')}")
    for failure in failed:
        output.text(f"{failure['package_name']}: {failure['message']}")
    if not updated and not failed:
        output.text("Every app that came from friends is up to date.")
