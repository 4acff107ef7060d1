from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appshare import errors
from appshare.share_registry.model import Audience, AudienceKind, InventoryApp, Level, RelatedDevice

NOBODY = Audience(AudienceKind.NOBODY)
FRIENDS = Audience(AudienceKind.FRIENDS)
EVERYONE = Audience(AudienceKind.EVERYONE)
SELECTED = Audience(AudienceKind.SELECTED, frozenset({"viewer", "other"}))

names = st.sampled_from(["org.a", "org.b", "org.c", "org.d"])
inventories = st.dictionaries(names, st.integers(1, 3))


async def audiences(world: Any, device_id: str = "owner") -> dict[str, Audience]:
    page = await world.registry.inventory(device_id, "", 100)
    return {entry.app.package_name: entry.audience for entry in page.items}


async def visible(world: Any, viewer_id: str, level: Level, owner_id: str = "owner") -> list[str]:
    page = await world.registry.visible_shares(viewer_id, [RelatedDevice(owner_id, level)], ("", ""), 100)
    return [share.app.package_name for share in page.items]


async def test_a_new_app_is_shared_with_nobody(world: Any, make_app: Any) -> None:
    assert await world.registry.replace_inventory("owner", [make_app("org.a"), make_app("org.b")]) == 2
    assert await audiences(world) == {"org.a": NOBODY, "org.b": NOBODY}


async def test_an_app_keeps_its_audience_over_a_full_sync_and_a_delta(world: Any, make_app: Any) -> None:
    await world.share("owner", ["org.a", "org.b"], AudienceKind.EVERYONE)
    await world.registry.replace_inventory("owner", [make_app("org.a", 2), make_app("org.b", 2), make_app("org.c")])
    await world.registry.change_inventory("owner", [make_app("org.a", 3)], [])
    assert await audiences(world) == {"org.a": EVERYONE, "org.b": EVERYONE, "org.c": NOBODY}
    page = await world.registry.inventory("owner", "", 1)
    assert page.items == (InventoryApp(make_app("org.a", 3), EVERYONE),)


async def test_a_removed_app_loses_its_audience(world: Any, make_app: Any) -> None:
    await world.share("owner", ["org.a", "org.b"], AudienceKind.FRIENDS)
    assert await world.registry.change_inventory("owner", [], ["org.a", "org.unknown"]) == 1
    await world.registry.replace_inventory("owner", [])
    await world.registry.replace_inventory("owner", [make_app("org.a"), make_app("org.b")])
    assert await audiences(world) == {"org.a": NOBODY, "org.b": NOBODY}


async def test_an_inventory_beyond_its_limit_changes_nothing(world: Any, make_app: Any) -> None:
    apps = [make_app(f"org.{number}") for number in range(6)]
    await world.registry.replace_inventory("owner", apps[:5])
    with pytest.raises(errors.ResourceExhaustedError) as refused:
        await world.registry.change_inventory("owner", apps[5:], [])
    assert refused.value.reason is errors.Reason.LIMIT_EXCEEDED
    with pytest.raises(errors.ResourceExhaustedError):
        await world.registry.replace_inventory("owner", apps)
    assert sorted(await audiences(world)) == [app.package_name for app in apps[:5]]


async def test_the_limit_counts_what_is_there_after_a_delta(world: Any, make_app: Any) -> None:
    apps = [make_app(f"org.{number}") for number in range(6)]
    await world.registry.replace_inventory("owner", apps[:5])
    assert await world.registry.change_inventory("owner", apps[5:], ["org.0"]) == 5


async def test_audiences_change_together(world: Any, make_app: Any) -> None:
    await world.registry.replace_inventory("owner", [make_app("org.a"), make_app("org.b"), make_app("org.c")])
    await world.registry.change_audiences("owner", {"org.a": FRIENDS, "org.b": SELECTED})
    await world.registry.change_audiences("owner", {"org.a": NOBODY, "org.c": EVERYONE})
    assert await audiences(world) == {"org.a": NOBODY, "org.b": SELECTED, "org.c": EVERYONE}


