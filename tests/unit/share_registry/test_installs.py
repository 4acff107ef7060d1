from typing import Any

import pytest

from appshare.share_registry.model import (
    AudienceKind,
    InboxEvent,
    Install,
    Level,
    PushPolicy,
    PushPreference,
    RelatedDevice,
)


@pytest.fixture
async def shared(world: Any) -> Any:
    """A world in which the owner shares org.a with its friends."""
    await world.share("owner", ["org.a"], AudienceKind.FRIENDS)
    return world


async def record(
    world: Any, version_code: int = 1, *, viewer_id: str = "viewer", package_name: str = "org.a", **owners: Level
) -> bool:
    related = [RelatedDevice(device_id, level) for device_id, level in (owners or {"owner": Level.LIKELY}).items()]
    recorded: bool = await world.installs.record(Install(viewer_id, package_name, version_code), related)
    return recorded


async def told(world: Any, owner_id: str = "owner") -> list[Install]:
    events: tuple[InboxEvent, ...] = (await world.inboxes.read(owner_id, 0, 100))[0]
    return [event.content for event in events if isinstance(event.content, Install)]


async def test_an_owner_is_told_of_an_install(shared: Any) -> None:
    assert await record(shared, 3)
    [event], head = await shared.inboxes.read("owner", 0, 10)
    assert event == InboxEvent(1, 1_000.0, Install("viewer", "org.a", 3))
    assert head == 1


@pytest.mark.parametrize("package_name", ["org.hidden", "org.unknown"])
async def test_what_is_not_shared_is_not_recorded(shared: Any, package_name: str) -> None:
    await shared.share("owner", ["org.hidden"], AudienceKind.SELECTED, "other")
    assert not await record(shared, package_name=package_name)
    assert not await record(shared, owner=Level.NONE)
    assert not await record(shared, unknown=Level.CONFIRMED)
    assert await told(shared) == []


async def test_an_owner_is_told_of_a_version_once(shared: Any) -> None:
    for _ in range(2):
        assert await record(shared)
        await shared.inboxes.acknowledge("owner", 1)
    assert await record(shared)
    assert await shared.inboxes.read("owner", 0, 10) == ((), 1)


async def test_a_lower_version_is_not_told_behind_a_higher_one(shared: Any) -> None:
    assert await record(shared, 2)
    assert await record(shared, 1)
    assert await told(shared) == [Install("viewer", "org.a", 2)]


async def test_a_higher_version_takes_the_place_of_the_one_that_waits(shared: Any) -> None:
    await record(shared, 1)
    await record(shared, 1, viewer_id="other")
    await record(shared, 2)
    assert await told(shared) == [Install("other", "org.a", 1), Install("viewer", "org.a", 2)]


async def test_of_several_owners_those_that_share_are_told(shared: Any) -> None:
    await shared.share("second", ["org.a"], AudienceKind.EVERYONE)
    await shared.share("third", ["org.b"], AudienceKind.EVERYONE)
    levels = dict.fromkeys(["owner", "second", "third"], Level.LIKELY)
    assert await record(shared, **levels)
    assert [len(await told(shared, owner_id)) for owner_id in levels] == [1, 1, 0]


async def test_an_owner_that_is_no_friend_is_not_told(shared: Any) -> None:
    await shared.share("owner", ["org.b"], AudienceKind.EVERYONE)
    assert await record(shared, package_name="org.b", owner=Level.NONE)
    assert await told(shared) == []


async def test_an_owner_that_has_muted_the_viewer_is_not_told_and_it_does_not_show(shared: Any) -> None:
    muting = PushPreference(PushPolicy.OFF, muted=frozenset({"viewer"}))
    await shared.pushes.change_preference("owner", muting)
    assert await record(shared)
    assert await told(shared) == []


async def test_a_device_is_not_told_of_its_own_installs(shared: Any) -> None:
    await shared.share("owner", ["org.b"], AudienceKind.EVERYONE)
    assert await record(shared, viewer_id="owner", package_name="org.b", owner=Level.CONFIRMED)
    assert await told(shared) == []
