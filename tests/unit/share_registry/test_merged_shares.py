from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appshare.share_registry.merged_shares import MergedShares
from appshare.share_registry.model import (
    App,
    Audience,
    AudienceKind,
    Level,
    MergedShare,
    Platform,
    RelatedDevice,
    SharedVersion,
)

FRIENDS = Audience(AudienceKind.FRIENDS)
NOBODY = Audience(AudienceKind.NOBODY)
BEFORE_FIRST = ("", "")


def friends(*device_ids: str) -> list[RelatedDevice]:
    return [RelatedDevice(device_id, Level.LIKELY) for device_id in device_ids]


async def publish(world: Any, owner_id: str, *apps: App, audience: Audience = FRIENDS) -> None:
    await world.registry.replace_inventory(owner_id, apps)
    await world.registry.change_audiences(owner_id, {app.package_name: audience for app in apps})


async def merged(world: Any, owners: list[RelatedDevice], search: str = "") -> tuple[MergedShare, ...]:
    page = await world.merged_shares.page("viewer", owners, search, BEFORE_FIRST, 100)
    assert not page.more
    items: tuple[MergedShare, ...] = page.items
    return items


def version(code: int, signer_sha256: str = "a" * 64) -> SharedVersion:
    return SharedVersion(code, f"{code}.0", signer_sha256)


async def test_an_app_of_many_is_one_entry(world: Any, make_app: Any) -> None:
    await publish(world, "one", make_app("org.a", 2, "Old name"), make_app("org.b"))
    await publish(world, "two", make_app("org.a", 3, "Name"))
    await publish(world, "three", make_app("org.a", 2))
    android = Platform.ANDROID
    assert await merged(world, friends("two", "one", "three")) == (
        MergedShare(android, "org.a", "Name", (version(3), version(2)), 3, ("one", "three", "two")),
        MergedShare(android, "org.b", "Label", (version(1),), 1, ()),
    )


async def test_only_what_the_viewer_may_see_is_in_it(world: Any, make_app: Any) -> None:
    await publish(world, "one", make_app("org.a", 1))
    await publish(world, "two", make_app("org.a", 2), audience=NOBODY)
    await publish(world, "stranger", make_app("org.a", 3))
    await publish(world, "unasked", make_app("org.a", 4))
    [share] = await merged(world, [*friends("one", "two"), RelatedDevice("stranger", Level.NONE)])
    assert (share.versions, share.friend_count) == ((version(1),), 1)
    assert await merged(world, []) == ()


async def test_an_app_of_two_platforms_is_two_entries(world: Any, make_app: Any) -> None:
    await publish(world, "one", make_app("org.a"))
    await publish(world, "two", App(Platform.IOS, "org.a", "Label", "1.0", 1, "", ""))
    found = await merged(world, friends("one", "two"))
    assert [(share.platform, share.friend_count) for share in found] == [(Platform.ANDROID, 1), (Platform.IOS, 1)]


async def test_the_devices_of_a_person_count_once(world: Any, make_app: Any) -> None:
    for owner_id in ("phone", "tablet", "other", "another"):
        await publish(world, owner_id, make_app("org.a"))
    owners = [RelatedDevice(owner_id, Level.LIKELY, person=7) for owner_id in ("phone", "tablet")]
    [share] = await merged(world, owners)
    assert (share.friend_count, share.owner_ids) == (1, ())
    [share] = await merged(world, [*owners, RelatedDevice("other", Level.LIKELY, person=1), *friends("another")])
    assert (share.friend_count, share.owner_ids) == (3, ("another", "other", "phone", "tablet"))


@pytest.mark.parametrize(("threshold", "named"), [(1, True), (2, True), (3, False)])
async def test_too_few_are_not_named(world: Any, make_app: Any, threshold: int, *, named: bool) -> None:
    for owner_id in ("one", "two"):
        await publish(world, owner_id, make_app("org.a"))
    page = await MergedShares(world.store, threshold).page("viewer", friends("one", "two"), "", BEFORE_FIRST, 9)
    assert page.items[0].owner_ids == (("one", "two") if named else ())


async def test_a_hundred_owners_are_named_and_all_are_counted(world: Any, make_app: Any) -> None:
    owners = [f"owner-{number:03}" for number in range(105)]
    for owner_id in owners:
        await publish(world, owner_id, make_app("org.a"))
    [share] = await merged(world, friends(*owners))
    assert (share.friend_count, share.owner_ids) == (105, tuple(owners[:100]))


async def test_the_ten_newest_versions_are_told(world: Any, make_app: Any) -> None:
    owners = [f"owner-{number:02}" for number in range(12)]
    for number, owner_id in enumerate(owners):
        await publish(world, owner_id, make_app("org.a", number * 7 % 12 + 1))
    [share] = await merged(world, friends(*owners))
    assert share.versions == tuple(version(code) for code in range(12, 2, -1))


async def test_versions_of_two_signers_are_two(world: Any, make_app: Any) -> None:
    await publish(world, "one", make_app("org.a", 2))
    await publish(world, "two", App(Platform.ANDROID, "org.a", "Label", "2.0", 2, "b" * 64, ""))
    [share] = await merged(world, friends("one", "two"))
    assert share.versions == (version(2), version(2, "b" * 64))


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("notes", ["org.notes", "org.other"]),
        ("NOTES", ["org.notes", "org.other"]),
        ("ÄRGER", ["org.third"]),
        ("strasse", ["org.third"]),
        ("org.", ["org.notes", "org.other", "org.third"]),
        ("笔记", ["org.other"]),
        ("%", []),
        ("nothing", []),
    ],
)
async def test_a_search_looks_into_labels_and_package_names(
    world: Any, make_app: Any, search: str, found: list[str]
) -> None:
    apps = [
        make_app("org.notes", label="x"),
        make_app("org.other", label="笔记 Notes"),
        make_app("org.third", label="ärger straße"),
    ]
    await publish(world, "one", *apps)
    assert [share.package_name for share in await merged(world, friends("one"), search)] == found


async def test_an_app_that_is_found_by_one_label_counts_with_all_its_owners(world: Any, make_app: Any) -> None:
    await publish(world, "one", make_app("org.a", label="Notizen"))
    await publish(world, "two", make_app("org.a", label="Notes"))
    [share] = await merged(world, friends("one", "two"), "notizen")
    assert share.friend_count == 2


numbers = count()
inventories = st.lists(
    st.dictionaries(st.sampled_from(["org.a", "org.b", "org.c", "org.d"]), st.integers(1, 3)), min_size=1, max_size=4
)


@settings(max_examples=settings.default.max_examples // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(inventories=inventories, size=st.integers(1, 4))
async def test_pages_hold_what_the_lists_hold(
    world: Any, make_app: Any, inventories: list[dict[str, int]], size: int
) -> None:
    owners = [f"owner-{next(numbers)}" for _ in inventories]
    for owner_id, inventory in zip(owners, inventories, strict=True):
        await publish(world, owner_id, *(make_app(name, code) for name, code in inventory.items()))
    found, after, more = [], BEFORE_FIRST, True
    while more:
        page = await world.merged_shares.page("viewer", friends(*owners), "", after, size)
        found += [
            (each.package_name, {it.version_code for it in each.versions}, each.friend_count) for each in page.items
        ]
        more = page.more
        assert len(page.items) == size or not more
        after = (page.items[-1].package_name, page.items[-1].platform) if more else after
    having = {
        name: [inventory[name] for inventory in inventories if name in inventory] for name in set().union(*inventories)
    }
    assert found == [(name, set(codes), len(codes)) for name, codes in sorted(having.items())]
