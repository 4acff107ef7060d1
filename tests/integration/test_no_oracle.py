"""A stranger learns nothing from time: who is not registered, no friend, or blocked either way is refused as fast.

That all are refused in the same words is in the table of `access`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from time import perf_counter_ns
from typing import Any

import grpc
import pytest
import pytest_asyncio
from tests.support.cloud import ANDROID_14, Cloud, Device, new_number, running_cloud

from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1.friendship_pb2 import PersonRef
from appshare.v1.relation_radar_pb2 import AddBlocksRequest
from appshare.v1.relation_radar_pb2_grpc import RelationRadarServiceStub
from appshare.v1.share_pb2 import AUDIENCE_KIND_FRIENDS, PUSH_POLICY_FRIENDS

# The cloud that the module starts is for all of its tests.
pytestmark = pytest.mark.xdist_group("no_oracle")

APP = "org.appshare.sample.chat"
UNKNOWN_DEVICE = "A" * 22

Calls = Callable[[Device, PersonRef], Any]


@dataclass
class Strangers:
    """A viewer, and people of whom it is to learn nothing, each as the viewer can mean them."""

    viewer: Device
    by_number: dict[str, PersonRef]
    by_device: dict[str, PersonRef]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cloud(tmp_path_factory: pytest.TempPathFactory, module_store: None) -> AsyncIterator[Cloud]:
    """A cloud that lets a device call as often as it takes to compare the times."""
    calls = [f"{kind}_PER_{whom}" for kind in ("CALLS", "COSTLY_CALLS") for whom in ("DEVICE", "NUMBER")]
    with pytest.MonkeyPatch.context() as environment:
        for limit in ("LOOKUPS_PER_HOUR", "LOOKUP_BURST", *calls, "CALLS_PER_PEER"):
            environment.setenv(f"APPSHARE_{limit}", "1000000")
        async with running_cloud(tmp_path_factory.mktemp("cloud")) as running:
            yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
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
        by_device={name: PersonRef(device_id=device_ids.get(name, UNKNOWN_DEVICE)) for name in numbers},
    )


def list_shares(device: Device, person: PersonRef) -> Any:
    return device.sharing.ListShares(pb.ListSharesRequest(owner=person), metadata=device.metadata)


def match_app(device: Device, person: PersonRef) -> Any:
    request = pb.MatchAppRequest(owner=person, package_name=APP, profile=ANDROID_14)
    return device.downloads.MatchApp(request, metadata=device.metadata)


def push_shares(device: Device, person: PersonRef) -> Any:
    return device.sharing.PushShares(pb.PushSharesRequest(recipients=[person]), metadata=device.metadata)


SAMPLES = 80
ATTEMPTS = 3
DISTINGUISHABLE = 0.7


@pytest.mark.asyncio(loop_scope="module")
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


async def settled(call: Awaitable[Any]) -> None:
    """Waits for an answer, or for the refusal that strangers get."""
    try:
        await call
    except grpc.aio.AioRpcError as refused:
        if refused.code() is not grpc.StatusCode.PERMISSION_DENIED:
            raise
