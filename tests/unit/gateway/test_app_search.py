"""How the gateway puts a page of a search together, and what it keeps to itself."""

from collections.abc import Sequence

from tests.unit.gateway.stage import Stage

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
