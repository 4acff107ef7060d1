"""What every store of RelationRadar does; a new store is one more parameter of `open_store`."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from tests.support.radar_stores import OpenRadarStores, RadarStores, opener
from tests.unit.relation_radar.doubles import FakeClock, RecordingSender

from appshare import errors
from appshare.relation_radar.friendship import FriendshipRule, common_numbers
from appshare.relation_radar.limits import RadarLimits
from appshare.relation_radar.model import (
    Book,
    BookEntry,
    Contact,
    ContactQuota,
    Deletion,
    Device,
    DeviceLimit,
    RegisteredDevice,
    Registration,
    Session,
)
from appshare.relation_radar.numbers import NumberKeys
from appshare.relation_radar.radar import Radar
from appshare.relation_radar.registration import Registrar, RegistrationLimits
from appshare.relation_radar.store import RadarStore
from appshare.relation_radar.stores import sqlite_postings

NOW = 1_800_000_000.0
HOUR = 3600.0
LOWEST, HIGHEST = -(2**63), 2**63 - 1
LEFT_IN_PAGES = "PostgreSQL overwrites what was deleted when it needs the place"
ANN, BOB, CARL, DORA, EVE = 11, 12, 13, 14, 15
PLENTY = 1000


@pytest.fixture(
    params=["sqlite", "sqlite, postings moved on by every other sync", "sqlite, by every sync", "postgresql"]
)
def open_store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenRadarStores:
    """Opens the same store again and again, as a process does that is started anew."""
    slices = {"sqlite, postings moved on by every other sync": 2, "sqlite, by every sync": 1}.get(request.param)
    if slices:
        monkeypatch.setattr(sqlite_postings, "_SLICES", slices)
    return opener(request, tmp_path, request.param)


@pytest.fixture
async def opened(open_store: OpenRadarStores) -> AsyncIterator[RadarStores]:
    async with open_store() as opened:
        yield opened


@pytest.fixture
def store(opened: RadarStores) -> RadarStore:
    return opened.radar


@asynccontextmanager
async def full_disk(opened: RadarStores) -> AsyncIterator[None]:
    # Less than there is: SQLite takes the size that the file has.
    await opened.database._writer.execute_fetchall("PRAGMA max_page_count = 1")
    yield
    await opened.database._writer.execute_fetchall("PRAGMA max_page_count = 1000000")


def registration(registration_id: str = "r1", number_key: int = ANN, expire_time: float = NOW + 600) -> Registration:
    return Registration(registration_id, number_key, "CN", b"code digest", 0, expire_time)


def session(device_id: str, session_id: str = "s1", digest: bytes = b"token 1") -> Session:
    return Session(session_id, device_id, digest, None, NOW)


def entries(*numbers: int | Sequence[int]) -> list[BookEntry]:
    """A book as stored: contacts with ids from 1, each its number or its numbers."""
    return [
        BookEntry(contact_id, number)
        for contact_id, each in enumerate(numbers, start=1)
        for number in ((each,) if isinstance(each, int) else each)
    ]


async def add_device(store: RadarStore, device_id: str, number_key: int, *numbers: int | Sequence[int]) -> Device:
    """Registers a device, with a book when there are numbers for one."""
    started = registration(f"registration of {device_id}", number_key)
    await store.add_registration(started, None, NOW, PLENTY)
    assert await store.complete_registration(started, device_id, session(device_id, f"session of {device_id}"))
    device = await found(store, device_id)
    if numbers:
        await store.replace_book(device, entries(*numbers), PLENTY)
    return await found(store, device_id)


async def found(store: RadarStore, device_id: str) -> Device:
    device = await store.find_device(device_id)
    assert device is not None
    return device


def ids(devices: Sequence[Device]) -> list[str]:
    return [device.device_id for device in devices]


def stored_forms(number: int) -> list[bytes]:
    """A number of 64 bits as SQLite or a packed book can have it in a file, also as a row id of 9 bytes."""
    row_id = bytes((number >> shift) & 0x7F | 0x80 for shift in range(57, 7, -7)) + bytes([number & 0xFF])
    return [number.to_bytes(8, "little"), number.to_bytes(8, "big"), row_id]


class TestRegistrations:
    async def test_a_registration_comes_back_with_its_attempts(self, store: RadarStore) -> None:
        assert await store.add_registration(registration(), None, NOW, PLENTY) == registration()
        assert await store.count_attempt("r1") == replace(registration(), attempts=1)
        assert await store.count_attempt("r1") == replace(registration(), attempts=2)

    async def test_an_unknown_registration_has_no_attempts(self, store: RadarStore) -> None:
        assert await store.count_attempt("unknown") is None

    async def test_attempts_at_the_same_time_all_count(self, store: RadarStore) -> None:
        await store.add_registration(registration(), None, NOW, PLENTY)
        counted = await asyncio.gather(*(store.count_attempt("r1") for _ in range(10)))
        assert sorted(each.attempts for each in counted if each) == list(range(1, 11))

    async def test_the_same_request_gives_the_registration_that_it_started(self, store: RadarStore) -> None:
        first, again = registration("r1"), registration("r2")
        await store.add_registration(first, "request", NOW, PLENTY)
        assert await store.add_registration(again, "request", NOW + 1, PLENTY) == first
        assert await store.count_attempt("r2") is None

    async def test_the_same_request_at_the_same_time_starts_one(self, store: RadarStore) -> None:
        started = await asyncio.gather(
            *(store.add_registration(registration(f"r{index}"), "request", NOW, PLENTY) for index in range(5))
        )
        assert len({each.registration_id for each in started}) == 1

    async def test_a_request_id_is_one_numbers(self, store: RadarStore) -> None:
        await store.add_registration(registration("r1", ANN), "request", NOW, PLENTY)
        other = registration("r2", BOB)
        assert await store.add_registration(other, "request", NOW, PLENTY) == other

    async def test_without_a_request_id_each_is_another(self, store: RadarStore) -> None:
        await store.add_registration(registration("r1"), None, NOW, PLENTY)
        assert await store.add_registration(registration("r2"), None, NOW, PLENTY) == registration("r2")

    async def test_expired_registrations_are_forgotten_by_the_next_one(self, store: RadarStore) -> None:
        await store.add_registration(registration("r1", expire_time=NOW + 1), "request", NOW, PLENTY)
        await store.add_registration(registration("r2", expire_time=NOW + 2), None, NOW, PLENTY)
        await store.add_registration(registration("r3", BOB), None, NOW + 1, PLENTY)
        assert await store.count_attempt("r1") is None
        assert await store.count_attempt("r2") is not None
        # Its request id is free again.
        assert await store.add_registration(registration("r4"), "request", NOW + 1, PLENTY) == registration("r4")

    async def test_a_number_has_so_many_in_an_hour(self, store: RadarStore) -> None:
        await store.add_registration(registration("r1"), None, NOW, 2)
        await store.add_registration(registration("r2"), None, NOW + 100, 2)
        with pytest.raises(errors.ResourceExhaustedError) as caught:
            await store.add_registration(registration("r3"), "request", NOW + 200, 2)
        assert caught.value.reason is errors.Reason.LIMIT_EXCEEDED
        assert caught.value.retry_after == timedelta(seconds=3400)
        assert await store.count_attempt("r3") is None
        await store.add_registration(registration("r4", BOB), None, NOW + 200, 2)
        await store.add_registration(registration("r5"), None, NOW + HOUR, 2)

    async def test_expired_and_completed_registrations_count_for_the_hour(self, store: RadarStore) -> None:
        await store.add_registration(registration("r1", expire_time=NOW + 1), None, NOW, 2)
        await store.add_registration(registration("r2"), None, NOW, 2)
        await store.complete_registration(registration("r2"), "d1", session("d1"))
        with pytest.raises(errors.ResourceExhaustedError):
            await store.add_registration(registration("r3"), None, NOW + 60, 2)

    async def test_a_repeated_request_is_answered_also_when_the_hour_is_full(self, store: RadarStore) -> None:
        await store.add_registration(registration("r1"), "request", NOW, 1)
        assert await store.add_registration(registration("r2"), "request", NOW, 1) == registration("r1")

    async def test_the_hour_holds_also_at_the_same_time(self, store: RadarStore) -> None:
        results = await asyncio.gather(
            *(store.add_registration(registration(f"r{index}"), None, NOW, 3) for index in range(6)),
            return_exceptions=True,
        )
        assert sum(isinstance(result, errors.ResourceExhaustedError) for result in results) == 3

    async def test_a_withdrawn_registration_is_gone_and_counts_for_the_hour(self, store: RadarStore) -> None:
        await store.add_registration(registration("r1"), "request", NOW, 2)
        await store.withdraw_registration("r1")
        assert await store.count_attempt("r1") is None
        assert await store.add_registration(registration("r2"), "request", NOW, 2) == registration("r2")
        with pytest.raises(errors.ResourceExhaustedError):
            await store.add_registration(registration("r3"), None, NOW, 2)

    async def test_withdrawing_what_is_not_there_does_nothing(self, store: RadarStore) -> None:
        await store.withdraw_registration("unknown")

    async def test_completing_makes_a_device_and_its_session(self, store: RadarStore) -> None:
        started = registration(number_key=BOB)
        await store.add_registration(started, None, NOW, PLENTY)
        assert await store.complete_registration(started, "d1", session("d1")) == session("d1")
        device = await found(store, "d1")
        assert (device.number_key, device.region, device.book_version) == (BOB, "CN", 0)
        assert await store.find_session("s1") == session("d1")

    async def test_a_registration_is_completed_once(self, store: RadarStore) -> None:
        await store.add_registration(registration(), None, NOW, PLENTY)
        completed = await asyncio.gather(
            *(store.complete_registration(registration(), f"d{i}", session(f"d{i}", f"s{i}")) for i in range(3))
        )
        [device] = await store.devices_with_numbers([ANN])
        assert {each.device_id for each in completed if each} == {device.device_id}
        assert None not in completed

    async def test_an_unknown_registration_is_not_completed(self, store: RadarStore) -> None:
        assert not await store.complete_registration(registration("unknown"), "d1", session("d1"))
        assert await store.find_device("d1") is None
        assert await store.find_session("s1") is None


class TestSessions:
    @pytest.fixture(autouse=True)
    async def _device(self, store: RadarStore) -> None:
        await store.add_registration(registration(), None, NOW, PLENTY)
        await store.complete_registration(registration(), "d1", session("d1"))

    async def test_a_rotated_session_comes_back(self, store: RadarStore) -> None:
        rotated = Session("s1", "d1", b"token 2", b"token 1", NOW + 1)
        assert await store.update_session(rotated, b"token 1")
        assert await store.find_session("s1") == rotated

    async def test_a_session_is_rotated_from_the_digest_that_it_has(self, store: RadarStore) -> None:
        assert not await store.update_session(Session("s1", "d1", b"token 2", b"token 1", NOW + 1), b"token 0")
        assert await store.find_session("s1") == session("d1")

    async def test_of_two_rotations_at_the_same_time_one_wins(self, store: RadarStore) -> None:
        attempts = [Session("s1", "d1", digest, b"token 1", NOW) for digest in (b"token 2", b"token 3")]
        won = await asyncio.gather(*(store.update_session(each, b"token 1") for each in attempts))
        assert sorted(won) == [False, True]
        assert await store.find_session("s1") == attempts[won.index(True)]

    async def test_an_ended_session_is_gone(self, store: RadarStore) -> None:
        await store.end_session("s1")
        assert await store.find_session("s1") is None
        assert not await store.update_session(Session("s1", "d1", b"token 2", b"token 1", NOW), b"token 1")
        await store.end_session("s1")
        assert await store.find_device("d1") is not None

    async def test_an_unknown_session_is_none(self, store: RadarStore) -> None:
        assert await store.find_session("unknown") is None


class TestDevices:
    async def test_a_device_is_found_by_its_id(self, store: RadarStore) -> None:
        ann = await add_device(store, "ann", ANN)
        bob = await add_device(store, "bob", BOB)
        assert await store.find_device("ann") == ann
        assert ann.key != bob.key
        assert await store.find_device("Ann") is None

    async def test_devices_are_found_by_number_in_the_order_of_their_ids(self, store: RadarStore) -> None:
        for device_id, number in (("c", ANN), ("a", ANN), ("b", BOB), ("d", CARL)):
            await add_device(store, device_id, number)
        assert ids(await store.devices_with_numbers([BOB, ANN, DORA])) == ["a", "b", "c"]
        assert await store.devices_with_numbers([]) == []

    async def test_numbers_may_be_any_64_bits(self, store: RadarStore) -> None:
        ann = await add_device(store, "ann", LOWEST, HIGHEST, -1, 0)
        await add_device(store, "bob", HIGHEST, LOWEST)
        assert (await store.book(ann)).contacts.keys() == {HIGHEST, -1, 0}
        assert ids(await store.devices_with_numbers([LOWEST, HIGHEST])) == ["ann", "bob"]
        assert await store.hubs([LOWEST, HIGHEST, -1, 0], 0) == {LOWEST, HIGHEST, -1, 0}
        assert ids(await store.devices_listing(ann, PLENTY)) == ["bob"]
        assert ids(await store.devices_sharing(ann, 2, PLENTY, PLENTY)) == ["bob"]


class TestDevicesOfANumber:
    async def test_they_are_listed_the_newest_first(self, store: RadarStore) -> None:
        for index, (device_id, number) in enumerate((("b", ANN), ("c", ANN), ("x", BOB), ("a", ANN))):
            started = registration(device_id, number)
            await store.add_registration(started, None, NOW, PLENTY)
            await store.complete_registration(
                started, device_id, Session(f"session of {device_id}", device_id, b"1", None, NOW + index)
            )
        await store.update_session(Session("session of b", "b", b"2", b"1", NOW + 60), b"1")
        await store.end_session("session of c")
        assert await store.devices_of_number(ANN) == [
            RegisteredDevice("a", NOW + 3, NOW + 3),
            RegisteredDevice("c", NOW + 1, None),
            RegisteredDevice("b", NOW, NOW + 60),
        ]
        assert await store.devices_of_number(DORA) == []
        assert await store.count_devices() == (4, 2)

    async def test_nothing_is_counted_where_nothing_is(self, store: RadarStore) -> None:
        assert await store.count_devices() == (0, 0)

    async def test_a_number_has_so_many_devices_in_use(self, store: RadarStore) -> None:
        limit = DeviceLimit(at_most=1, in_use_since=NOW)
        for index in range(3):
            await store.add_registration(registration(f"r{index}"), None, NOW, PLENTY)
        assert await store.complete_registration(registration("r0"), "d0", session("d0", "s0"), limit)  # not since NOW
        started = Session("s1", "d1", b"1", None, NOW + 1)
        assert await store.complete_registration(registration("r1"), "d1", started, limit)
        with pytest.raises(errors.ResourceExhaustedError) as caught:
            await store.complete_registration(registration("r2"), "d2", session("d2", "s2"), limit)
        assert caught.value.reason is errors.Reason.LIMIT_EXCEEDED
        assert await store.find_device("d2") is None
        # What was completed before is answered also by a number that is full.
        assert await store.complete_registration(registration("r1"), "d3", session("d3", "s3"), limit) == started

    async def test_the_limit_holds_also_at_the_same_time(self, store: RadarStore) -> None:
        limit = DeviceLimit(at_most=2, in_use_since=NOW - 1)
        for index in range(5):
            await store.add_registration(registration(f"r{index}"), None, NOW, PLENTY)
        results = await asyncio.gather(
            *(
                store.complete_registration(registration(f"r{i}"), f"d{i}", session(f"d{i}", f"s{i}"), limit)
                for i in range(5)
            ),
            return_exceptions=True,
        )
        assert sum(isinstance(result, errors.ResourceExhaustedError) for result in results) == 3


class TestPurge:
    async def test_a_device_goes_with_its_book_and_its_sessions(self, store: RadarStore) -> None:
        ann = await add_device(store, "ann", ANN, BOB, (CARL, DORA))
        bob = await add_device(store, "bob", BOB, ANN, CARL)
        purged = await store.purge_device(ann)
        # A registration that may be asked for again, and its code.
        assert purged == Deletion(devices=1, sessions=1, contacts=2, verifications=2)
        assert await store.find_device("ann") is None
        assert await store.find_session("session of ann") is None
        assert await store.devices_with_numbers([ANN]) == []
        assert await store.devices_listing(bob, PLENTY) == []
        assert await store.hubs([ANN, BOB, CARL, DORA], 0) == {ANN, CARL}
        assert await store.hubs([CARL], 1) == frozenset()
        assert (await store.book(bob)).contacts.keys() == {ANN, CARL}

    async def test_what_is_kept_of_a_number_goes_with_its_last_device(self, store: RadarStore) -> None:
        phone, tablet = [await add_device(store, name, ANN) for name in ("phone", "tablet")]
        await store.add_registration(registration("under way"), "request", NOW, PLENTY)
        await store.add_registration(registration("other", BOB), None, NOW, PLENTY)
        assert await store.purge_device(phone) == Deletion(devices=1, sessions=1)
        assert await store.count_attempt("under way") is not None
        assert await store.purge_device(tablet) == Deletion(devices=1, sessions=1, verifications=6)
        assert await store.count_attempt("under way") is None
        assert await store.count_attempt("other") is not None
        await store.add_registration(registration("again"), None, NOW, 1)  # no code counts for its hour

    async def test_a_device_is_deleted_once(self, store: RadarStore) -> None:
        ann = await add_device(store, "ann", ANN, BOB)
        results = await asyncio.gather(*(store.purge_device(ann) for _ in range(3)))
        assert [result.contacts for result in results if result] == [1]

    async def test_what_belongs_to_a_deleted_device_is_not_stored(self, store: RadarStore) -> None:
        ann = await add_device(store, "ann", ANN, BOB)
        await store.purge_device(ann)
        for change in (store.replace_book(ann, entries(CARL), PLENTY), store.change_book(ann, 1, [], [], PLENTY)):
            with pytest.raises(errors.NotFoundError) as caught:
                await change
            assert caught.value.reason is errors.Reason.DEVICE_NOT_FOUND
        assert await store.hubs([BOB, CARL], 0) == frozenset()
        assert not await store.update_session(session("ann", "session of ann"), b"token 1")

    async def test_a_device_that_comes_again_is_another(self, store: RadarStore) -> None:
        bob = await add_device(store, "bob", BOB, ANN)
        ann = await add_device(store, "ann", ANN, BOB)
        await store.purge_device(ann)
        again = await add_device(store, "ann again", ANN)
        assert again.key != ann.key
        assert (await store.book(again)).contacts == {}
        assert ids(await store.devices_listing(again, PLENTY)) == ["bob"]
        assert await store.devices_listing(bob, PLENTY) == []

    async def test_what_cannot_be_deleted_stays_whole(self, opened: RadarStores) -> None:
        store = opened.radar
        ann = await add_device(store, "ann", ANN, *range(100, 1100))
        async with opened.read_only():
            with pytest.raises(errors.UnavailableError):
                await store.purge_device(ann)
        assert len((await store.book(ann)).contacts) == 1000
        assert await store.purge_device(ann) is not None


class TestBooks:
    async def test_a_new_device_has_an_empty_book(self, store: RadarStore) -> None:
        ann = await add_device(store, "ann", ANN)
        assert await store.book(ann) == Book(ANN, {})
        assert await store.numbers_of_contact(ann, 1) == []

    async def test_a_book_comes_back(self, store: RadarStore) -> None:
        ann = await add_device(store, "ann", ANN)
        assert await store.replace_book(ann, entries(BOB, (CARL, DORA), CARL), PLENTY) == (1, 3)
        assert await store.book(ann) == Book(ANN, {BOB: frozenset({1}), CARL: frozenset({2, 3}), DORA: frozenset({2})})
        assert sorted(await store.numbers_of_contact(ann, 2)) == [CARL, DORA]
        assert (await found(store, "ann")).book_version == 1

    async def test_a_whole_book_takes_the_place_of_the_old_one(self, store: RadarStore) -> None:
        ann = await add_device(store, "ann", ANN, BOB, CARL)
        assert await store.replace_book(ann, entries(DORA), PLENTY) == (2, 1)
        assert (await store.book(ann)).contacts == {DORA: frozenset({1})}

    async def test_a_number_that_a_contact_has_twice_is_there_once(self, store: RadarStore) -> None:
        ann = await add_device(store, "ann", ANN)
        assert await store.replace_book(ann, entries((BOB, BOB)), PLENTY) == (1, 1)
        assert await store.numbers_of_contact(ann, 1) == [BOB]

    async def test_a_change_drops_contacts_and_adds_entries(self, store: RadarStore) -> None:
        ann = await add_device(store, "ann", ANN, (BOB, CARL), DORA)
        assert await store.change_book(ann, 1, [1, 99], [BookEntry(1, EVE), BookEntry(3, BOB)], PLENTY) == (2, 3)
        assert (await store.book(ann)).contacts == {
            DORA: frozenset({2}),
            EVE: frozenset({1}),
            BOB: frozenset({3}),
        }

    async def test_an_empty_change_is_a_new_version(self, store: RadarStore) -> None:
        ann = await add_device(store, "ann", ANN, BOB)
        assert await store.change_book(ann, 1, [], [], PLENTY) == (2, 1)

    async def test_the_books_of_two_devices_are_two(self, store: RadarStore) -> None:
        ann, bob = await add_device(store, "ann", ANN, CARL), await add_device(store, "bob", BOB, CARL, DORA)
        await store.replace_book(ann, entries(EVE), PLENTY)
        await store.change_book(bob, 1, [1], [], PLENTY)
        assert (await store.book(ann)).contacts.keys() == {EVE}
        assert (await store.book(bob)).contacts.keys() == {DORA}

    @pytest.mark.parametrize("base_version", [0, 1, 3, 2**64 - 1])
    async def test_a_change_for_another_version_changes_nothing(self, store: RadarStore, base_version: int) -> None:
        ann = await add_device(store, "ann", ANN, BOB)
        await store.replace_book(ann, entries(CARL), PLENTY)
        with pytest.raises(errors.AbortedError) as caught:
            # The device as it was found before the second book: what counts is the version that is stored.
            await store.change_book(ann, base_version, [1], entries(DORA), PLENTY)
        assert caught.value.reason is errors.Reason.STALE_BOOK_VERSION
        assert caught.value.metadata == {"current_version": "2"}
        assert (await store.book(ann)).contacts.keys() == {CARL}
        assert (await found(store, "ann")).book_version == 2

    async def test_of_two_changes_of_one_version_exactly_one_wins(self, store: RadarStore) -> None:
        ann = await add_device(store, "ann", ANN, BOB)
        changes = [store.change_book(ann, 1, [], [BookEntry(9, number)], PLENTY) for number in (CARL, DORA)]
        results = await asyncio.gather(*changes, return_exceptions=True)
        assert sorted(map(type, results), key=str) == [errors.AbortedError, tuple]
        winner = CARL if isinstance(results[0], tuple) else DORA
        assert (await store.book(ann)).contacts.keys() == {BOB, winner}
        assert (await found(store, "ann")).book_version == 2

    async def test_a_book_beyond_the_limit_changes_nothing(self, store: RadarStore) -> None:
        ann = await add_device(store, "ann", ANN, BOB)
        for too_much in (
            store.replace_book(ann, entries(CARL, DORA, EVE), 2),
            store.change_book(ann, 1, [1], entries(CARL, DORA, EVE), 2),
        ):
            with pytest.raises(errors.ResourceExhaustedError) as caught:
                await too_much
            assert caught.value.reason is errors.Reason.LIMIT_EXCEEDED
        assert (await store.book(ann)).contacts.keys() == {BOB}
        assert (await found(store, "ann")).book_version == 1

    async def test_the_limit_counts_contacts_and_not_numbers(self, store: RadarStore) -> None:
        ann = await add_device(store, "ann", ANN)
        assert await store.replace_book(ann, entries((BOB, CARL, DORA), EVE), 2) == (1, 2)

    async def test_a_change_within_the_limit_may_replace_contacts(self, store: RadarStore) -> None:
        ann = await add_device(store, "ann", ANN, BOB, CARL)
        assert await store.change_book(ann, 1, [1, 2], entries(DORA, EVE), 2) == (2, 2)

    async def test_books_come_in_the_order_of_their_devices(self, store: RadarStore) -> None:
        ann, bob = await add_device(store, "ann", ANN, CARL), await add_device(store, "bob", BOB)
        books = [Book(BOB, {}), Book(ANN, {CARL: frozenset({1})}), Book(BOB, {})]
        assert await store.books([bob, ann, bob]) == books
        assert await store.books([]) == []

    @pytest.mark.parametrize("largest", [1, 255, 256, 65_535, 65_536, 2**32 - 1])
    async def test_contact_ids_may_be_any_32_bits(self, store: RadarStore, largest: int) -> None:
        ann = await add_device(store, "ann", ANN)
        await store.replace_book(ann, [BookEntry(1, BOB), BookEntry(largest, CARL), BookEntry(largest, DORA)], PLENTY)
        assert (await store.book(ann)).contacts[CARL] == {largest}
        assert await store.numbers_of_contact(ann, largest) == sorted({CARL, DORA, *([BOB] if largest == 1 else [])})
        assert await store.numbers_of_contact(ann, largest - 1) == ([BOB] if largest == 2 else [])
        assert await store.numbers_of_contact(ann, 2**32 - 2) == []


class TestGraph:
    async def test_hubs_are_numbers_in_more_books_than_the_limit(self, store: RadarStore) -> None:
        await add_device(store, "a", 1, (ANN, BOB), ANN, CARL)  # two of its contacts have Ann's number: one book
        await add_device(store, "b", 2, ANN, BOB)
        await add_device(store, "c", 3, ANN)
        assert await store.hubs([ANN, BOB, CARL, DORA], 0) == {ANN, BOB, CARL}
        assert await store.hubs([ANN, BOB, CARL, DORA], 1) == {ANN, BOB}
        assert await store.hubs([ANN, BOB, CARL, DORA], 2) == {ANN}
        assert await store.hubs([ANN, BOB, CARL, DORA], 3) == frozenset()
        assert await store.hubs([BOB], 1) == {BOB}
        assert await store.hubs([], 0) == frozenset()

    async def test_who_lists_a_device(self, store: RadarStore) -> None:
        viewer = await add_device(store, "viewer", ANN, ANN, BOB)
        await add_device(store, "z-listed-too", BOB, ANN)
        await add_device(store, "B-listing", CARL, ANN, DORA)
        await add_device(store, "a-listing", CARL, (ANN, EVE), ANN)
        await add_device(store, "not-listing", BOB, CARL)
        await add_device(store, "y-own-number", ANN, DORA)
        # Those that the viewer lists too come first; its own number is in its book.
        expected = ["y-own-number", "z-listed-too", "B-listing", "a-listing"]
        assert ids(await store.devices_listing(viewer, PLENTY)) == expected
        assert ids(await store.devices_listing(viewer, 3)) == expected[:3]

    async def test_nobody_lists_a_device(self, store: RadarStore) -> None:
        assert await store.devices_listing(await add_device(store, "viewer", ANN, BOB), PLENTY) == []

    async def test_who_shares_numbers_with_a_device(self, store: RadarStore) -> None:
        viewer = await add_device(store, "viewer", ANN, BOB, (CARL, DORA))
        await add_device(store, "Carl-and-dora", 1, CARL, DORA)
        await add_device(store, "bob-himself-with-carl", BOB, CARL)
        await add_device(store, "ann-and-carl", 2, ANN, CARL)
        await add_device(store, "only-carl", 3, CARL, EVE)
        await add_device(store, "carl-twice", 4, CARL, CARL)
        await add_device(store, "z-each-other", BOB, ANN)
        two = ["z-each-other", "Carl-and-dora", "ann-and-carl", "bob-himself-with-carl"]
        assert ids(await store.devices_sharing(viewer, 2, PLENTY, PLENTY)) == two
        assert ids(await store.devices_sharing(viewer, 2, PLENTY, 2)) == two[:2]
        assert set(ids(await store.devices_sharing(viewer, 1, PLENTY, PLENTY))) == {*two, "only-carl", "carl-twice"}
        assert await store.devices_sharing(viewer, 3, PLENTY, PLENTY) == []

    async def test_a_hub_is_not_shared(self, store: RadarStore) -> None:
        viewer = await add_device(store, "viewer", ANN, BOB, CARL)
        await add_device(store, "b", 1, BOB, CARL)
        await add_device(store, "c", 2, CARL)
        assert ids(await store.devices_sharing(viewer, 2, 3, PLENTY)) == ["b"]
        assert ids(await store.devices_sharing(viewer, 2, 2, PLENTY)) == []
        assert ids(await store.devices_sharing(viewer, 1, 2, PLENTY)) == ["b"]

    async def test_a_number_that_falls_back_under_the_limit_counts_again(self, store: RadarStore) -> None:
        viewer = await add_device(store, "viewer", ANN, BOB, CARL)
        other = await add_device(store, "other", 1, BOB, CARL)
        crowd = await asyncio.gather(*(add_device(store, f"crowd {n}", 10_000 + n, CARL) for n in range(600)))
        assert await store.hubs([BOB, CARL], 601) == {CARL}
        assert await store.devices_sharing(viewer, 2, 601, PLENTY) == []
        await store.replace_book(crowd[0], entries(DORA), PLENTY)
        assert await store.hubs([BOB, CARL], 601) == frozenset()
        assert await store.devices_sharing(viewer, 2, 601, PLENTY) == [other]
        await asyncio.gather(*(store.change_book(each, 1, [1], [], PLENTY) for each in crowd[1:]))
        assert await store.hubs([BOB, CARL], 2) == frozenset()
        assert await store.devices_sharing(viewer, 2, 2, PLENTY) == [other]

    async def test_whom_very_many_list_still_has_those_first_that_it_lists_too(self, store: RadarStore) -> None:
        viewer = await add_device(store, "viewer", ANN, BOB)
        await asyncio.gather(*(add_device(store, f"crowd {n}", 10_000 + n, ANN) for n in range(600)))
        bob = await add_device(store, "z-bob", BOB, ANN)
        assert (await store.devices_listing(viewer, 1)) == [bob]
        assert ids(await store.devices_listing(viewer, 3))[0] == "z-bob"
        assert len(await store.devices_listing(viewer, 3)) == 3
        assert len(await store.devices_listing(viewer, PLENTY)) == 601

    async def test_what_is_found_is_what_the_books_say_after_any_changes(self, store: RadarStore) -> None:
        random = Random(7)  # noqa: S311 - the same changes in every run
        numbers = range(1, 9)
        devices = [await add_device(store, f"d{number}", number) for number in numbers]
        for turn in range(60):
            device = await found(store, random.choice(devices).device_id)
            book = entries(*random.sample(numbers, random.randrange(1, 6)))
            if random.random() < 0.5:
                await store.replace_book(device, book, PLENTY)
            else:
                await store.change_book(device, device.book_version, [1, 2], book[:2], PLENTY)
            if turn % 5 == 0:
                await self._assert_consistent(store, devices)

    async def _assert_consistent(self, store: RadarStore, devices: Sequence[Device]) -> None:
        books = {device.device_id: await store.book(device) for device in devices}
        holders = Counter(number for book in books.values() for number in book.contacts)
        for limit in range(6):
            hubs = {number for number, count in holders.items() if count > limit}
            assert await store.hubs(range(12), limit) == hubs
            for device in devices:
                book = books.pop(device.device_id)
                listing = {other for other, his in books.items() if his.lists(device.number_key)}
                assert set(ids(await store.devices_listing(device, PLENTY))) == listing
                sharing = {other for other, his in books.items() if len(common_numbers(book, his) - hubs) >= 2}
                assert set(ids(await store.devices_sharing(device, 2, limit, PLENTY))) == sharing
                books[device.device_id] = book


class TestQuota:
    async def test_numbers_that_come_into_a_persons_books_are_counted(self, store: RadarStore) -> None:
        phone, tablet = [await add_device(store, name, ANN) for name in ("phone", "tablet")]
        bob = await add_device(store, "bob", BOB)
        await store.replace_book(phone, entries((CARL, DORA), CARL), PLENTY, ContactQuota(3, NOW))
        await store.replace_book(bob, entries(ANN, CARL, DORA), PLENTY, ContactQuota(3, NOW))
        await store.change_book(tablet, 0, [], entries(CARL), PLENTY, ContactQuota(3, NOW + 60))
        with pytest.raises(errors.ResourceExhaustedError) as caught:
            await store.change_book(tablet, 1, [1], entries(DORA), PLENTY, ContactQuota(3, NOW + HOUR))
        assert caught.value.reason is errors.Reason.LIMIT_EXCEEDED
        assert caught.value.retry_after == timedelta(hours=23)
        assert (await store.book(tablet)).contacts.keys() == {CARL}
        assert (await found(store, "tablet")).book_version == 1
        assert await store.change_book(tablet, 1, [1], entries(DORA), PLENTY, ContactQuota(3, NOW + 24 * HOUR)) == (
            2,
            1,
        )

    async def test_the_count_outlives_the_process(self, open_store: OpenRadarStores) -> None:
        async with open_store() as opened:
            ann = await add_device(opened.radar, "ann", ANN)
            await opened.radar.replace_book(ann, entries(BOB, CARL), PLENTY, ContactQuota(2, NOW))
        async with open_store() as opened:
            with pytest.raises(errors.ResourceExhaustedError):
                await opened.radar.replace_book(ann, entries(DORA), PLENTY, ContactQuota(2, NOW))


class TestDurability:
    async def test_a_number_that_left_the_last_book_left_the_disk(self, open_store: OpenRadarStores) -> None:
        number = int.from_bytes(b"\x7fmarker\x7f", "big")
        async with open_store() as opened:
            devices = [await add_device(opened.radar, name, ANN, number, BOB) for name in ("a", "b", "c")]
        async with open_store() as opened:
            if opened.engine == "postgresql":
                pytest.skip(LEFT_IN_PAGES)
            assert number.to_bytes(8, sys.byteorder) in await opened.files()
            await opened.radar.replace_book(devices[0], entries(BOB), PLENTY)
            for device in devices[1:]:
                await opened.radar.change_book(device, 1, [1], [], PLENTY)
        async with open_store() as opened:
            files = await opened.files()
        for stored in stored_forms(number):
            assert stored not in files

    async def test_a_deleted_number_left_the_disk_while_the_store_is_in_use(self, open_store: OpenRadarStores) -> None:
        own, listed = (int.from_bytes(marker, "big") for marker in (b"\x7fmarker\x7f", b"\x7flisted\x7f"))
        async with open_store() as opened:
            store = opened.radar
            await add_device(store, "bob", BOB, CARL)
            devices = [await add_device(store, name, own, CARL) for name in ("phone", "tablet")]
            for device in devices:
                await store.replace_book(device, entries(listed, CARL), PLENTY, ContactQuota(PLENTY, NOW))
            await store.add_registration(registration("under way", own), "request", NOW, PLENTY)
            if opened.engine == "postgresql":
                pytest.skip(LEFT_IN_PAGES)
            before = await opened.files()
            assert all(any(form in before for form in stored_forms(number)) for number in (own, listed))
            for device in devices:
                await store.purge_device(device)
            while_in_use = await opened.files()
            rows = str([await opened.read(f"SELECT * FROM {table}") for table in await opened.tables()])  # noqa: S608
        async with open_store() as opened:
            afterwards = await opened.files()
        for number in (own, listed):
            assert str(number) not in rows
            for form in stored_forms(number):
                assert form not in while_in_use
                assert form not in afterwards
        for device_id in (b"phone", b"tablet"):
            assert device_id not in while_in_use
        assert b"bob" in while_in_use  # they are the right files

    async def test_a_restart_keeps_everything(self, open_store: OpenRadarStores) -> None:
        async with open_store() as opened:
            store = opened.radar
            ann = await add_device(store, "ann", ANN, BOB, (CARL, DORA))
            book = await store.book(ann)
            await store.add_registration(registration(number_key=EVE), "request", NOW, 1)
            await store.count_attempt("r1")
        async with open_store() as opened:
            store = opened.radar
            assert await store.find_device("ann") == ann
            assert await store.book(ann) == book
            assert await store.find_session("session of ann") is not None
            again = await store.add_registration(registration("r2", number_key=EVE), "request", NOW, 1)
            assert again == replace(registration(number_key=EVE), attempts=1)
            with pytest.raises(errors.ResourceExhaustedError):
                await store.add_registration(registration("r3", number_key=EVE), None, NOW, 1)

    @pytest.mark.parametrize("turns", [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
    async def test_a_cancelled_change_is_whole_or_was_not_made(self, store: RadarStore, turns: int) -> None:
        ann = await add_device(store, "ann", ANN, BOB)
        change = asyncio.create_task(store.replace_book(ann, entries(*range(100, 300)), PLENTY))
        for _ in range(turns):
            await asyncio.sleep(0)
        change.cancel()
        await asyncio.gather(change, return_exceptions=True)
        version = (await found(store, "ann")).book_version
        assert len((await store.book(ann)).contacts) == {1: 1, 2: 200}[version]
        assert await store.replace_book(ann, entries(BOB), PLENTY) == (version + 1, 1)

    @pytest.mark.parametrize("trouble", ["full", "read_only"])
    async def test_a_disk_in_trouble_changes_nothing_and_serves_again_afterwards(
        self, opened: RadarStores, trouble: str
    ) -> None:
        if trouble == "full" and opened.engine == "postgresql":
            pytest.skip("a disk of PostgreSQL cannot be filled from here")
        store, during = opened.radar, full_disk(opened) if trouble == "full" else opened.read_only()
        ann = await add_device(store, "ann", ANN, BOB)
        too_much = entries(*range(100, 1100))
        async with during:
            for change in (
                store.replace_book(ann, too_much, PLENTY),
                store.change_book(ann, 1, [1], too_much, PLENTY),
                store.add_registration(registration(registration_id="r" * 10_000), None, NOW, PLENTY),
            ):
                with pytest.raises(errors.UnavailableError) as caught:
                    await change
                assert caught.value.reason is errors.Reason.STORAGE_UNAVAILABLE
            # What was read before can still be read.
            assert await store.book(ann) == Book(ANN, {BOB: frozenset({1})})
        assert (await found(store, "ann")).book_version == 1
        assert await store.replace_book(ann, too_much, PLENTY) == (2, 1000)
        await store.add_registration(registration(), None, NOW, PLENTY)

    async def test_no_number_can_be_read_from_the_disk(self, open_store: OpenRadarStores) -> None:
        numbers = ["+8613800138000", "+8613800138001", "+8613800138002"]
        async with open_store() as opened:
            keys, sender = NumberKeys(bytes(32)), RecordingSender()
            registrar = Registrar(
                opened.radar,
                keys,
                sender,
                FakeClock(),
                secret=bytes(32),
                limits=RegistrationLimits(),
                default_region="CN",
            )
            started = await registrar.start(numbers[0], "", "request")
            while_registering = await opened.files()
            device_id, token = await registrar.confirm(started.registration_id, sender.last_code)
            radar = Radar(opened.radar, keys, FriendshipRule(), RadarLimits(), opened.blocks)
            await radar.books.replace(device_id, [Contact(7, (numbers[1], "138 0013 8002"))])
            while_running = await opened.files()
        async with open_store() as opened:
            afterwards = await opened.files()
        for files in (while_registering, while_running, afterwards):
            assert started.registration_id.encode() in files or device_id.encode() in files  # they are the right files
            for number in numbers:
                assert number.removeprefix("+86").encode() not in files
                for digits in (number, number.removeprefix("+86")):
                    assert int(digits).to_bytes(6, "big") not in files  # as SQLite would store the integer
            assert token.partition(".")[2].encode() not in files
