"""A stranger learns nothing: who is not registered, no friend, or blocked either way gets the same answers, as fast."""

from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from tests.support.cloud import ANDROID_14, Cloud, Device, new_number, running_cloud

from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1.friendship_pb2 import FRIENDSHIP_LEVEL_NONE, PersonRef
from appshare.v1.relation_radar_pb2 import AddBlocksRequest
from appshare.v1.relation_radar_pb2_grpc import RelationRadarServiceStub
from appshare.v1.share_pb2 import AUDIENCE_KIND_FRIENDS, PUSH_OUTCOME_REFUSED, PUSH_POLICY_FRIENDS

APP = "org.appshare.sample.chat"
UNKNOWN_DEVICE = "A" * 22

Calls = Callable[[Device, PersonRef], Any]


@dataclass
class Strangers:
    """A viewer, and people of whom it is to learn nothing, each as the viewer can mean them."""

    viewer: Device
    by_number: dict[str, PersonRef]
    by_contact: dict[str, PersonRef]
    by_device: dict[str, PersonRef]

    @property
    def ways(self) -> Sequence[dict[str, PersonRef]]:
        return self.by_number, self.by_contact, self.by_device


@pytest.fixture
async def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cloud]:
    """A cloud that lets a device call as often as it takes to compare the times."""
    calls = [f"{kind}_PER_{whom}" for kind in ("CALLS", "COSTLY_CALLS") for whom in ("DEVICE", "NUMBER")]
    for limit in ("LOOKUPS_PER_HOUR", "LOOKUP_BURST", *calls, "CALLS_PER_PEER"):
        monkeypatch.setenv(f"APPSHARE_{limit}", "1000000")
    async with running_cloud(tmp_path) as running:
        yield running


@pytest.fixture
async def strangers(cloud: Cloud) -> Strangers:
    """The viewer lists everybody. All who are registered share an app with their friends and take pushes of theirs."""
    viewer, friend = await cloud.register(), await cloud.register()
    devices = {name: await cloud.register() for name in ("lists nobody", "lists others", "blocks", "is blocked")}
    numbers = {"is not registered": new_number()} | {name: device.number for name, device in devices.items()}
    await viewer.sync(friend.number, *numbers.values())
    await devices["lists others"].sync(*(new_number() for _ in range(200)))
    for name in ("blocks", "is blocked"):
        await devices[name].sync(viewer.number, friend.number)
    for device in (viewer, *devices.values()):
        await device.share(chat=AUDIENCE_KIND_FRIENDS)
        await device.accept_pushes(PUSH_POLICY_FRIENDS)
    async with grpc.aio.insecure_channel(str(cloud.services["relation_radar"])) as channel:
        for blocker, number in ((devices["blocks"], viewer.number), (viewer, numbers["is blocked"])):
            person = PersonRef(number=number)
            request = AddBlocksRequest(device_id=blocker.session.device_id, person=person)
            await RelationRadarServiceStub(channel).AddBlocks(request)
    device_ids = {name: device.session.device_id for name, device in devices.items()}
    return Strangers(
        viewer,
        by_number={name: PersonRef(number=number) for name, number in numbers.items()},
        by_contact={name: PersonRef(contact_id=contact_id) for contact_id, name in enumerate(numbers, start=2)},
        by_device={name: PersonRef(device_id=device_ids.get(name, UNKNOWN_DEVICE)) for name in numbers},
    )


def list_shares(device: Device, person: PersonRef) -> Any:
    return device.sharing.ListShares(pb.ListSharesRequest(owner=person), metadata=device.metadata)


def match_app(device: Device, person: PersonRef) -> Any:
    request = pb.MatchAppRequest(owner=person, package_name=APP, profile=ANDROID_14)
    return device.downloads.MatchApp(request, metadata=device.metadata)


async def download_app(device: Device, person: PersonRef) -> Any:
    request = pb.DownloadAppRequest(owner=person, package_name=APP, profile=ANDROID_14)
    await device.downloads.DownloadApp(request, metadata=device.metadata).read()


def report_install(device: Device, person: PersonRef) -> Any:
    request = pb.ReportInstallRequest(owner=person, package_name=APP)
    return device.sharing.ReportInstall(request, metadata=device.metadata)


def push_shares(device: Device, person: PersonRef) -> Any:
    return device.sharing.PushShares(pb.PushSharesRequest(recipients=[person]), metadata=device.metadata)


