from datetime import timedelta
from typing import Any

import pytest

from appshare import errors
from appshare.share_registry.model import (
    Audience,
    AudienceKind,
    InboxEvent,
    InboxLimits,
    Install,
    Level,
    Push,
    PushOutcome,
    PushPolicy,
    PushPreference,
    RelatedDevice,
    SharesPushed,
)
from appshare.share_registry.pushes import Pushes, PushLimits

NONE, LIKELY, CONFIRMED = Level
ACCEPTED, REFUSED = PushOutcome
OFF = PushPreference(PushPolicy.OFF)
FRIENDS = PushPreference(PushPolicy.FRIENDS)
OWNER_MUTED = PushPreference(PushPolicy.FRIENDS, muted=frozenset({"owner", "other"}))
OWNER_SELECTED_AND_MUTED = PushPreference(PushPolicy.SELECTED, frozenset({"owner"}), muted=frozenset({"owner"}))
OTHER_MUTED = PushPreference(PushPolicy.FRIENDS, muted=frozenset({"other"}))
OWNER_SELECTED = PushPreference(PushPolicy.SELECTED, frozenset({"owner", "other"}))
OTHER_SELECTED = PushPreference(PushPolicy.SELECTED, frozenset({"other"}))


async def waiting(world: Any, device_id: str) -> tuple[InboxEvent, ...]:
    events, _head = await world.inboxes.read(device_id, 0, 100)
    return events


async def test_a_device_accepts_no_pushes_until_it_says_so(world: Any) -> None:
    assert await world.pushes.preference("viewer") == OFF


@pytest.mark.parametrize("preference", [OWNER_SELECTED, OWNER_MUTED, FRIENDS, OFF])
async def test_a_preference_replaces_the_one_before(world: Any, preference: PushPreference) -> None:
    await world.pushes.change_preference("viewer", OTHER_SELECTED)
    await world.pushes.change_preference("viewer", preference)
    assert await world.pushes.preference("viewer") == preference


@pytest.mark.parametrize(
    ("preference", "accepted_at"),
    [
        (None, set()),
        (OFF, set()),
        (FRIENDS, {LIKELY, CONFIRMED}),
        (OWNER_SELECTED, {LIKELY, CONFIRMED}),
        (OTHER_SELECTED, set()),
        (OWNER_MUTED, set()),
        (OWNER_SELECTED_AND_MUTED, set()),
        (OTHER_MUTED, {LIKELY, CONFIRMED}),
    ],
)
async def test_whose_pushes_are_accepted(
    world: Any, preference: PushPreference | None, accepted_at: set[Level]
) -> None:
    await world.share("owner", ["org.a"], AudienceKind.EVERYONE)
    if preference:
        await world.pushes.change_preference("viewer", preference)
    for level in Level:
        recipients = [RelatedDevice("viewer", level)]
        [outcome] = (await world.pushes.deliver(Push("owner", frozenset(), ""), recipients, "")).outcomes
        assert outcome is (ACCEPTED if level in accepted_at else REFUSED)
    assert [event.position for event in await waiting(world, "viewer")] == [len(accepted_at)][: len(accepted_at)]


@pytest.mark.parametrize(
    ("kind", "selected", "outcome"),
    [
        (AudienceKind.NOBODY, (), REFUSED),
        (AudienceKind.FRIENDS, (), ACCEPTED),
        (AudienceKind.EVERYONE, (), ACCEPTED),
        (AudienceKind.SELECTED, ("viewer",), ACCEPTED),
        (AudienceKind.SELECTED, ("other",), REFUSED),
    ],
)
async def test_a_push_of_which_nothing_is_visible_is_refused(
    world: Any, kind: AudienceKind, selected: tuple[str, ...], outcome: PushOutcome
) -> None:
    await world.share("owner", ["org.a"], kind, *selected)
    await world.share("owner", ["org.hidden"], AudienceKind.NOBODY)
    await world.accept_pushes("viewer")
    assert await world.push("viewer") == [outcome]
    assert await world.push("viewer", package_names=["org.a"]) == [outcome]
    assert await world.push("viewer", package_names=["org.a", "org.hidden"]) == [outcome]
    assert await world.push("viewer", package_names=["org.hidden"]) == [REFUSED]


