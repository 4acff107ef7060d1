"""The wire of the question for updates."""

import re
from collections.abc import Sequence

from appshare.app_download.updates import InstalledApp, Update, Updates, UpdateState
from appshare.app_download.wire import LONGEST_NAME, read_profile
from appshare.rpc.fields import invalid_field, require_length, require_text
from appshare.rpc.interceptor import Context
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import update_pb2

_MOST_APPS = 200
"""Apps of one question; a device with more asks again."""

_SIGNERS = re.compile(r"([0-9a-f]{64}(,[0-9a-f]{64}){0,9})?")
_LARGEST = (1 << 63) - 1
_STATES = {state: update_pb2.UpdateState.Value(f"UPDATE_STATE_{state}") for state in UpdateState}


class UpdatesServicer:
    """The RPC by which a device learns of newer versions."""

    def __init__(self, updates: Updates) -> None:
        self._updates = updates

    async def CheckUpdates(self, request: pb.CheckUpdatesRequest, context: Context) -> pb.CheckUpdatesResponse:
        """Says for each of the apps that a device has whether there is a newer version for it."""
        updates = await self._updates.check(_read_apps(request.installed), read_profile(request.profile))
        return pb.CheckUpdatesResponse(updates=map(_write_update, updates))


def _read_apps(messages: Sequence[update_pb2.InstalledApp]) -> list[InstalledApp]:
    if len(messages) > _MOST_APPS:
        raise invalid_field("installed", f"must not hold more than {_MOST_APPS} apps")
    apps: dict[str, InstalledApp] = {}
    for index, message in enumerate(messages):
        field = f"installed[{index}]"
        name = require_length(
            require_text(message.package_name, f"{field}.package_name"), f"{field}.package_name", LONGEST_NAME
        )
        if name in apps:
            raise invalid_field(f"{field}.package_name", "is named twice")
        if not _SIGNERS.fullmatch(message.signer_sha256):
            raise invalid_field(f"{field}.signer_sha256", "64 lower-case hexadecimal digits, or nothing")
        apps[name] = InstalledApp(name, min(message.version_code, _LARGEST), message.signer_sha256)
    return list(apps.values())


def _write_update(update: Update) -> update_pb2.AppUpdate:
    return update_pb2.AppUpdate(
        package_name=update.package_name,
        state=_STATES[update.state],
        version_name=update.version_name,
        version_code=update.version_code,
        signer_sha256=update.signer_sha256,
    )
