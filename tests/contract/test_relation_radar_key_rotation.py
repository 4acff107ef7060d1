"""The rotation of the number key: nothing that anybody is told changes, whatever interrupts it."""

import asyncio
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.support.radar import serving
from tests.unit.relation_radar.doubles import FakeClock, RecordingSender

from appshare import errors
from appshare.process.lifetime import in_background
from appshare.relation_radar import key_rotation
from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.key_file import KeyFile
from appshare.relation_radar.key_rotation import KeyRotation, KeyRotationProgress, split_secrets
from appshare.relation_radar.key_rotation_store import Phase
from appshare.relation_radar.limits import RadarLimits
from appshare.relation_radar.model import Contact, NumberKey
from appshare.relation_radar.numbers import NumberKeys
from appshare.relation_radar.radar import Radar
from appshare.relation_radar.registration import Registrar, RegistrationLimits
from appshare.relation_radar.stores import sqlite_books, sqlite_key_rotation
from appshare.relation_radar.stores.sqlite import MIGRATIONS, SqliteRadarStore
from appshare.relation_radar.stores.sqlite_blocks import SqliteBlockStore
from appshare.relation_radar.stores.sqlite_key_rotation import SqliteKeyRotationStore
from appshare.sqlite.database import Database, open_database
from appshare.v1 import relation_radar_pb2 as pb
from appshare.v1.friendship_pb2 import Contact as ContactMessage
from appshare.v1.friendship_pb2 import ContactBook, PersonRef

PEOPLE = range(6)
STRANGER = 90
"""In everybody's book, without a device."""


def number(person: int) -> str:
    return f"+861380013{8000 + person}"


BOOKS = {person: [(person + step) % len(PEOPLE) for step in (1, 2, 3)] + [STRANGER] for person in PEOPLE}


class Killed(BaseException):
    """The process ends here."""


