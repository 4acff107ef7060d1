import pytest
from hypothesis import given
from hypothesis import strategies as st

from appshare.share_registry.model import Audience, AudienceKind, Level, RelatedDevice
from appshare.share_registry.visibility import audience_of, is_friend, keys_admitted, keys_held, level_towards

NOBODY = Audience(AudienceKind.NOBODY)
FRIENDS = Audience(AudienceKind.FRIENDS)
EVERYONE = Audience(AudienceKind.EVERYONE)
VIEWER_SELECTED = Audience(AudienceKind.SELECTED, frozenset({"viewer", "other"}))
OTHER_SELECTED = Audience(AudienceKind.SELECTED, frozenset({"other"}))
NONE, LIKELY, CONFIRMED = Level

device_ids = st.sampled_from(["viewer", "other", "third", "everyone", "friends", "selected", "device:viewer"])
audiences = st.one_of(
    st.sampled_from([NOBODY, FRIENDS, EVERYONE]),
    st.frozensets(device_ids).map(lambda selected: Audience(AudienceKind.SELECTED, selected)),
)
levels = st.sampled_from(Level)


def sees(audience: Audience, viewer_id: str, level: Level) -> bool:
    return bool(keys_admitted(audience) & keys_held(viewer_id, level))


@pytest.mark.parametrize(
    ("audience", "seen_at"),
    [
        (NOBODY, set()),
        (FRIENDS, {LIKELY, CONFIRMED}),
        (EVERYONE, {NONE, LIKELY, CONFIRMED}),
        (VIEWER_SELECTED, {LIKELY, CONFIRMED}),
        (OTHER_SELECTED, set()),
    ],
)
def test_who_sees_what(audience: Audience, seen_at: set[Level]) -> None:
    assert {level for level in Level if sees(audience, "viewer", level)} == seen_at


@pytest.mark.parametrize(("level", "friend"), [(NONE, False), (LIKELY, True), (CONFIRMED, True)])
def test_who_is_a_friend(level: Level, *, friend: bool) -> None:
    assert is_friend(level) is friend


@pytest.mark.parametrize("level", Level)
def test_a_device_is_not_its_own_friend(level: Level) -> None:
    assert level_towards("owner", RelatedDevice("owner", level)) is NONE
    assert level_towards("viewer", RelatedDevice("owner", level)) is level


@given(audiences, device_ids, levels, levels)
def test_a_higher_level_never_hides_anything(audience: Audience, viewer_id: str, one: Level, other: Level) -> None:
    lower, higher = sorted([one, other])
    assert sees(audience, viewer_id, lower) <= sees(audience, viewer_id, higher)


@given(audiences)
def test_the_keys_of_an_app_tell_its_audience(audience: Audience) -> None:
    assert audience_of(keys_admitted(audience)) == audience


@given(audiences, device_ids, levels)
def test_one_key_at_most_opens_an_app_to_a_viewer(audience: Audience, viewer_id: str, level: Level) -> None:
    # Stores rely on it: a share comes once.
    assert len(keys_admitted(audience) & keys_held(viewer_id, level)) <= 1
