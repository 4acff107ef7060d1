"""How the gateway puts a page of a search together, and what it keeps to itself."""

import asyncio
from collections.abc import Sequence, Set
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.gateway.stage import Stage

from appshare.gateway.device.app_search import AppSearchServicer
from appshare.rpc import paging
from appshare.v1 import app_download_pb2 as download_pb
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import share_registry_pb2 as registry_pb
from appshare.v1.app_search_pb2 import NamedApp
from appshare.v1.share_pb2 import MergedShare


def cloud_has(stage: Stage, names: Sequence[str], *, shared: Sequence[str], at_once: int) -> None:
    """The catalogue has apps of all names, of which it tells so many at once; friends share some of them."""

    def read_names(request: download_pb.ReadNamesRequest) -> download_pb.ReadNamesResponse:
        behind = [name for name in names if name > request.after_package_name]
        return download_pb.ReadNamesResponse(package_names=behind[:at_once], truncated=len(behind) > at_once)

    def find(request: registry_pb.FindMergedSharesRequest) -> registry_pb.FindMergedSharesResponse:
        found = [
            MergedShare(package_name=name)
            for name in shared
            if request.after_package_name < name <= (request.last_package_name or "~") and name in request.package_names
        ]
        return registry_pb.FindMergedSharesResponse(shares=found[: request.limit], truncated=len(found) > request.limit)

    stage.download.answers["ReadNames"] = read_names
    stage.registry.answers["FindMergedShares"] = find
    stage.download.answers["ReadNamedApps"] = lambda request: download_pb.ReadNamedAppsResponse(
        apps=[NamedApp(package_name=name) for name in request.package_names]
    )


async def test_a_page_goes_on_until_it_is_full_and_its_token_names_only_what_was_told(stage: Stage) -> None:
    cloud_has(stage, "abcdefgh", shared="cfh", at_once=2)
    first = await stage.ask(pb.SearchByNameRequest(text="x", page_size=2))
    assert [app.package_name for app in first.apps] == ["c", "f"]
    assert first.next_page_token == paging.encode_token("f")
    second = await stage.ask(pb.SearchByNameRequest(text="x", page_size=2, page_token=first.next_page_token))
    assert ([app.package_name for app in second.apps], second.next_page_token) == (["h"], "")


async def test_who_is_told_of_nothing_is_not_told_of_how_much_there_is(stage: Stage) -> None:
    answers = []
    for names in ("", "abcdefgh"):
        cloud_has(stage, names, shared="", at_once=2)
        answers.append((await stage.ask(pb.SearchByNameRequest(text="x"))).SerializeToString())
    assert answers == [b"", b""]


class Searched(AppSearchServicer):
    """Asks plain sets in the place of services."""

    def __init__(self, *, listed: Set[str], hidden: Set[str], shared: Set[str], at_once: int, public: bool) -> None:
        self._listed = listed
        self._known = sorted(listed | hidden)
        self._shared_names = sorted(shared)
        self._at_once = at_once
        self._public = public

    async def _names(self, text: str, after: str, context: Any) -> download_pb.ReadNamesResponse:
        behind = [name for name in self._known if name > after]
        page = behind[: self._at_once]
        listed = [index for index, name in enumerate(page) if name in self._listed]
        return download_pb.ReadNamesResponse(package_names=page, listed=listed, truncated=len(behind) > len(page))

    async def _shared(  # as it is
        self, text: str, names: Sequence[str], after: str, last: str, size: int, friends: Any, context: Any
    ) -> registry_pb.FindMergedSharesResponse:
        between = [name for name in self._shared_names if after < name and (not last or name <= last)]
        shares = [MergedShare(package_name=name) for name in between[:size]]
        return registry_pb.FindMergedSharesResponse(shares=shares, truncated=len(between) > size)

    async def pages(self, size: int) -> list[list[str]]:
        found, after, more = [], "", True
        while more:
            names, more = (await self._find("x", after, size, [], None)).page(size)  # type: ignore[arg-type]  # unused
            found.append(names)
            after = names[-1] if names else after
        return found


NAMES = st.sets(st.sampled_from("abcdefghijklmnop"))


@given(
    listed=NAMES,
    hidden=NAMES,
    shared=NAMES,
    at_once=st.integers(1, 5),
    size=st.integers(1, 5),
    public=st.booleans(),
)
def test_pages_hold_exactly_what_may_be_told(
    listed: set[str], hidden: set[str], shared: set[str], at_once: int, size: int, *, public: bool
) -> None:
    """All of it in order, each page full but the last: whatever else the catalogue has shows nowhere."""
    searched = Searched(listed=listed, hidden=hidden, shared=shared, at_once=at_once, public=public)
    pages = asyncio.run(searched.pages(size))
    assert [name for page in pages for name in page] == sorted(shared | listed if public else shared)
    assert all(len(page) == size for page in pages[:-1])