async def test_a_device_cannot_push_to_itself(world: Any) -> None:
    await world.share("owner", ["org.a"], AudienceKind.EVERYONE)
    await world.accept_pushes("owner")
    assert await world.push("owner") == [REFUSED]


async def test_outcomes_come_in_the_order_of_the_recipients(world: Any) -> None:
    await world.share("owner", ["org.a"], AudienceKind.FRIENDS)
    await world.accept_pushes("one", "three")
    assert await world.push("three", "two", "one") == [ACCEPTED, REFUSED, ACCEPTED]
    assert await world.push() == []


async def test_a_push_holds_the_visible_apps_the_note_and_the_time(world: Any, make_app: Any) -> None:
    await world.share("owner", ["org.a", "org.b"], AudienceKind.FRIENDS)
    await world.share("owner", ["org.c"], AudienceKind.NOBODY)
    await world.accept_pushes("viewer")
    await world.push("viewer", note="for you")
    await world.push("viewer", package_names=["org.b", "org.c"])
    whole, chosen = await waiting(world, "viewer")
    assert (whole.position, whole.create_time) == (1, 1_000.0)
    assert (whole.content.sender_id, whole.content.note) == ("owner", "for you")
    assert [share.app for share in whole.content.shares] == [make_app("org.a"), make_app("org.b")]
    assert [share.app.package_name for share in chosen.content.shares] == ["org.b"]


async def test_a_push_of_an_app_that_the_sender_lacks_reaches_nobody(world: Any) -> None:
    await world.share("owner", ["org.a"], AudienceKind.FRIENDS)
    await world.share("other", ["org.b"], AudienceKind.FRIENDS)
    await world.accept_pushes("viewer")
    with pytest.raises(errors.NotFoundError) as refused:
        await world.push("viewer", package_names=["org.a", "org.b"])
    assert refused.value.reason is errors.Reason.APP_NOT_FOUND
    assert await waiting(world, "viewer") == ()


async def test_a_repeated_request_delivers_once_and_answers_the_same(world: Any) -> None:
    await world.share("owner", ["org.a", "org.b"], AudienceKind.FRIENDS)
    await world.accept_pushes("one")
    first = await world.push("one", "two", package_names=["org.a", "org.b"], request_id="r")
    # Neither a preference nor an inventory that has changed since changes the answer.
    await world.accept_pushes("two")
    await world.registry.change_inventory("owner", [], ["org.b"])
    again = await world.push("one", "two", package_names=["org.b", "org.a"], request_id="r")
    assert first == again == [ACCEPTED, REFUSED]
    assert len(await waiting(world, "one")) == 1
    assert await waiting(world, "two") == ()


async def test_without_a_request_id_every_push_is_delivered(world: Any) -> None:
    await world.share("owner", ["org.a"], AudienceKind.FRIENDS)
    await world.accept_pushes("viewer")
    for position in (1, 2):
        assert await world.push("viewer") == [ACCEPTED]
        assert [event.position for event in await waiting(world, "viewer")] == [position]


@pytest.mark.parametrize("other", [{"note": "else"}, {"package_names": ["org.a"]}])
async def test_a_request_id_belongs_to_one_push(world: Any, other: dict[str, Any]) -> None:
    await world.share("owner", ["org.a"], AudienceKind.FRIENDS)
    await world.accept_pushes("viewer")
    await world.push("viewer", request_id="r")
    with pytest.raises(errors.AlreadyExistsError) as refused:
        await world.push("viewer", request_id="r", **other)
    assert refused.value.reason is errors.Reason.REQUEST_ID_REUSED
    assert len(await waiting(world, "viewer")) == 1


async def test_a_repeated_request_does_not_tell_that_a_person_has_another_device_now(world: Any) -> None:
    await world.share("owner", ["org.a"], AudienceKind.FRIENDS)
    await world.push(request_id="r")  # nobody is registered there
    await world.accept_pushes("viewer")
    assert await world.push("viewer", request_id="r") == [REFUSED]