class WatchedDatabase:
    """A database that does something before each transaction of the rotation."""

    def __init__(self, database: Database, before: Callable[[], Awaitable[None]]) -> None:
        self._database = database
        self._before = before
        self.run = database.run
        self.checkpoint = database.checkpoint

    async def change(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        await self._before()
        return await self._database.change(work)

    async def rebuild(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        await self._before()
        return await self._database.rebuild(work)


async def nothing() -> None:
    pass


@dataclass
class Opened:
    """RelationRadar on its files, as a process has it."""

    database: Database
    keys: NumberKeys
    registrar: Registrar
    sender: RecordingSender
    radar: Radar
    rotation: KeyRotation

    async def register(self, person: int) -> str:
        started = await self.registrar.start(number(person), "", None)
        device_id, _ = await self.registrar.confirm(started.registration_id, self.sender.last_code)
        return device_id

    async def sync(self, device_id: str, people: list[int]) -> None:
        contacts = [Contact(contact_id, (number(person),)) for contact_id, person in enumerate(people, start=1)]
        await self.radar.books.replace(device_id, contacts)

    async def rotated(self) -> KeyRotationProgress:
        """What a rotation has come to when it is finished."""
        await self.rotation.finish()
        return await self.rotation.progress()


@asynccontextmanager
async def opened(folder: Path, before: Callable[[], Awaitable[None]] = nothing) -> AsyncIterator[Opened]:
    async with open_database(folder / "radar.db", MIGRATIONS) as database:
        rotation_store = SqliteKeyRotationStore(WatchedDatabase(database, before))  # type: ignore[arg-type]
        key_file = KeyFile(folder / "number.key")
        in_use, waiting = split_secrets(key_file.read(), await rotation_store.state())
        store, keys, sender = SqliteRadarStore(database), NumberKeys(*in_use), RecordingSender()
        registrar = Registrar(
            *(store, keys, sender, FakeClock()), secret=in_use[0], limits=RegistrationLimits(), default_region="CN"
        )
        radar = Radar(store, keys, FriendshipRule(), RadarLimits(), SqliteBlockStore(database))
        rotation = KeyRotation(rotation_store, keys, key_file.write, waiting)
        yield Opened(database, keys, registrar, sender, radar, rotation)


async def populate(folder: Path) -> dict[int, str]:
    """Registers people with books, a block and a registration that is not verified; gives their device ids."""
    async with opened(folder) as radar:
        device_ids = {person: await radar.register(person) for person in PEOPLE}
        for person, book in BOOKS.items():
            await radar.sync(device_ids[person], book)
        await radar.registrar.start(number(STRANGER), "", "request")
        key = radar.keys.key
        async with radar.database.transaction() as transaction:
            await transaction.write(
                "INSERT INTO blocks (blocker_key, blocked_key, block_id, create_time) VALUES (?, ?, 'b', 0)",
                (key(number(0)), key(number(STRANGER))),
            )
    return device_ids


async def answers(radar: Opened, device_ids: dict[int, str]) -> list[object]:
    """What everybody is told of everybody, and what is kept of numbers beside it."""
    told: list[object] = []
    for device_id in device_ids.values():
        told.append(await radar.radar.friends.all(device_id))
        told += [await radar.radar.acquaintances.by_number(device_id, number(person)) for person in PEOPLE]
    key = radar.keys.key
    hub = await SqliteRadarStore(radar.database).hubs([key(number(person)) for person in (*PEOPLE, STRANGER)], 4)
    told.append(hub == {key(number(STRANGER))})
    for query, people in (
        ("SELECT block_id FROM blocks WHERE blocker_key = ? AND blocked_key = ?", (0, STRANGER)),
        ("SELECT count FROM new_contacts WHERE number_key = ?", (2,)),
        ("SELECT count(*) FROM codes_sent WHERE number_key = ?", (STRANGER,)),
        ("SELECT request_id FROM registrations WHERE number_key = ?", (STRANGER,)),
    ):
        told += [tuple(row) for row in await radar.database.read(query, [key(number(person)) for person in people])]
    return told


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A book, or a row, in each transaction."""
    monkeypatch.setattr(key_rotation, "_FEW_BOOKS", 0)
    monkeypatch.setattr(sqlite_key_rotation, "_NUMBERS_AT_ONCE", 1)
    monkeypatch.setattr(sqlite_key_rotation, "_ROWS_AT_ONCE", 4)


async def test_nothing_that_anybody_is_told_changes(tmp_path: Path, small_steps: None) -> None:
    device_ids = await populate(tmp_path)
    seen: list[list[object]] = []
    phases: set[Phase] = set()

    async def look() -> None:
        if not radar.keys._gate._closing.locked():
            seen.append(await answers(radar, device_ids))
            phases.add((await SqliteKeyRotationStore(radar.database).state()).phase)

    async with opened(tmp_path, look) as radar:
        before = await answers(radar, device_ids)
        assert await radar.rotation.progress() == progress(1, 6, running=False)
        assert await radar.rotation.start() == progress(1, 0, running=True)
        assert await radar.rotated() == progress(2, 6, running=False)
        assert len(seen) > 2 * len(PEOPLE)
        assert phases == set(Phase)
        assert all(told == before for told in seen)
        assert await answers(radar, device_ids) == before
    async with opened(tmp_path) as radar:
        assert await answers(radar, device_ids) == before
        newcomer = await radar.register(3)
        assert len(await radar.radar.acquaintances.by_number(device_ids[0], number(3))) == 2
        await radar.sync(newcomer, [0])


async def test_it_completes_after_an_end_at_any_transaction(tmp_path: Path, small_steps: None) -> None:
    origin = tmp_path / "origin"
    origin.mkdir()
    device_ids = await populate(origin)
    async with opened(origin) as radar:
        before = await answers(radar, device_ids)
    generations, lives = [], 0
    while True:
        folder = tmp_path / str(lives)
        shutil.copytree(origin, folder)
        left = lives

        async def live() -> None:
            nonlocal left
            if not left:
                raise Killed
            left -= 1

        async with opened(folder, live) as radar:
            await radar.rotation.start()
            with suppress(Killed):
                await radar.rotation.finish()
        async with opened(folder) as radar:
            generations.append((await radar.rotation.progress()).generation)
            assert (await radar.rotated()).generation == 2
            assert await answers(radar, device_ids) == before
            assert await _count(radar.database, "books_next") == await _count(radar.database, "postings_next") == 0
        shutil.rmtree(folder)
        if left:
            break
        lives += 1
    # Before the start, while books were copied, after the change, and to the end.
    assert lives > 2 * len(PEOPLE)
    assert set(generations) == {1, 2}


async def _until(rotation: KeyRotation) -> None:
    """Waits until a rotation is over that runs in the background."""
    while (await rotation.progress()).running:  # noqa: ASYNC110 - as an operator does
        await asyncio.sleep(0)


async def _count(database: Database, table: str) -> int:
    [row] = await database.read(f"SELECT count(*) FROM {table}")  # noqa: S608 - a name of this module
    return int(row[0])


async def test_what_changes_meanwhile_is_not_lost(tmp_path: Path, small_steps: None) -> None:
    device_ids = await populate(tmp_path)
    turns = 0
    books: dict[str, list[int]] = {}

    async def change_something() -> None:
        """Somebody's book, now and then a new device; and one goes with its book."""
        nonlocal turns
        if radar.keys._gate._closing.locked():
            return
        turns += 1
        device_id = device_ids[turns % 5]
        books[device_id] = [(turns + step) % 6 for step in range(turns % 3 + 1)]
        await radar.sync(device_id, books[device_id])
        if turns == 4:
            books[newcomer := await radar.register(50)] = [0, 1]
            await radar.sync(newcomer, [0, 1])
        if turns == 7:
            gone = await SqliteRadarStore(radar.database).find_device(device_ids[5])
            assert gone is not None
            await radar.database.change(partial(sqlite_books.remove_book, gone.key))
            async with radar.database.transaction() as transaction:
                await transaction.write("DELETE FROM devices WHERE device = ?", (gone.key,))

    async with opened(tmp_path, change_something) as radar:
        await radar.rotation.start()
        assert (await radar.rotated()).generation == 2
        assert turns > 2 * len(PEOPLE)
        store, key = SqliteRadarStore(radar.database), radar.keys.key
        holders: dict[NumberKey, int] = {}
        for device_id, people in books.items():
            device = await store.find_device(device_id)
            assert device is not None
            assert (await store.book(device)).contacts.keys() == {key(number(person)) for person in people}
            for person in set(people):
                holders[key(number(person))] = holders.get(key(number(person)), 0) + 1
        # The postings say what the books say.
        for limit in range(len(books)):
            expected = {each for each, count in holders.items() if count > limit}
            assert await store.hubs([key(number(person)) for person in (*PEOPLE, STRANGER)], limit) == expected
        assert await store.find_device(device_ids[5]) is None


def progress(generation: int, done: int, *, running: bool) -> KeyRotationProgress:
    return KeyRotationProgress(generation, running, done, len(PEOPLE))


def as_stored(key: NumberKey) -> list[bytes]:
    """How a number's key may stand in the file: in a blob, in an index, as a row id."""
    row_id = bytes((key >> shift) & 0x7F | 0x80 for shift in range(57, 7, -7)) + bytes([key & 0xFF])
    return [key.to_bytes(8, sys.byteorder, signed=True), key.to_bytes(8, "big", signed=True), row_id]


async def test_nothing_under_the_old_key_is_left_on_the_disk(tmp_path: Path) -> None:
    people = range(150)
    async with opened(tmp_path) as radar:
        device_ids = [await radar.register(person) for person in people]
        for person, device_id in enumerate(device_ids):
            await radar.sync(device_id, [(person * 7 + step) % 300 for step in range(40)])
        async with radar.database.transaction() as transaction:
            # Longer rows, so that SQLite moves them from page to page.
            await transaction.write("UPDATE devices SET book_version = 1000000, region = 'CN' || device % 7")
        old = {key for person in range(300) for key in as_stored(radar.keys.key(number(person)))}
    assert _stored(tmp_path, old)
    async with opened(tmp_path) as radar:
        await radar.rotation.start()
        await radar.rotated()
        assert not _stored(tmp_path, old)
        new = {key for person in range(300) for key in as_stored(radar.keys.key(number(person)))}
        assert _stored(tmp_path, new)
    assert not _stored(tmp_path, old)


def _stored(folder: Path, keys: set[bytes]) -> list[bytes]:
    content = b"".join(file.read_bytes() for file in folder.glob("radar.db*"))
    return [key for key in keys if key in content]


async def test_it_can_be_done_again_and_again(tmp_path: Path) -> None:
    device_ids = await populate(tmp_path)
    async with opened(tmp_path) as radar:
        before = await answers(radar, device_ids)
        for generation in (2, 3, 4):
            await radar.rotation.start()
            assert (await radar.rotated()).generation == generation
            assert await answers(radar, device_ids) == before
    async with opened(tmp_path) as radar:
        assert len(radar.keys.secrets) == 4
        assert await answers(radar, device_ids) == before


async def test_a_rotation_that_is_under_way_is_the_answer(tmp_path: Path) -> None:
    await populate(tmp_path)
    async with opened(tmp_path) as radar:
        answers = await asyncio.gather(*(radar.rotation.start() for _ in range(5)))
        assert answers == [progress(1, 0, running=True)] * 5
        assert (await radar.rotated()).generation == 2
        assert len(KeyFile(tmp_path / "number.key").read()) == 2


async def test_a_repeat_after_its_end_starts_no_other(tmp_path: Path) -> None:
    await populate(tmp_path)
    async with opened(tmp_path) as radar:
        assert (await radar.rotation.start(1)).running
        settled = await radar.rotated()
        assert await radar.rotation.start(1) == settled
        assert len(KeyFile(tmp_path / "number.key").read()) == 2
        assert (await radar.rotation.start(2)).running


async def test_a_key_that_cannot_be_kept_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device_ids = await populate(tmp_path)
    async with opened(tmp_path) as radar:
        before = await answers(radar, device_ids)

        def fail(_keys: object) -> None:
            raise OSError("no space")

        monkeypatch.setattr(radar.rotation, "_keep", fail)
        with pytest.raises(errors.UnavailableError) as caught:
            await radar.rotation.start()
        assert caught.value.reason is errors.Reason.STORAGE_UNAVAILABLE
        assert not (await radar.rotated()).running
        assert await answers(radar, device_ids) == before


async def test_a_disk_in_trouble_makes_it_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appshare.relation_radar.key_rotation._PAUSE", 0.0)
    device_ids = await populate(tmp_path)
    trouble = 3

    async def fail() -> None:
        nonlocal trouble
        if trouble:
            trouble -= 1
            raise errors.UnavailableError(errors.Reason.STORAGE_UNAVAILABLE, "a full disk")

    async with opened(tmp_path, fail) as radar:
        before = await answers(radar, device_ids)
        await radar.rotation.start()
        async with in_background(radar.rotation.run()):
            await _until(radar.rotation)
        assert not trouble
        assert await answers(radar, device_ids) == before


async def test_too_few_keys_are_refused(tmp_path: Path) -> None:
    await populate(tmp_path)
    first = (tmp_path / "number.key").read_bytes()
    async with opened(tmp_path) as radar:
        await radar.rotation.start()
        await SqliteKeyRotationStore(radar.database).begin()
    both = (tmp_path / "number.key").read_bytes()

    async def refused() -> str:
        (tmp_path / "number.key").write_bytes(first)
        with pytest.raises(errors.UnavailableError) as caught:
            async with opened(tmp_path):
                pytest.fail("it was opened")
        (tmp_path / "number.key").write_bytes(both)
        return caught.value.message

    while_copying = await refused()
    assert while_copying == (
        "the file of the number keys holds 1, the database needs 2:"
        " put back a backup of the file from after the last rotation was started"
    )
    async with opened(tmp_path) as radar:
        await radar.rotated()
    assert await refused() == while_copying


async def test_calls_go_on_under_load(tmp_path: Path, small_steps: None) -> None:
    device_ids = await populate(tmp_path)
    async with opened(tmp_path) as radar:
        limits = RadarLimits(lookup_burst=1_000_000)
        async with serving(radar.database, radar.registrar, radar.keys, radar.rotation, FakeClock(), limits) as stub:
            calls = 0

            async def use(person: int) -> None:
                """Whom the person finds and lists, by numbers, again and again."""
                nonlocal calls
                device_id = device_ids[person]
                book = [ContactMessage(contact_id=each + 1, numbers=[number(each)]) for each in BOOKS[person]]
                friend = PersonRef(number=number(BOOKS[person][0]))
                first = await stub.FindDevices(pb.FindDevicesRequest(device_id=device_id, person=friend))
                assert [each.device_id for each in first.acquaintances] == [device_ids[BOOKS[person][0]]]
                while (await stub.ReadNumberKeyRotation(pb.ReadNumberKeyRotationRequest())).rotation.running:
                    await stub.SyncBook(pb.SyncBookRequest(device_id=device_id, full=ContactBook(contacts=book)))
                    found = await stub.FindDevices(pb.FindDevicesRequest(device_id=device_id, person=friend))
                    # Whoever syncs says that the contact has another id.
                    assert [each.device_id for each in found.acquaintances] == [first.acquaintances[0].device_id]
                    assert found.acquaintances[0].as_viewer == first.acquaintances[0].as_viewer
                    calls += 1

            started = await stub.StartNumberKeyRotation(pb.StartNumberKeyRotationRequest())
            assert (started.rotation.running, started.rotation.books_total) == (True, 6)
            async with in_background(radar.rotation.run()):
                await asyncio.gather(*map(use, PEOPLE))
            read = await stub.ReadNumberKeyRotation(pb.ReadNumberKeyRotationRequest())
            assert (read.rotation.generation, read.rotation.running) == (2, False)
            assert calls >= len(PEOPLE)
            for person, book in BOOKS.items():
                device = await SqliteRadarStore(radar.database).find_device(device_ids[person])
                assert device is not None
                stored = await SqliteRadarStore(radar.database).book(device)
                assert stored.contacts.keys() == {radar.keys.key(number(each)) for each in book}
