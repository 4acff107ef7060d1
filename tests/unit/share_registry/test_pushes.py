from typing import Any

import pytest

from appshare import errors
from appshare.share_registry.model import (
    Audience,
    AudienceKind,
    InboxEvent,
    Level,
    Push,
    PushOutcome,
    PushPolicy,
    PushPreference,
    RelatedDevice,
)

NONE, LIKELY, CONFIRMED = Level
ACCEPTED, REFUSED = PushOutcome
OFF = PushPreference(PushPolicy.OFF)
FRIENDS = PushPreference(PushPolicy.FRIENDS)
OWNER_SELECTED = PushPreference(PushPolicy.SELECTED, frozenset({"owner", "other"}))
OTHER_SELECTED = PushPreference(PushPolicy.SELECTED, frozenset({"other"}))


async def waiting(world: Any, device_id: str) -> tuple[InboxEvent, ...]:
    events, _head = await world.inboxes.read(device_id, 0, 100)
    return events


async def test_a_device_accepts_no_pushes_until_it_says_so(world: Any) -> None:
    assert await world.pushes.preference("viewer") == OFF


@pytest.mark.parametrize("preference", [OWNER_SELECTED, FRIENDS, OFF])
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