async def test_a_request_id_belongs_to_its_sender(world: Any) -> None:
    for owner_id in ("owner", "other"):
        await world.share(owner_id, ["org.a"], AudienceKind.FRIENDS)
    await world.accept_pushes("viewer")
    await world.push("viewer", request_id="r")
    recipients = [RelatedDevice("viewer", LIKELY)]
    delivery = await world.pushes.deliver(Push("other", frozenset(), "hi"), recipients, "r")
    assert delivery.outcomes == (ACCEPTED,)
    assert [event.content.sender_id for event in await waiting(world, "viewer")] == ["owner", "other"]


async def test_a_request_id_is_forgotten_after_its_time(world: Any) -> None:
    await world.share("owner", ["org.a"], AudienceKind.FRIENDS)
    await world.accept_pushes("viewer")
    await world.push("viewer", request_id="r")
    world.now += 61
    assert await world.push("viewer", note="another", request_id="r") == [ACCEPTED]


async def test_a_clock_that_goes_back_keeps_the_order(world: Any) -> None:
    await world.share("owner", ["org.a"], AudienceKind.FRIENDS)
    await world.accept_pushes("viewer")
    for note in ("first", "second"):
        await world.send(note)
        world.now -= 500
    events = await waiting(world, "viewer")
    assert [(event.position, event.content.note) for event in events] == [(1, "first"), (2, "second")]


async def test_a_changed_preference_leaves_what_is_in_the_inbox(world: Any) -> None:
    await world.share("owner", ["org.a"], AudienceKind.FRIENDS)
    await world.accept_pushes("viewer")
    await world.push("viewer")
    await world.pushes.change_preference("viewer", OFF)
    assert len(await waiting(world, "viewer")) == 1


async def test_a_level_known_at_the_push_stays_with_the_event(world: Any) -> None:
    await world.share("owner", ["org.a"], AudienceKind.EVERYONE)
    await world.accept_pushes("viewer")
    await world.push("viewer")
    await world.registry.change_audiences("owner", {"org.a": Audience(AudienceKind.FRIENDS)})
    assert len(await waiting(world, "viewer")) == 1


async def notes(world: Any, device_id: str = "viewer") -> list[str]:
    return [event.content.note for event in await waiting(world, device_id)]


async def test_a_push_of_the_same_apps_takes_the_place_of_the_one_that_waits(world: Any) -> None:
    await world.share("owner", ["org.a", "org.b"], AudienceKind.FRIENDS)
    await world.accept_pushes("viewer", "other")
    for note, names in (("all", []), ("a", ["org.a"]), ("ab", ["org.a", "org.b"])):
        await world.push("viewer", "other", package_names=names, note=note)
    for note, names in (("all again", []), ("ba", ["org.b", "org.a"])):
        await world.push("viewer", package_names=names, note=note)
    assert await notes(world) == ["a", "all again", "ba"]
    assert await notes(world, "other") == ["all", "a", "ab"]


async def test_a_sender_takes_the_place_of_nobody_else(world: Any) -> None:
    await world.accept_pushes("viewer")
    for note in "ab":
        await world.send(note)
    await world.send("a")
    assert await notes(world) == ["b", "a"]


async def test_one_push_too_many_of_a_sender_takes_the_place_of_its_oldest(world: Any, make_app: Any) -> None:
    pushes = Pushes(world.store, world.signals, lambda: world.now, PushLimits(), InboxLimits(events=100, per_sender=2))
    await world.share("owner", ["org.a", "org.b", "org.c"], AudienceKind.FRIENDS)
    await world.accept_pushes("viewer")
    await world.send("other")
    await world.share("viewer", ["org.mine"], AudienceKind.FRIENDS)
    await world.installs.record(Install("owner", "org.mine", 1), [RelatedDevice("viewer", LIKELY)])
    for name in ("org.a", "org.b", "org.c"):
        await pushes.deliver(Push("owner", frozenset({name}), name), [RelatedDevice("viewer", LIKELY)], "")
    contents = [event.content for event in await waiting(world, "viewer")]
    assert [each.note if isinstance(each, SharesPushed) else each.package_name for each in contents] == [
        "other",
        "org.mine",
        "org.b",
        "org.c",
    ]


