"""Apps by name: of those that friends share with a device, and, where the operator says so, of the public upstreams."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain

from appshare.gateway.authentication import calling_device
from appshare.gateway.backends import DOWNLOAD, REGISTRY, Backends
from appshare.gateway.forwarding import Forwarder
from appshare.gateway.people import find_friends
from appshare.rpc import paging
from appshare.rpc.call import remaining_time
from appshare.rpc.fields import require_length, require_printable, require_text
from appshare.rpc.interceptor import Context
from appshare.v1 import app_download_pb2 as download_pb
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import share_registry_pb2 as registry_pb
from appshare.v1.app_search_pb2 import APP_AVAILABILITY_NOT_SHARED, NamedApp
from appshare.v1.share_pb2 import MergedShare
from appshare.v1.share_registry_pb2 import RelatedDevice

_LONGEST_TEXT = 64
_NAMES_AT_ONCE = 5_000
"""Names of the catalogue and the upstreams that are compared with the friends' at once."""


@dataclass(slots=True)
class _Found:
    """What is known of a page so far.

    Attributes:
        shares: what friends share of it, by package name.
        public: apps of the upstreams that no friend shares.
        more: there are apps behind the last one.
    """

    shares: dict[str, MergedShare]
    public: set[str]
    more: bool = False

    def page(self, size: int) -> tuple[list[str], bool]:
        """The package names of the page, and whether there are more."""
        names = sorted({*self.shares, *self.public})
        return names[:size], self.more or len(names) > size


class AppSearchServicer:
    """The RPC by which a device finds apps by name.

    The names in the catalogue tell what others have asked for. So they only widen what is looked for among the apps
    that friends share, and no answer, page or token depends on another of them.

    Args:
        public: whether apps that only the public upstreams list are found, too.
    """

    def __init__(self, backends: Backends, *, public: bool) -> None:
        self._backends = backends
        self._public = public
        self._forward = Forwarder(backends.download, DOWNLOAD, "appshare.v1.AppDownloadService")

    async def SearchByName(self, request: pb.SearchByNameRequest, context: Context) -> pb.SearchByNameResponse:
        """Finds apps by name."""
        text = require_printable(require_length(require_text(request.text, "text"), "text", _LONGEST_TEXT), "text")
        after = str((paging.decode_token(request.page_token, str) or ("",))[0])
        size = paging.page_size(request.page_size)
        friends, truncated = await find_friends(self._backends, calling_device(), context)
        found = await self._find(text, after, size, friends, context)
        names, more = found.page(size)
        described = await self._describe(names, found.shares.keys(), request, context)
        return pb.SearchByNameResponse(
            apps=[_with_friends(described[name], found.shares.get(name)) for name in names],
            next_page_token=paging.encode_token(names[-1]) if more else "",
            truncated=truncated,
        )

    async def _find(
        self, text: str, after: str, size: int, friends: Sequence[RelatedDevice], context: Context
    ) -> _Found:
        """Apps behind one, until a page is full or there are no more: a page that ends early would tell of names."""
        found = _Found({}, set())
        more_names = True
        while more_names and not found.more and len(found.shares) + len(found.public) <= size:
            names = await self._names(text, after, context)
            more_names = names.truncated
            last = names.package_names[-1] if more_names else ""
            shared = await self._shared(text, names.package_names, after, last, size, friends, context)
            found.shares |= {share.package_name: share for share in shared.shares}
            found.more = shared.truncated
            if self._public:
                end = shared.shares[-1].package_name if shared.truncated else ""
                listed = (names.package_names[index] for index in names.listed)
                found.public |= {name for name in listed if name not in found.shares and (not end or name < end)}
            after = last
        return found

    async def _names(self, text: str, after: str, context: Context) -> download_pb.ReadNamesResponse:
        request = download_pb.ReadNamesRequest(text=text, after_package_name=after, limit=_NAMES_AT_ONCE)
        answer = await self._forward.call("ReadNames", request.SerializeToString(), time_limit=remaining_time(context))
        return download_pb.ReadNamesResponse.FromString(answer)

    async def _shared(
        self,
        text: str,
        names: Sequence[str],
        after: str,
        last: str,
        size: int,
        friends: Sequence[RelatedDevice],
        context: Context,
    ) -> registry_pb.FindMergedSharesResponse:
        request = registry_pb.FindMergedSharesRequest(
            viewer_device_id=calling_device(),
            owners=friends,
            text=text,
            package_names=names,
            after_package_name=after,
            last_package_name=last,
            limit=size,
        )
        return await REGISTRY.unary(
            self._backends.registry.FindMergedShares, request, time_limit=remaining_time(context)
        )

    async def _describe(
        self, names: Sequence[str], shared: AbstractSet[str], request: pb.SearchByNameRequest, context: Context
    ) -> Mapping[str, NamedApp]:
        """What AppDownload says of the apps of a page, by package name."""
        describe = download_pb.ReadNamedAppsRequest(
            package_names=[name for name in names if name in shared],
            profile=request.profile if request.HasField("profile") else None,
            listed_package_names=[name for name in names if name not in shared],
        )
        answer = await self._forward.call(
            "ReadNamedApps", describe.SerializeToString(), time_limit=remaining_time(context)
        )
        described = download_pb.ReadNamedAppsResponse.FromString(answer).apps
        order = chain(describe.package_names, describe.listed_package_names)
        return dict(zip(order, described, strict=True))


def _with_friends(app: NamedApp, share: MergedShare | None) -> NamedApp:
    """The app with what the registry says; one that is gone from the index meanwhile is told by its name alone."""
    if share is None:
        app.availability = APP_AVAILABILITY_NOT_SHARED
    else:
        app.label = share.label
        app.friend_count = share.friend_count
        app.owner_device_ids.extend(share.owner_device_ids)
    return app