def preview_shares(device: Device, person: PersonRef) -> Any:
    return device.sharing.PreviewShares(pb.PreviewSharesRequest(viewer=person), metadata=device.metadata)


def check_friends(device: Device, person: PersonRef) -> Any:
    return device.friends.BatchCheckFriends(pb.BatchCheckFriendsRequest(people=[person]), metadata=device.metadata)


@pytest.mark.parametrize("ask", [list_shares, match_app, download_app, report_install])
async def test_what_is_refused_is_refused_in_the_same_words(strangers: Strangers, ask: Calls) -> None:
    refusals = [await refusal(ask(strangers.viewer, person)) for people in strangers.ways for person in people.values()]
    assert len(refusals) == 15
    [(code, message, trailers)] = set(refusals)
    assert code is grpc.StatusCode.PERMISSION_DENIED
    status = status_pb2.Status.FromString(dict(trailers)["grpc-status-details-bin"])
    [detail] = status.details
    info = error_details_pb2.ErrorInfo.FromString(detail.value)
    assert (info.reason, dict(info.metadata), status.message) == ("NOT_SHARED_WITH_YOU", {}, message)


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (push_shares, pb.PushSharesResponse(outcomes=[PUSH_OUTCOME_REFUSED])),
        (preview_shares, pb.PreviewSharesResponse()),
        (check_friends, pb.BatchCheckFriendsResponse(checks=[pb.FriendCheck(level=FRIENDSHIP_LEVEL_NONE)])),
    ],
)
async def test_what_is_answered_is_answered_alike(strangers: Strangers, ask: Calls, answer: Any) -> None:
    for people in strangers.ways:
        for person in people.values():
            call = ask(strangers.viewer, person)
            response = await call
            if isinstance(response, pb.PushSharesResponse):
                response.ClearField("push_id")  # drawn anew for every push
            assert response == answer
            assert not await call.initial_metadata()
            assert not await call.trailing_metadata()


SAMPLES = 120
ATTEMPTS = 3
DISTINGUISHABLE = 0.7


@pytest.mark.parametrize("ask", [list_shares, match_app, push_shares])
@pytest.mark.parametrize("way", ["by_number", "by_device"])
async def test_the_time_of_an_answer_does_not_tell_them_apart(strangers: Strangers, ask: Calls, way: str) -> None:
    """A busy machine can tell two alike apart for a while, but not again and again."""
    people = getattr(strangers, way)
    told = [await most_distinguishable(strangers.viewer, ask, people)]
    while told[-1] >= DISTINGUISHABLE and len(told) < ATTEMPTS:
        told.append(await most_distinguishable(strangers.viewer, ask, people))
    assert min(told) < DISTINGUISHABLE


async def most_distinguishable(viewer: Device, ask: Calls, people: dict[str, PersonRef]) -> float:
    """How well the time of one answer tells the two people apart that it tells apart best: 0.5 not at all, 1 always."""
    times: dict[str, list[int]] = {name: [] for name in people}
    for _ in range(SAMPLES):
        for name, person in people.items():
            start = perf_counter_ns()
            await settled(ask(viewer, person))
            times[name].append(perf_counter_ns() - start)
    return max(distinguishability(one, other) for one, other in combinations(times.values(), 2))


def distinguishability(one: Sequence[int], other: Sequence[int]) -> float:
    """The share of pairs in which the one is greater (the area under the curve of Mann and Whitney's U), or less."""
    ordered = sorted(other)
    greater = sum(bisect_left(ordered, each) + bisect_right(ordered, each) for each in one) / 2
    share = greater / (len(one) * len(other))
    return max(share, 1 - share)


def test_what_always_takes_longer_is_told_apart_and_what_is_the_same_is_not() -> None:
    assert distinguishability([1, 2, 3], [4, 5]) == distinguishability([4, 5], [1, 2, 3]) == 1
    assert distinguishability([1, 2, 3], [1, 2, 3]) == 0.5


async def refusal(call: Awaitable[Any]) -> tuple[grpc.StatusCode, str | None, tuple[Any, ...]]:
    """The status of a refusal, its message, and all that comes with it."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    trailers = tuple(refused.value.trailing_metadata() or ())
    return refused.value.code(), refused.value.details(), (*trailers, *(refused.value.initial_metadata() or ()))


async def settled(call: Awaitable[Any]) -> None:
    """Waits for an answer, or for the refusal that strangers get."""
    try:
        await call
    except grpc.aio.AioRpcError as refused:
        if refused.code() is not grpc.StatusCode.PERMISSION_DENIED:
            raise