async def push_id(world: Any, *recipient_ids: str, request_id: str = "") -> str:
    recipients = [RelatedDevice(each, LIKELY) for each in recipient_ids]
    found: str = (await world.pushes.deliver(Push("owner", frozenset(), ""), recipients, request_id)).push_id
    return found


async def test_every_push_has_an_id_of_its_own_and_a_repeated_request_the_same(world: Any) -> None:
    await world.share("owner", ["org.a"], AudienceKind.FRIENDS)
    await world.accept_pushes("viewer")
    ids = [await push_id(world), await push_id(world, "viewer"), await push_id(world, "viewer", request_id="r")]
    assert len(set(ids)) == 3
    assert await push_id(world, "viewer", request_id="r") == ids[-1]


async def test_a_withdrawn_push_is_gone_from_every_inbox(world: Any) -> None:
    await world.share("owner", ["org.a"], AudienceKind.FRIENDS)
    await world.accept_pushes("one", "two", "three")
    withdrawn = await push_id(world, "one", "two", request_id="r")
    kept = await push_id(world, "three")
    assert withdrawn != kept
    await world.inboxes.acknowledge("one", 1)
    for _ in range(2):
        await world.pushes.withdraw("owner", withdrawn)
    assert [len(await waiting(world, device_id)) for device_id in ("one", "two", "three")] == [0, 0, 1]
    # The request that is repeated behind it delivers nothing again, and tells nothing.
    assert await push_id(world, "one", "two", request_id="r") == withdrawn
    assert await waiting(world, "two") == ()


async def test_nobody_withdraws_what_another_has_pushed(world: Any) -> None:
    await world.share("owner", ["org.a"], AudienceKind.FRIENDS)
    await world.accept_pushes("viewer")
    await world.pushes.withdraw("other", await push_id(world, "viewer"))
    await world.pushes.withdraw("owner", "unknown")
    assert len(await waiting(world, "viewer")) == 1


async def test_a_sender_reaches_so_many_in_a_day(world: Any) -> None:
    await world.share("owner", ["org.a"], AudienceKind.FRIENDS)
    devices = [f"device-{number}" for number in range(200)]
    await world.accept_pushes(*devices)
    start = world.now
    assert await world.push(*devices[:150]) == [ACCEPTED] * 150
    world.now += 3600
    with pytest.raises(errors.ResourceExhaustedError) as refused:
        await world.push(*devices[:51])
    assert refused.value.reason is errors.Reason.LIMIT_EXCEEDED
    assert refused.value.retry_after == timedelta(hours=23)
    assert await notes(world, "device-0") == [""]
    # It was refused whole; a smaller one goes, to the last one.
    assert await world.push(*devices[:50]) == [ACCEPTED] * 50
    with pytest.raises(errors.ResourceExhaustedError):
        await world.push("device-0")
    world.now = start + 24 * 3600
    assert await world.push(*devices) == [ACCEPTED] * 200


async def test_only_those_who_are_reached_count(world: Any) -> None:
    # The sender knows whom it reaches; that others counted would tell it who is registered.
    await world.share("owner", ["org.a"], AudienceKind.FRIENDS)
    for _ in range(3):
        await world.push(*(f"silent-{number}" for number in range(100)))
    await world.accept_pushes("viewer")
    for _ in range(200):
        await world.push("viewer", request_id="once")
    for _ in range(199):
        await world.push("viewer")
    with pytest.raises(errors.ResourceExhaustedError):
        await world.push("viewer")


async def test_a_clock_that_goes_back_locks_nobody_out(world: Any) -> None:
    await world.share("owner", ["org.a"], AudienceKind.FRIENDS)
    devices = [f"device-{number}" for number in range(200)]
    await world.accept_pushes(*devices)
    world.now = 1e9
    await world.push(*devices)
    world.now = 1e8
    assert await world.push("device-0") == [ACCEPTED]
