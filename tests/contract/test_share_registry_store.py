"""What every store of ShareRegistry does; a new store is one more parameter of `open_store`."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from itertools import count, pairwise
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from tests.support.postgresql_server import PostgresqlServer
from tests.support.stores import emptied_schema, rows_with

from appshare import errors
from appshare.postgresql.database import open_database as open_schema
from appshare.share_registry.inbox_gauges import measure
from appshare.share_registry.model import (
    App,
    Deletion,
    InboxEvent,
    InboxGap,
    InboxLimits,
    InboxPage,
    Install,
    Key,
    Level,
    NameSearch,
    Page,
    Platform,
    Push,
    PushPolicy,
    PushPreference,
    PushQuota,
    PushReceipt,
    PushStance,
    Share,
    SharesPushed,
    WaitingEvents,
)
from appshare.share_registry.store import RegistryStore
from appshare.share_registry.stores.postgresql import MIGRATIONS as POSTGRESQL_MIGRATIONS
from appshare.share_registry.stores.postgresql import PostgresqlRegistryStore
from appshare.share_registry.stores.sqlite import MIGRATIONS, SqliteRegistryStore
from appshare.sqlite.database import open_database

RED, BLUE = frozenset({Key("red")}), frozenset({Key("blue")})
NAMES = frozenset({Key("names gone-1"), Key("names gone-2")})
NO_KEYS: frozenset[Key] = frozenset()
LIKELY, CONFIRMED = Level.LIKELY, Level.CONFIRMED
VIEWER = {"viewer": LIKELY}
ROOMY = InboxLimits(events=100, per_sender=100)

SCHEMA = "test_share_registry_store"

numbers = count()


OpenStore = Callable[[], AbstractAsyncContextManager[RegistryStore]]


@asynccontextmanager
async def open_sqlite(folder: Path) -> AsyncIterator[RegistryStore]:
    async with open_database(folder / "share_registry.db", MIGRATIONS) as database:
        yield SqliteRegistryStore(database)


@asynccontextmanager
async def open_postgresql(server: PostgresqlServer) -> AsyncIterator[RegistryStore]:
    async with open_schema(server.url, SCHEMA, POSTGRESQL_MIGRATIONS) as database:
        yield PostgresqlRegistryStore(database)


@pytest.fixture(params=["sqlite", "postgresql"])
async def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> OpenStore:
    """Opens the same store again and again, as a process does that is started anew."""
    if request.param == "sqlite":
        return partial(open_sqlite, tmp_path)
    server = request.getfixturevalue("postgresql")
    async with emptied_schema(server, SCHEMA, POSTGRESQL_MIGRATIONS):
        pass
    return partial(open_postgresql, server)


@pytest.fixture
async def store(open_store: OpenStore) -> AsyncIterator[RegistryStore]:
    async with open_store() as opened:
        yield opened


def app(package_name: str, version_code: int = 1) -> App:
    return App(Platform.IOS, package_name, "Label ☕", "1.0", version_code, "a" * 64, "b" * 64)


async def put(store: RegistryStore, device_id: str, keys: Mapping[str, frozenset[Key]]) -> None:
    async with store.change() as change:
        await change.put_apps(device_id, [app(name) for name in keys])
        await change.replace_keys(device_id, keys)


async def push(
    store: RegistryStore,
    *package_names: str,
    to: Mapping[str, Level] = VIEWER,
    note: str = "",
    sender_id: str = "owner",
    now: float = 1.5,
    limits: InboxLimits = ROOMY,
) -> None:
    """A push with an id of its own."""
    wanted = Push(sender_id, frozenset(package_names), note)
    async with store.change() as change:
        await change.add_push(f"push-{next(numbers)}", wanted, to, now, limits)


def pushed(position: int, *package_names: str, note: str = "", create_time: float = 1.5) -> InboxEvent:
    """A push of the owner as it is delivered."""
    content = SharesPushed("owner", note, tuple(Share("owner", app(name)) for name in package_names))
    return InboxEvent(position, create_time, content)


async def page(store: RegistryStore, after: int = 0, limit: int = 100, share_limit: int = 100) -> InboxPage:
    return await store.inbox_page("viewer", {LIKELY: RED, CONFIRMED: BLUE}, after, limit, share_limit)


def names(shares: Page[Share] | tuple[Share, ...]) -> list[str]:
    return [share.app.package_name for share in (shares.items if isinstance(shares, Page) else shares)]


class TestApps:
    async def test_apps_come_back_as_they_were_put(self, store: RegistryStore) -> None:
        apps = [
            App(Platform.ANDROID, "org.a", "", "", 0, "", ""),
            App(Platform.IOS, "org.b", "'; DROP TABLE apps; --", "2.0-β", 2**63 - 1, "c" * 64, "d" * 64),
        ]
        async with store.change() as change:
            await change.put_apps("owner", apps)
        assert await store.apps("owner", "", 10) == Page(tuple((each, NO_KEYS) for each in apps), more=False)

    async def test_an_app_that_is_put_again_keeps_its_keys(self, store: RegistryStore) -> None:
        await put(store, "owner", {"org.a": RED | BLUE})
        async with store.change() as change:
            await change.put_apps("owner", [app("org.a", 2)])
        assert (await store.apps("owner", "", 10)).items == ((app("org.a", 2), RED | BLUE),)

    async def test_a_dropped_app_takes_its_keys_along(self, store: RegistryStore) -> None:
        await put(store, "owner", {"org.a": RED, "org.b": RED, "org.c": RED})
        async with store.change() as change:
            await change.drop_apps("owner", ["org.a", "org.unknown"])
            await change.drop_other_apps("owner", ["org.b"])
            assert await change.count_apps("owner") == 1
            await change.put_apps("owner", [app("org.a"), app("org.c")])
        keys = [keys for _app, keys in (await store.apps("owner", "", 10)).items]
        assert keys == [NO_KEYS, RED, NO_KEYS]

    async def test_devices_have_their_own_apps(self, store: RegistryStore) -> None:
        await put(store, "owner", {"org.a": RED})
        await put(store, "other", {"org.a": BLUE})
        async with store.change() as change:
            await change.drop_other_apps("owner", [])
            assert await change.count_apps("owner") == 0
            assert await change.present_apps("other", ["org.a", "org.b"]) == {"org.a"}
        assert (await store.apps("other", "", 10)).items == ((app("org.a"), BLUE),)

    async def test_pages_of_apps_follow_one_another(self, store: RegistryStore) -> None:
        expected = [f"org.{number:02}" for number in range(7)]
        await put(store, "owner", dict.fromkeys(reversed(expected), NO_KEYS))
        found, after, more = [], "", True
        while more:
            apps = await store.apps("owner", after, 3)
            found += [each.package_name for each, _keys in apps.items]
            after, more = found[-1], apps.more
        assert found == expected

    async def test_keys_are_replaced(self, store: RegistryStore) -> None:
        await put(store, "owner", {"org.a": RED | BLUE, "org.b": RED})
        async with store.change() as change:
            await change.replace_keys("owner", {"org.a": BLUE, "org.b": NO_KEYS})
        assert [keys for _app, keys in (await store.apps("owner", "", 10)).items] == [BLUE, NO_KEYS]

    async def test_a_new_app_admits_the_default_keys(self, store: RegistryStore) -> None:
        await put(store, "owner", {"org.a": RED})
        for keys in (RED, RED | BLUE):
            async with store.change() as change:
                await change.replace_default_keys("owner", keys)
        async with store.change() as change:
            await change.put_apps("owner", [app("org.a", 2), app("org.b")])
            await change.put_apps("other", [app("org.b")])
        assert [keys for _app, keys in (await store.apps("owner", "", 10)).items] == [RED, RED | BLUE]
        assert [keys for _app, keys in (await store.apps("other", "", 10)).items] == [NO_KEYS]
        assert (await store.default_keys("owner"), await store.default_keys("other")) == (RED | BLUE, NO_KEYS)

    async def test_admitted_keys_are_those_of_the_apps_named_or_of_all(self, store: RegistryStore) -> None:
        await put(store, "owner", {"org.a": RED, "org.b": BLUE, "org.c": NO_KEYS})
        await put(store, "other", {"org.c": RED})
        async with store.change() as change:
            assert await change.admitted_keys("owner", []) == RED | BLUE
            assert await change.admitted_keys("owner", ["org.b", "org.c"]) == BLUE
            assert await change.admitted_keys("owner", ["org.c"]) == NO_KEYS


class TestShares:
    async def test_keys_open_the_apps_of_the_owner_that_they_are_for(self, store: RegistryStore) -> None:
        await put(store, "one", {"org.a": RED, "org.b": BLUE, "org.c": NO_KEYS})
        await put(store, "two", {"org.d": RED, "org.e": BLUE})
        await put(store, "unasked", {"org.f": RED})
        keyring = {"two": RED, "one": BLUE, "unknown": RED, "none": NO_KEYS}
        shares = await store.shares(keyring, ("", ""), 10)
        assert shares == Page((Share("one", app("org.b")), Share("two", app("org.d"))), more=False)
        assert (await store.shares({}, ("", ""), 10)).items == ()

    async def test_pages_of_shares_follow_one_another_over_owners(self, store: RegistryStore) -> None:
        owners = [f"owner-{number}" for number in range(4)]
        for owner_id in owners:
            await put(store, owner_id, {f"org.{number}": RED for number in range(3)} | {"org.hidden": BLUE})
        found, after, more = [], ("", ""), True
        while more:
            shares = await store.shares(dict.fromkeys(reversed(owners), RED), after, 5)
            found += [(share.owner_id, share.app.package_name) for share in shares.items]
            after, more = found[-1], shares.more
        assert found == [(owner_id, f"org.{number}") for owner_id in owners for number in range(3)]

    async def test_the_newest_share_has_the_highest_version_code(self, store: RegistryStore) -> None:
        for owner_id, version_code in (("one", 2**40), ("two", 2**41), ("three", 2**41), ("closed", 2**42)):
            async with store.change() as change:
                await change.put_apps(owner_id, [app("org.a", version_code), app("org.b", 2**50)])
                await change.replace_keys(owner_id, {"org.a": BLUE if owner_id == "closed" else RED, "org.b": RED})
        keyring = dict.fromkeys(["one", "two", "three", "closed"], RED)
        assert await store.newest_share(keyring, "org.a") == Share("three", app("org.a", 2**41))
        assert await store.newest_share({"closed": RED}, "org.a") is None

    async def test_owners_sharing_an_app_are_those_whose_keys_open_it(self, store: RegistryStore) -> None:
        await put(store, "one", {"org.a": RED, "org.b": RED})
        await put(store, "two", {"org.a": BLUE})
        await put(store, "three", {"org.b": RED})
        async with store.change() as change:
            assert await change.owners_sharing(dict.fromkeys(["one", "two", "three"], RED), "org.a") == {"one"}

    async def test_a_digest_tells_lists_apart_and_nothing_else(self, store: RegistryStore) -> None:
        await put(store, "one", {"org.a": RED, "org.b": BLUE})
        await put(store, "two", {"org.a": RED})
        both = {"two": RED, "one": RED}
        before = await store.shares_digest(both)
        assert before == await store.shares_digest({"one": RED, "two": RED})
        assert before != await store.shares_digest({"one": RED})
        assert before != await store.shares_digest({"one": RED | BLUE, "two": RED})
        await put(store, "one", {"org.a": BLUE, "org.c": NO_KEYS})  # another key opens the same
        assert await store.shares_digest({"one": BLUE, "two": RED}) == await store.shares_digest(
            {"one": RED | BLUE, "two": RED}
        )
        assert await store.shares_digest({"one": RED}) == await store.shares_digest({}) == b""

    @pytest.mark.parametrize("apps", [2, 100])
    async def test_owners_of_whom_nothing_is_open_change_no_digest(self, store: RegistryStore, apps: int) -> None:
        await put(store, "owner-050", {f"org.{number}": RED for number in range(apps)})
        await put(store, "owner-150", {"org.a": RED})
        shown = {"owner-050": RED, "owner-150": RED}
        hidden = {f"owner-{number:03}": RED for number in range(250)} | shown
        assert await store.shares_digest(shown) == await store.shares_digest(hidden) != b""

    async def test_names_come_once_in_order_over_many_owners(self, store: RegistryStore) -> None:
        owners = [f"owner-{number:03}" for number in range(250)]
        for number, owner_id in enumerate(owners):
            await put(store, owner_id, {f"org.{number % 7}": RED, "org.all": RED, "org.hidden": BLUE})
        keyring = dict.fromkeys(owners, RED)
        every = [(f"org.{number}", "ios") for number in range(7)] + [("org.all", "ios")]
        assert await store.shared_names(keyring, "", ("", ""), 100) == every
        assert await store.shared_names(keyring, "", ("org.2", "android"), 2) == every[2:4]
        assert await store.shared_names(keyring, "", ("org.2", "ios"), 2) == every[3:5]
        assert await store.shared_names(keyring, "org.a", ("", ""), 10) == every[-1:]
        assert await store.shared_names(keyring, "label", ("org.5", "ios"), 10) == every[-2:]

    async def test_a_search_finds_names_that_hold_all_words_and_those_that_are_named(
        self, store: RegistryStore
    ) -> None:
        owners = [f"owner-{number:03}" for number in range(250)]
        for number, owner_id in enumerate(owners):
            await put(store, owner_id, {f"org.{number % 3}.mail": RED, "org.maps": RED, "org.secret.mail": BLUE})
        keyring = dict.fromkeys(owners, RED)
        mails = [f"org.{number}.mail" for number in range(3)]
        assert await store.found_names(keyring, NameSearch(("mail", "label")), 10) == mails
        assert await store.found_names(keyring, NameSearch(("mail", "other")), 10) == []
        assert await store.found_names(keyring, NameSearch(("mail",)), 2) == mails[:2]
        between = NameSearch(("mail",), after="org.0.mail", last="org.1.mail")
        assert await store.found_names(keyring, between, 10) == mails[1:2]
        named = NameSearch(("1.mail",), frozenset({"org.maps", "org.secret.mail", "org.unknown"}))
        assert await store.found_names(keyring, named, 10) == ["org.1.mail", "org.maps"]

    async def test_shares_with_the_names_come_by_owner(self, store: RegistryStore) -> None:
        owners = [f"owner-{number:03}" for number in range(250)]
        for owner_id in owners:
            await put(store, owner_id, {"org.a": RED, "org.b": RED, "org.c": BLUE, "org.d": RED})
        shares = [each async for each in store.shares_named(dict.fromkeys(owners, RED), ["org.d", "org.a", "org.c"])]
        assert [share.owner_id for share in shares] == sorted(owners * 2)
        assert {share.app.package_name for share in shares} == {"org.a", "org.d"}
        assert [each async for each in store.shares_named(dict.fromkeys(owners, RED), [])] == []

    async def test_names_that_the_keys_open_are_told_from_the_others(self, store: RegistryStore) -> None:
        owners = [f"owner-{number:03}" for number in range(250)]
        for owner_id in owners:
            await put(store, owner_id, {f"org.{owner_id}": RED, "org.all": RED, "org.hidden": BLUE, "org.more": RED})
        keyring = dict.fromkeys(owners, RED)
        wanted = ["org.hidden", "org.owner-007", "org.all", "org.none", "org.owner-249"]
        assert await store.opened_names(keyring, wanted) == {"org.owner-007", "org.all", "org.owner-249"}
        assert await store.opened_names({"owner-001": RED | BLUE}, wanted) == {"org.all", "org.hidden"}
        assert await store.opened_names(keyring, []) == await store.opened_names({}, wanted) == frozenset()


class TestPushes:
    async def test_a_preference_is_what_was_said_last(self, store: RegistryStore) -> None:
        assert await store.push_preference("viewer") is None
        selected = PushPreference(PushPolicy.SELECTED, frozenset({"one", "two"}), muted=frozenset({"three"}))
        for preference in (selected, PushPreference(PushPolicy.FRIENDS), selected, PushPreference(PushPolicy.OFF)):
            async with store.change() as change:
                await change.replace_push_preference("viewer", preference)
            assert await store.push_preference("viewer") == preference

    async def test_stances_tell_whether_the_sender_is_named(self, store: RegistryStore) -> None:
        async with store.change() as change:
            await change.replace_push_preference("one", PushPreference(PushPolicy.SELECTED, frozenset({"owner"})))
            await change.replace_push_preference("two", PushPreference(PushPolicy.SELECTED, frozenset({"other"})))
            await change.replace_push_preference("three", PushPreference(PushPolicy.FRIENDS))
            await change.replace_push_preference("unasked", PushPreference(PushPolicy.FRIENDS))
            muting = PushPreference(PushPolicy.FRIENDS, muted=frozenset({"owner", "other"}))
            await change.replace_push_preference("muting", muting)
            assert await change.push_stances("owner", ["one", "two", "three", "muting", "silent"]) == {
                "one": PushStance(PushPolicy.SELECTED, names_sender=True, mutes_sender=False),
                "two": PushStance(PushPolicy.SELECTED, names_sender=False, mutes_sender=False),
                "three": PushStance(PushPolicy.FRIENDS, names_sender=False, mutes_sender=False),
                "muting": PushStance(PushPolicy.FRIENDS, names_sender=False, mutes_sender=True),
            }

    async def test_a_quota_is_what_was_counted_last(self, store: RegistryStore) -> None:
        async with store.change() as change:
            assert await change.push_quota("owner") is None
        for quota in (PushQuota(1.5, 3), PushQuota(2.5, 1)):
            async with store.change() as change:
                await change.replace_push_quota("owner", quota)
                assert await change.push_quota("owner") == quota
                assert await change.push_quota("other") is None

    async def test_receipts_belong_to_a_sender_until_they_are_forgotten(self, store: RegistryStore) -> None:
        old = PushReceipt("push", b"\x00\xff", frozenset({"one", "two"}))
        new = PushReceipt("", b"", frozenset())
        async with store.change() as change:
            await change.add_push_receipt("owner", "r", old, now=100.0)
            await change.add_push_receipt("owner", "s", new, now=200.0)
        async with store.change() as change:
            assert await change.push_receipt("owner", "r") == old
            assert await change.push_receipt("other", "r") is None
            await change.forget_push_receipts(before=200.0)
            assert await change.push_receipt("owner", "r") is None
            assert await change.push_receipt("owner", "s") == new


class TestInboxes:
    async def test_each_inbox_counts_its_own_positions(self, store: RegistryStore) -> None:
        await put(store, "owner", {"org.a": RED})
        await push(store, "org.a")
        await push(store, to={"viewer": LIKELY, "other": LIKELY}, note="hi", now=2.5)
        async with store.change() as change:
            assert await change.head("viewer") == 2
        assert (await store.head("viewer"), await store.head("other"), await store.head("none")) == (2, 1, 0)
        assert await page(store) == InboxPage(
            (pushed(1, "org.a"), pushed(2, "org.a", note="hi", create_time=2.5)), through=2, more=False, head=2
        )

    async def test_keys_open_by_the_level_of_the_event(self, store: RegistryStore) -> None:
        await put(store, "owner", {"org.a": RED, "org.b": BLUE, "org.c": NO_KEYS})
        await push(store, "org.a", "org.b", "org.c", to={"viewer": LIKELY})
        await push(store, to={"viewer": CONFIRMED})
        assert (await page(store)).events == (pushed(1, "org.a"), pushed(2, "org.b"))

    async def test_an_event_holds_the_apps_named_that_the_keys_open(self, store: RegistryStore) -> None:
        await put(store, "owner", {"org.a": RED, "org.b": RED, "org.c": BLUE})
        await put(store, "other", {"org.a": RED})
        await push(store, "org.b", "org.c", "org.gone")
        assert (await page(store)).events == (pushed(1, "org.b"),)

    async def test_events_without_a_share_are_passed_over(self, store: RegistryStore) -> None:
        await put(store, "owner", {"org.a": RED, "org.b": BLUE})
        for apps in (["org.b"], ["org.a"], ["org.b", "org.c"]):
            await push(store, *apps)
        found = await page(store)
        assert ([event.position for event in found.events], found.through, found.more) == ([2], 3, False)
        found = await page(store, limit=1)
        assert (found.events, found.through, found.more) == ((), 1, True)

    async def test_a_page_ends_before_it_has_too_many_shares(self, store: RegistryStore) -> None:
        for note in "abc":
            await put(store, note, {f"org.{number}": RED for number in range(3)})
            await push(store, sender_id=note)
        for share_limit, expected in ((9, "abc"), (8, "ab"), (6, "ab"), (5, "a"), (3, "a"), (1, "a")):
            found = await page(store, share_limit=share_limit)
            assert [len(event.content.shares) for event in found.events] == [3] * len(expected)
            assert (found.through, found.more) == (len(expected), expected != "abc")

    async def test_positions_are_never_given_twice(self, open_store: OpenStore) -> None:
        positions = []
        for _ in range(3):
            async with open_store() as opened:
                await put(opened, "owner", {"org.a": RED})
                await push(opened)
                positions += [event.position for event in (await page(opened)).events]
                async with opened.change() as change:
                    await change.remove_events("viewer", await change.head("viewer"))
                assert (await page(opened)).events == ()
        assert positions == [1, 2, 3]

    async def test_removed_events_are_those_of_one_inbox_up_to_a_position(self, store: RegistryStore) -> None:
        for sender_id in ("owner", "two", "three"):
            await put(store, sender_id, {"org.a": RED})
            await push(store, sender_id=sender_id, to={"viewer": LIKELY, "other": LIKELY})
        async with store.change() as change:
            await change.remove_events("other", 3)
            await change.remove_events("viewer", 2)
            await change.remove_events("unknown", 2)
        assert [event.position for event in (await page(store)).events] == [3]

    async def test_a_push_takes_the_place_of_one_of_the_same_apps(self, store: RegistryStore) -> None:
        for sender_id in ("owner", "other"):
            await put(store, sender_id, {"org.a": RED, "org.b": RED})
            for apps in ([], ["org.a"], ["org.a", "org.b"]):
                await push(store, *apps, sender_id=sender_id)
        await push(store, "org.b", "org.a")
        assert [event.position for event in (await page(store)).events] == [1, 2, 4, 5, 6, 7]

    async def test_beyond_the_limit_of_a_sender_its_oldest_push_goes(self, store: RegistryStore) -> None:
        limits = InboxLimits(events=100, per_sender=2)
        apps = {f"org.{number}": RED for number in range(4)}
        for sender_id in ("owner", "other"):
            await put(store, sender_id, apps)
            for name in apps:
                await push(store, name, sender_id=sender_id, to={"viewer": LIKELY}, limits=limits)
        found = await page(store)
        assert [(event.position, event.content.sender_id) for event in found.events] == [
            (3, "owner"),
            (4, "owner"),
            (7, "other"),
            (8, "other"),
        ]

    async def test_beyond_the_limit_of_an_inbox_the_oldest_events_leave_a_gap(self, store: RegistryStore) -> None:
        limits = InboxLimits(events=2, per_sender=9)
        await put(store, "owner", {f"org.{number}": RED for number in range(5)})
        for number in range(5):
            await push(store, f"org.{number}", to={"viewer": LIKELY, "other": LIKELY}, now=number, limits=limits)
        gap, *kept = (await page(store)).events
        assert gap == InboxEvent(3, 4.0, InboxGap(3))
        assert [event.position for event in kept] == [4, 5]
        assert [event.position for event in (await page(store, after=3)).events] == [4, 5]

    async def test_a_gap_counts_for_the_page(self, store: RegistryStore) -> None:
        limits = InboxLimits(events=2, per_sender=9)
        await put(store, "owner", {f"org.{number}": RED for number in range(3)})
        for number in range(3):
            await push(store, f"org.{number}", limits=limits)
        found, pages, after = [], 0, 0
        while (part := await page(store, after=after, limit=1)).events:
            found += [event.position for event in part.events]
            after, pages = part.through, pages + 1
        assert (found, pages) == ([1, 2, 3], 3)

    async def test_old_events_are_found_and_leave_a_gap(self, store: RegistryStore) -> None:
        await put(store, "owner", {f"org.{number}": RED for number in range(4)})
        for number, now in enumerate((10.0, 20.0, 15.0, 30.0)):
            await push(store, f"org.{number}", to={"viewer": LIKELY, "other": LIKELY}, now=now)
        assert await store.inboxes_with_events(10.0, "", 9) == []
        assert await store.inboxes_with_events(10.5, "", 9) == ["other", "viewer"]
        assert await store.inboxes_with_events(10.5, "", 1) == ["other"]
        assert await store.inboxes_with_events(10.5, "other", 9) == ["viewer"]
        async with store.change() as change:
            await change.trim_inboxes(["viewer", "unknown"], before=16.0, now=99.0)
        # The event from 15 stands behind a young one.
        gap, *kept = (await page(store)).events
        assert gap == InboxEvent(1, 99.0, InboxGap(1))
        assert [event.position for event in kept] == [2, 3, 4]
        async with store.change() as change:
            await change.trim_inboxes(["viewer"], before=1e9, now=100.0)
            await change.trim_inboxes(["viewer"], before=1e9, now=101.0)
        assert (await page(store)).events == (InboxEvent(4, 100.0, InboxGap(4)),)
        async with store.change() as change:
            await change.remove_events("viewer", 4)
        assert (await page(store)).events == ()
        assert await store.inboxes_with_events(10.5, "", 9) == ["other"]

    async def test_what_waits_is_counted_over_all_inboxes(self, store: RegistryStore) -> None:
        assert await store.waiting_events() == WaitingEvents(0, None)
        await put(store, "owner", {"org.a": RED, "org.b": RED})
        await push(store, "org.a", to={"viewer": LIKELY, "other": LIKELY}, now=20.0)
        await push(store, "org.b", to={"viewer": LIKELY}, now=10.0)
        assert await store.waiting_events() == WaitingEvents(3, 10.0)
        await measure(store, lambda: 25.0)
        gauges = ("appshare_inbox_events", "appshare_inbox_oldest_seconds")
        assert [REGISTRY.get_sample_value(gauge) for gauge in gauges] == [3, 15]
        async with store.change() as change:
            for device_id in ("viewer", "other"):
                await change.remove_events(device_id, 9)
        await measure(store, lambda: 25.0)
        assert [REGISTRY.get_sample_value(gauge) for gauge in gauges] == [0, 0]

    async def test_a_push_is_removed_by_its_sender_and_its_id(self, store: RegistryStore) -> None:
        await put(store, "owner", {"org.a": RED, "org.b": RED})
        both = {"viewer": LIKELY, "other": LIKELY}
        async with store.change() as change:
            await change.add_push("first", Push("owner", frozenset({"org.a"}), ""), both, 1.5, ROOMY)
            await change.add_push("second", Push("owner", frozenset({"org.b"}), ""), both, 1.5, ROOMY)
        async with store.change() as change:
            await change.remove_push("other", "first")
            await change.remove_push("owner", "unknown")
        assert len((await page(store)).events) == 2
        async with store.change() as change:
            await change.remove_push("owner", "first")
        assert (await page(store)).events == (pushed(2, "org.b"),)

    async def test_an_install_is_told_once_per_version(self, store: RegistryStore) -> None:
        await put(store, "owner", {"org.a": RED})
        await put(store, "other", {"org.a": RED})

        async def install(version_code: int, *owner_ids: str) -> frozenset[str]:
            async with store.change() as change:
                return await change.add_install(owner_ids, Install("viewer", "org.a", version_code), 1.5, ROOMY)

        assert await install(2, "owner") == {"owner"}
        assert await install(2, "owner", "other") == {"other"}
        assert await install(1, "owner") == frozenset()
        assert await install(3, "owner") == {"owner"}
        found = await store.inbox_page("owner", {}, 0, 10, 10)
        assert found.events == (InboxEvent(2, 1.5, Install("viewer", "org.a", 3)),)
        # An app that has gone and come back is another one.
        async with store.change() as change:
            await change.drop_apps("owner", ["org.a"])
        await put(store, "owner", {"org.a": RED})
        assert await install(3, "owner") == {"owner"}


class TestDeletion:
    @staticmethod
    async def fill(store: RegistryStore) -> None:
        """Puts `gone-1` and `gone-2` wherever a device can stand, and `stays` beside them."""
        for device_id in ("gone-1", "gone-2", "stays"):
            await put(store, device_id, {"org.a": RED | NAMES, "org.b": BLUE})
        everyone = dict.fromkeys(("gone-1", "gone-2", "stays"), LIKELY)
        named = frozenset(everyone)
        for device_id in everyone:
            async with store.change() as change:
                await change.replace_default_keys(device_id, RED | NAMES)
                await change.replace_push_preference(device_id, PushPreference(PushPolicy.SELECTED, named, named))
                await change.replace_push_quota(device_id, PushQuota(1.5, 1))
                await change.add_push(f"push of {device_id}", Push(device_id, frozenset(), ""), everyone, 1.5, ROOMY)
                await change.add_push_receipt(device_id, "r", PushReceipt("p", b"", frozenset(everyone)), 1.5)
                await change.add_install(everyone, Install(device_id, "org.a", 1), 1.5, ROOMY)

    async def test_everything_of_the_devices_is_gone_and_counted(self, store: RegistryStore) -> None:
        await self.fill(store)
        assert await store.delete_devices(["gone-1", "gone-2"], NAMES) == Deletion(
            apps=4,
            inbox_events=12,
            events_sent=4,
            # A preference and a default audience each; a place of each in two lists, an app and a default audience.
            settings=2 * 2 + 2 * 4,
        )
        for device_id in ("gone-1", "gone-2"):
            assert (await store.apps(device_id, "", 10)).items == ()
            assert await store.push_preference(device_id) is None
            assert await store.default_keys(device_id) == NO_KEYS
            assert await store.head(device_id) == 0
            async with store.change() as change:
                assert await change.push_quota(device_id) is None
                assert await change.push_receipt(device_id, "r") is None

    async def test_what_others_have_stays(self, store: RegistryStore) -> None:
        await self.fill(store)
        await store.delete_devices(["gone-1", "gone-2"], NAMES)
        stays = frozenset({"stays"})
        assert await store.push_preference("stays") == PushPreference(PushPolicy.SELECTED, stays, stays)
        assert [keys for _app, keys in (await store.apps("stays", "", 10)).items] == [RED, BLUE]
        assert await store.default_keys("stays") == RED
        found = await store.inbox_page("stays", {LIKELY: RED}, 0, 10, 10)
        assert [type(event.content) for event in found.events] == [SharesPushed, Install]
        async with store.change() as change:
            assert await change.push_receipt("stays", "r") == PushReceipt("p", b"", stays)
            assert await change.push_quota("stays") == PushQuota(1.5, 1)

    async def test_deleting_again_deletes_nothing(self, store: RegistryStore) -> None:
        await self.fill(store)
        await store.delete_devices(["gone-1", "gone-2"], NAMES)
        assert await store.delete_devices(["gone-1", "gone-2", "unknown"], NAMES) == Deletion(0, 0, 0, 0)


class TestDurability:
    async def test_nothing_is_lost_over_a_restart(self, open_store: OpenStore) -> None:
        preference = PushPreference(PushPolicy.SELECTED, frozenset({"owner"}))
        receipt = PushReceipt("push", b"digest", frozenset({"viewer"}))
        async with open_store() as opened:
            await put(opened, "owner", {"org.a": RED, "org.b": NO_KEYS})
            await push(opened, "org.a", note="hi")
            async with opened.change() as change:
                await change.replace_push_preference("viewer", preference)
                await change.add_push_receipt("owner", "r", receipt, now=1.0)
            before = await page(opened)
        async with open_store() as opened:
            assert (await opened.apps("owner", "", 10)).items == ((app("org.a"), RED), (app("org.b"), NO_KEYS))
            assert await page(opened) == before
            assert len(before.events) == 1
            assert await opened.push_preference("viewer") == preference
            async with opened.change() as change:
                assert await change.push_receipt("owner", "r") == receipt

    async def test_a_change_that_fails_leaves_nothing(self, store: RegistryStore) -> None:
        await put(store, "owner", {"org.a": RED})

        async def fail() -> None:
            async with store.change() as change:
                await change.drop_other_apps("owner", [])
                await change.put_apps("owner", [app("org.b")])
                await change.add_push("push", Push("owner", frozenset(), ""), VIEWER, 1.5, InboxLimits(9, 9))
                await change.replace_push_preference("viewer", PushPreference(PushPolicy.FRIENDS))
                raise LookupError

        with pytest.raises(LookupError):
            await fail()
        assert (await store.apps("owner", "", 10)).items == ((app("org.a"), RED),)
        assert await store.head("viewer") == 0
        assert await store.push_preference("viewer") is None

    async def test_a_change_that_is_cancelled_leaves_nothing_half_done(self, store: RegistryStore) -> None:
        async def change_twice(device_id: str) -> None:
            async with store.change() as change:
                await change.put_apps(device_id, [app("org.a")])
                await change.put_apps(device_id, [app("org.b")])

        for turns in range(20):
            changing = asyncio.ensure_future(change_twice(f"owner-{turns}"))
            for _ in range(turns):
                await asyncio.sleep(0)
            changing.cancel()
            await asyncio.wait([changing])
            assert len((await store.apps(f"owner-{turns}", "", 10)).items) in {0, 2}
        await change_twice("last")
        assert len((await store.apps("last", "", 10)).items) == 2

    async def test_nobody_sees_a_change_before_it_ends(self, store: RegistryStore) -> None:
        await put(store, "owner", {"org.a": RED})
        async with store.change() as change:
            await change.replace_keys("owner", {"org.a": BLUE})
            assert names(await store.shares({"owner": RED}, ("", ""), 10)) == ["org.a"]
        assert names(await store.shares({"owner": RED}, ("", ""), 10)) == []

    async def test_pushes_at_the_same_time_get_different_positions(self, store: RegistryStore) -> None:
        senders = [f"sender-{number}" for number in range(30)]
        for sender_id in senders:
            await put(store, sender_id, {"org.a": RED})
        await asyncio.gather(*(push(store, sender_id=sender_id) for sender_id in senders))
        events = (await page(store)).events
        assert [event.position for event in events] == list(range(1, 31))
        assert {event.content.sender_id for event in events} == set(senders)

    async def test_changes_at_the_same_time_follow_one_another(self, store: RegistryStore) -> None:
        async def add_one(number: int) -> int:
            async with store.change("owner") as change:
                await change.put_apps("owner", [app(f"org.{number}")])
                return await change.count_apps("owner")

        counts = sorted(await asyncio.gather(*map(add_one, range(20))))
        assert all(later == earlier + 1 for earlier, later in pairwise(counts))


@pytest.mark.parametrize(
    ("during", "afterwards"),
    [
        # 1 page is less than there is: SQLite takes the size that the file has.
        ("max_page_count = 1", "max_page_count = 1000000"),
        ("query_only = ON", "query_only = OFF"),
    ],
)
async def test_sqlite_on_a_disk_in_trouble_is_unavailable_until_it_is_over(
    tmp_path: Path, during: str, afterwards: str
) -> None:
    many = {f"org.{number}": RED for number in range(500)}
    async with open_database(tmp_path / "share_registry.db", MIGRATIONS) as database:
        store = SqliteRegistryStore(database)
        await put(store, "owner", {"org.a": RED})
        await database._writer.execute_fetchall(f"PRAGMA {during}")
        with pytest.raises(errors.UnavailableError) as failed:
            await put(store, "owner", many)
        assert failed.value.reason is errors.Reason.STORAGE_UNAVAILABLE
        assert names(await store.shares({"owner": RED}, ("", ""), 1000)) == ["org.a"]
        await database._writer.execute_fetchall(f"PRAGMA {afterwards}")
        await put(store, "owner", many)
        assert len((await store.shares({"owner": RED}, ("", ""), 1000)).items) == 501


async def test_sqlite_leaves_nothing_of_deleted_devices_in_its_files(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path) as store:
        await TestDeletion.fill(store)
        assert any(b"gone-1" in file.read_bytes() for file in tmp_path.iterdir())
        await store.delete_devices(["gone-1", "gone-2"], NAMES)
        for file in tmp_path.iterdir():
            assert b"gone-" not in file.read_bytes()
        assert any(b"stays" in file.read_bytes() for file in tmp_path.iterdir())


async def test_postgresql_leaves_no_row_of_deleted_devices(postgresql: PostgresqlServer) -> None:
    async with emptied_schema(postgresql, SCHEMA, POSTGRESQL_MIGRATIONS) as database:
        store = PostgresqlRegistryStore(database)
        await TestDeletion.fill(store)
        assert len(await rows_with(database, "gone-1")) > len(await rows_with(database, "nobody")) == 0
        await store.delete_devices(["gone-1", "gone-2"], NAMES)
        assert await rows_with(database, "gone-") == []
        assert await rows_with(database, "stays")


async def test_postgresql_keeps_a_push_as_long_as_an_inbox_has_it(postgresql: PostgresqlServer) -> None:
    async with emptied_schema(postgresql, SCHEMA, POSTGRESQL_MIGRATIONS) as database:
        store = PostgresqlRegistryStore(database)
        recipients = {f"viewer-{number}": LIKELY for number in range(8)}
        await push(store, "org.a", to=recipients)

        async def acknowledge(device_id: str) -> None:
            async with store.change() as change:
                await change.remove_events(device_id, 1)

        await acknowledge("viewer-0")
        assert len(await database.read("SELECT FROM pushes")) == 1
        # The last ones at once: none of them sees what the others remove.
        await asyncio.gather(*map(acknowledge, recipients))
        assert await database.read("SELECT FROM pushes") == []


async def test_sqlite_keeps_a_push_as_long_as_an_inbox_has_it(tmp_path: Path) -> None:
    async with open_database(tmp_path / "share_registry.db", MIGRATIONS) as database:
        store = SqliteRegistryStore(database)
        await push(store, "org.a", to={"one": LIKELY, "two": LIKELY})
        kept = []
        for device_id in ("one", "two"):
            async with store.change() as change:
                await change.remove_events(device_id, 1)
            kept.append(len(await database.read("SELECT package_name FROM pushes JOIN push_apps USING (push)")))
        assert kept == [1, 0]


async def test_sqlite_takes_over_what_an_earlier_version_has_stored(tmp_path: Path) -> None:
    earlier = tmp_path / "migrations"
    earlier.mkdir()
    (earlier / "0001_initial.sql").write_text((MIGRATIONS / "0001_initial.sql").read_text(encoding="utf-8"))
    async with open_database(tmp_path / "share_registry.db", earlier) as database, database.transaction() as writing:
        await writing.write(
            "INSERT INTO apps VALUES ('owner', 'org.a', 'ios', 'Label ☕', '1.0', 1, ?, ?)", ["a" * 64, "b" * 64]
        )
        await writing.write("INSERT INTO app_keys VALUES ('owner', 'org.a', 'device:viewer')")
        await writing.write("INSERT INTO pushes VALUES (7, 'owner', 'named', 0, 1.5), (8, 'owner', 'all', 1, 2.5)")
        await writing.write("INSERT INTO push_apps VALUES (7, 'org.a')")
        await writing.write("INSERT INTO inboxes VALUES ('viewer', 9)")
        await writing.write("INSERT INTO inbox_events VALUES ('viewer', 3, 7, 1), ('viewer', 9, 8, 1)")
        await writing.write("INSERT INTO push_receipts VALUES ('owner', 'r', x'00ff', '[\"viewer\"]', 1.5)")
    async with open_database(tmp_path / "share_registry.db", MIGRATIONS) as database:
        store = SqliteRegistryStore(database)
        named = frozenset({Key("device:viewer")})
        assert (await store.apps("owner", "", 9)).items == ((app("org.a"), named | {Key("selected")}),)
        assert await store.shared_names({"owner": named}, "label", ("", ""), 9) == [("org.a", "ios")]
        found = await store.inbox_page("viewer", {LIKELY: named}, 0, 9, 9)
        assert found.events == (pushed(3, "org.a", note="named"), pushed(9, "org.a", note="all", create_time=2.5))
        async with store.change() as change:
            receipt = await change.push_receipt("owner", "r")
            assert receipt
            assert (receipt.digest, receipt.accepted) == (b"\x00\xff", {"viewer"})
            assert await change.head("viewer") == 9