async def test_no_audience_changes_when_an_app_is_missing(world: Any, make_app: Any) -> None:
    await world.registry.replace_inventory("owner", [make_app("org.a")])
    await world.registry.replace_inventory("other", [make_app("org.b")])
    with pytest.raises(errors.NotFoundError) as refused:
        await world.registry.change_audiences("owner", {"org.a": EVERYONE, "org.b": EVERYONE})
    assert refused.value.reason is errors.Reason.APP_NOT_FOUND
    assert await audiences(world) == {"org.a": NOBODY}


@pytest.mark.parametrize("default", [NOBODY, FRIENDS, EVERYONE, SELECTED])
async def test_a_new_app_has_the_default_audience(world: Any, make_app: Any, default: Audience) -> None:
    await world.registry.change_default_audience("owner", FRIENDS)
    await world.registry.change_default_audience("owner", default)
    assert await world.registry.default_audience("owner") == default
    await world.registry.replace_inventory("owner", [make_app("org.a")])
    await world.registry.change_inventory("owner", [make_app("org.b")], [])
    assert await audiences(world) == {"org.a": default, "org.b": default}


async def test_nobody_sees_new_apps_until_the_owner_says_so(world: Any) -> None:
    assert await world.registry.default_audience("owner") == NOBODY


async def test_apps_that_are_there_keep_their_audience_when_the_default_changes(world: Any, make_app: Any) -> None:
    await world.registry.replace_inventory("owner", [make_app("org.a"), make_app("org.b")])
    await world.registry.change_audiences("owner", {"org.b": SELECTED})
    await world.registry.change_default_audience("owner", EVERYONE)
    await world.registry.replace_inventory("owner", [make_app("org.a", 2), make_app("org.b", 2), make_app("org.c")])
    await world.registry.replace_inventory("other", [make_app("org.a")])
    assert await audiences(world) == {"org.a": NOBODY, "org.b": SELECTED, "org.c": EVERYONE}
    assert await audiences(world, "other") == {"org.a": NOBODY}


async def test_an_app_that_comes_back_is_a_new_one(world: Any, make_app: Any) -> None:
    await world.share("owner", ["org.a"], AudienceKind.EVERYONE)
    await world.registry.change_default_audience("owner", FRIENDS)
    await world.registry.change_inventory("owner", [], ["org.a"])
    await world.registry.change_inventory("owner", [make_app("org.a")], [])
    assert await audiences(world) == {"org.a": FRIENDS}


async def test_who_is_selected_sees_it_only_while_a_friend(world: Any) -> None:
    await world.share("owner", ["org.a"], AudienceKind.SELECTED, "viewer")
    assert await visible(world, "viewer", Level.LIKELY) == ["org.a"]
    assert await visible(world, "viewer", Level.NONE) == []
    assert await visible(world, "stranger", Level.CONFIRMED) == []


async def test_an_owner_is_a_stranger_to_itself(world: Any) -> None:
    await world.share("owner", ["org.a"], AudienceKind.FRIENDS)
    await world.share("owner", ["org.b"], AudienceKind.EVERYONE)
    await world.share("owner", ["org.c"], AudienceKind.SELECTED, "owner")
    assert await visible(world, "owner", Level.CONFIRMED) == ["org.b"]


async def test_each_owner_counts_with_its_own_level(world: Any) -> None:
    for owner_id in ("friend", "stranger"):
        await world.share(owner_id, ["org.a"], AudienceKind.FRIENDS)
        await world.share(owner_id, ["org.b"], AudienceKind.EVERYONE)
    owners = [RelatedDevice("stranger", Level.NONE), RelatedDevice("friend", Level.LIKELY)]
    page = await world.registry.visible_shares("viewer", owners, ("", ""), 100)
    assert [(share.owner_id, share.app.package_name) for share in page.items] == [
        ("friend", "org.a"),
        ("friend", "org.b"),
        ("stranger", "org.b"),
    ]


