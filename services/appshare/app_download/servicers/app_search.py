"""The wire of searches by name."""

from collections.abc import Sequence

from appshare.app_download.app_search import AppSearch, Availability, Offered
from appshare.app_download.upstreams.model import FoundApp
from appshare.app_download.wire import LONGEST_NAME, read_profile
from appshare.rpc.fields import invalid_field, require_length, require_printable, require_text
from appshare.rpc.interceptor import Context
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import app_search_pb2

_LONGEST_TEXT = 64
_MOST_NAMES = 5_000
_MOST_DESCRIBED = 200

_AVAILABILITIES = {each: app_search_pb2.AppAvailability.Value(f"APP_AVAILABILITY_{each}") for each in Availability}


class AppSearchServicer:
    """The RPCs by which apps are found by name."""

    def __init__(self, search: AppSearch) -> None:
        self._search = search

    async def ReadNames(self, request: pb.ReadNamesRequest, context: Context) -> pb.ReadNamesResponse:
        """Lists apps whose names hold all of some words."""
        text = require_printable(require_length(require_text(request.text, "text"), "text", _LONGEST_TEXT), "text")
        limit = min(request.limit, _MOST_NAMES) or _MOST_NAMES
        found, more = await self._search.names(text.casefold().split(), request.after_package_name, limit)
        return pb.ReadNamesResponse(
            package_names=[each.package_name for each in found],
            listed=[index for index, each in enumerate(found) if each.listed],
            truncated=more,
        )

    async def ReadNamedApps(self, request: pb.ReadNamedAppsRequest, context: Context) -> pb.ReadNamedAppsResponse:
        """Says of apps which version fits a device, and of others what the public indices list."""
        names = _read_names(request.package_names, "package_names")
        public = _read_names(request.listed_package_names, "listed_package_names")
        apps = [app_search_pb2.NamedApp(package_name=name) for name in names]
        if request.HasField("profile"):
            offered = await self._search.offered(names, read_profile(request.profile))
            apps = [_write_offered(name, each) for name, each in zip(names, offered, strict=True)]
        listed = await self._search.listed(public) if public else {}
        return pb.ReadNamedAppsResponse(apps=[*apps, *(_write_listed(name, listed.get(name)) for name in public)])


def _read_names(names: Sequence[str], field: str) -> list[str]:
    if len(names) > _MOST_DESCRIBED:
        raise invalid_field(field, f"must not hold more than {_MOST_DESCRIBED} apps")
    return [
        require_length(require_text(name, f"{field}[{index}]"), f"{field}[{index}]", LONGEST_NAME)
        for index, name in enumerate(names)
    ]


def _write_offered(package_name: str, offered: Offered) -> app_search_pb2.NamedApp:
    return app_search_pb2.NamedApp(
        package_name=package_name,
        availability=_AVAILABILITIES[offered.availability],
        version_name=offered.version_name,
        version_code=offered.version_code,
        upstream=offered.upstream,
    )


def _write_listed(package_name: str, listed: FoundApp | None) -> app_search_pb2.NamedApp:
    if listed is None:
        return app_search_pb2.NamedApp(package_name=package_name)
    return app_search_pb2.NamedApp(
        package_name=package_name,
        label=listed.label,
        availability=app_search_pb2.APP_AVAILABILITY_NOT_SHARED,
        version_name=listed.version_name,
        version_code=listed.version_code,
        upstream=listed.upstream,
    )