async def test_the_newest_of_several_shares_is_found(world: Any, make_app: Any) -> None:
    for owner_id, version in (("one", 3), ("two", 7), ("three", 7), ("hidden", 9)):
        await world.registry.replace_inventory(owner_id, [make_app("org.a", version)])
        await world.registry.change_audiences(owner_id, {"org.a": FRIENDS if owner_id != "hidden" else NOBODY})
    owners = [RelatedDevice(owner_id, Level.LIKELY) for owner_id in ("one", "two", "three", "hidden")]
    share = await world.registry.find_visible_share("viewer", owners, "org.a")
    assert (share.owner_id, share.app.version_code) == ("three", 7)
    assert await world.registry.find_visible_share("viewer", owners, "org.b") is None
    assert await world.registry.find_visible_share("viewer", [], "org.a") is None


async def version(world: Any, viewer_id: str = "viewer", level: Level = Level.LIKELY) -> str:
    named: str = await world.registry.list_version(viewer_id, [RelatedDevice("owner", level)])
    return named


async def test_a_list_in_which_there_is_nothing_has_no_version(world: Any) -> None:
    await world.share("owner", ["org.a"], AudienceKind.FRIENDS)
    assert await version(world, level=Level.NONE) == ""


async def test_a_version_names_what_the_viewer_sees_and_nothing_else(world: Any, make_app: Any) -> None:
    await world.share("owner", ["org.a"], AudienceKind.FRIENDS)
    before = await version(world)
    # What the viewer does not see: another app, who else sees this one, by which audience the viewer does.
    await world.share("owner", ["org.b"], AudienceKind.SELECTED, "other")
    await world.registry.change_audiences("owner", {"org.a": SELECTED})
    assert await version(world) == before
    # What it sees: a new version, and the one before again.
    await world.registry.change_inventory("owner", [make_app("org.a", 2)], [])
    assert await version(world) != before
    await world.registry.change_inventory("owner", [make_app("org.a", 1)], [])
    assert await version(world) == before
    await world.registry.change_audiences("owner", {"org.b": SELECTED})
    assert await version(world) != before


shown = st.dictionaries(names, st.sampled_from([NOBODY, FRIENDS, EVERYONE, SELECTED]))


@settings(max_examples=settings.default.max_examples // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=shown, other=shown, level=st.sampled_from(Level))
async def test_versions_are_equal_when_the_lists_are(
    world: Any, make_app: Any, one: dict[str, Audience], other: dict[str, Audience], level: Level
) -> None:
    found = []
    for shares in (one, other):
        await world.registry.replace_inventory("owner", [make_app(name) for name in shares])
        await world.registry.change_audiences("owner", shares)
        found.append((await visible(world, "viewer", level), await version(world, level=level)))
    (one_list, one_version), (other_list, other_version) = found
    assert (one_list == other_list) == (one_version == other_version)


numbers = count()


@settings(max_examples=settings.default.max_examples // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(inventories, min_size=1, max_size=4))
async def test_deltas_end_where_a_full_sync_does(world: Any, make_app: Any, steps: list[dict[str, int]]) -> None:
    by_delta, by_full = f"delta-{next(numbers)}", f"full-{next(numbers)}"
    before: dict[str, int] = {}
    for after in steps:
        upserted = [make_app(name, version) for name, version in after.items() if before.get(name) != version]
        await world.registry.change_inventory(by_delta, upserted, before.keys() - after.keys())
        before = after
    await world.registry.replace_inventory(by_full, [make_app(name, version) for name, version in before.items()])
    assert await world.registry.inventory(by_delta, "", 100) == await world.registry.inventory(by_full, "", 100)
