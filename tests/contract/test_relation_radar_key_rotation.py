"""The rotation of the number key: nothing that anybody is told changes, whatever interrupts it."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.support.postgresql_server import PostgresqlServer
from tests.support.radar import serving
from tests.support.radar_stores import ENGINES, RadarStores, postgresql_stores, sqlite_stores
from tests.unit.relation_radar.doubles import FakeClock, RecordingSender

from appshare import errors
from appshare.process.lifetime import in_background
from appshare.relation_radar import key_rotation
from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.key_file import KeyFile
from appshare.relation_radar.key_rotation import KeyRotation, KeyRotationProgress, check_of, open_number_keys
from appshare.relation_radar.key_rotation_store import Phase
from appshare.relation_radar.limits import RadarLimits
from appshare.relation_radar.model import Contact, DialledNumber, NumberKey
from appshare.relation_radar.numbers import NumberKeys
from appshare.relation_radar.radar import Radar
from appshare.relation_radar.registration import Registrar, RegistrationLimits
from appshare.relation_radar.stores import postgresql_key_rotation, sqlite_key_rotation
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

    def __init__(self, database: Any, before: Callable[[], Awaitable[None]]) -> None:
        self._database = database
        self._before = before

    def __getattr__(self, name: str) -> Any:
        act = getattr(self._database, name)
        return partial(self._watched, act) if name in ("change", "rebuild", "change_under_locks") else act

    async def _watched(self, act: Callable[[Any], Awaitable[Any]], work: Any) -> Any:
        await self._before()
        return await act(work)


@dataclass
class Deployment:
    """What outlives a process: the folder with the keys, and the database in it or at a URL."""

    folder: Path
    url: str = ""

    @property
    def key_file(self) -> KeyFile:
        return KeyFile(self.folder / "number.key")

    def stores(self, generation: Callable[[], int]) -> AbstractAsyncContextManager[RadarStores]:
        """Opens the stores."""
        return postgresql_stores(self.url, generation) if self.url else sqlite_stores(self.folder)


async def nothing() -> None:
    pass


@dataclass
class Opened:
    """RelationRadar on its files, as a process has it."""

    stores: RadarStores
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
async def opened(at: Deployment, before: Callable[[], Awaitable[None]] = nothing) -> AsyncIterator[Opened]:
    async with at.stores(lambda: len(keys.secrets)) as stores:
        stores.rotation._database = WatchedDatabase(stores.database, before)  # type: ignore[attr-defined]
        keys, rotation = await open_number_keys(stores.rotation, at.key_file)
        sender = RecordingSender()
        registrar = Registrar(
            *(stores.radar, keys, sender, FakeClock()),
            secret=keys.secrets[0],
            limits=RegistrationLimits(),
            default_region="CN",
        )
        radar = Radar(stores.radar, keys, FriendshipRule(), RadarLimits(), stores.blocks)
        yield Opened(stores, keys, registrar, sender, radar, rotation)


@pytest.fixture(params=ENGINES)
def deploy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Deployment]]:
    """Makes a deployment, empty or with all that another one has."""
    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    with ExitStack() as stack:

        def make(origin: Deployment | None = None) -> Deployment:
            folder = tmp_path / uuid4().hex
            shutil.copytree(origin.folder, folder) if origin else folder.mkdir()
            template = origin.url.rpartition("/")[2] if origin else None
            return Deployment(folder, stack.enter_context(server.fresh_database(template)) if server else "")

        yield make


@pytest.fixture
def at(deploy: Callable[..., Deployment]) -> Deployment:
    return deploy()


async def populate(at: Deployment) -> dict[int, str]:
    """Registers people with books, a block and a registration that is not verified; gives their device ids."""
    async with opened(at) as radar:
        device_ids = {person: await radar.register(person) for person in PEOPLE}
        for person, book in BOOKS.items():
            await radar.sync(device_ids[person], book)
        await radar.registrar.start(number(STRANGER), "", "request")
        key = radar.keys.key
        await radar.stores.blocks.add_block(key(number(0)), [key(number(STRANGER))], "b", 0, 1)
    return device_ids


async def answers(radar: Opened, device_ids: dict[int, str]) -> list[object]:
    """What everybody is told of everybody, and what is kept of numbers beside it."""
    told: list[object] = []
    for device_id in device_ids.values():
        told.append(await radar.radar.friends.all(device_id))
        told += await radar.radar.acquaintances.of_people(device_id, [DialledNumber(number(each)) for each in PEOPLE])
    key = radar.keys.key
    hub = await radar.stores.radar.hubs([key(number(person)) for person in (*PEOPLE, STRANGER)], 4)
    told.append(hub == {key(number(STRANGER))})
    for query, people in (
        ("SELECT block_id FROM blocks WHERE blocker_key = {} AND blocked_key = {}", (0, STRANGER)),
        ("SELECT count FROM new_contacts WHERE number_key = {}", (2,)),
        ("SELECT count(*) FROM codes_sent WHERE number_key = {}", (STRANGER,)),
        ("SELECT request_id FROM registrations WHERE number_key = {}", (STRANGER,)),
    ):
        told += await radar.stores.read(query.format(*(key(number(person)) for person in people)))
    return told


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A book, or a row, in each transaction."""
    monkeypatch.setattr(key_rotation, "_FEW_BOOKS", 0)
    monkeypatch.setattr(sqlite_key_rotation, "_NUMBERS_AT_ONCE", 1)
    monkeypatch.setattr(sqlite_key_rotation, "_ROWS_AT_ONCE", 4)
    monkeypatch.setattr(postgresql_key_rotation, "_BOOKS_AT_ONCE", 1)
    monkeypatch.setattr(postgresql_key_rotation, "_NUMBERS_AT_ONCE", 1)


async def test_nothing_that_anybody_is_told_changes(at: Deployment, small_steps: None) -> None:
    device_ids = await populate(at)
    seen: list[list[object]] = []
    phases: set[Phase] = set()

    async def look() -> None:
        if not radar.keys._gate._closing.locked():
            seen.append(await answers(radar, device_ids))
            phases.add((await radar.stores.rotation.generation())[1])

    async with opened(at, look) as radar:
        before = await answers(radar, device_ids)
        assert await radar.rotation.progress() == progress(1, 6, running=False)
        assert await radar.rotation.start() == progress(1, 0, running=True)
        assert await radar.rotated() == progress(2, 6, running=False)
        assert len(seen) > len(PEOPLE)
        assert phases == set(Phase)
        assert all(told == before for told in seen)
        assert await answers(radar, device_ids) == before
    async with opened(at) as radar:
        assert await answers(radar, device_ids) == before
        newcomer = await radar.register(3)
        assert len(await radar.radar.acquaintances.by_number(device_ids[0], number(3))) == 2
        await radar.sync(newcomer, [0])


async def test_it_completes_after_an_end_at_any_transaction(
    deploy: Callable[..., Deployment], small_steps: None
) -> None:
    origin = deploy()
    device_ids = await populate(origin)
    async with opened(origin) as radar:
        before = await answers(radar, device_ids)
    generations, lives = [], 0
    while True:
        at = deploy(origin)
        left = lives

        async def live() -> None:
            nonlocal left
            if not left:
                raise Killed
            left -= 1

        async with opened(at, live) as radar:
            await radar.rotation.start()
            with suppress(Killed):
                await radar.rotation.finish()
        async with opened(at) as radar:
            generations.append((await radar.rotation.progress()).generation)
            assert (await radar.rotated()).generation == 2
            assert await answers(radar, device_ids) == before
            for table in ("books_next", "postings_next"):
                assert await radar.stores.read(f"SELECT * FROM {table}") == []  # noqa: S608 - a name of this module
        if left:
            break
        lives += 1
    # Before the start, while books were copied, after the change, and to the end.
    assert lives > len(PEOPLE)
    assert set(generations) == {1, 2}


async def _until(rotation: KeyRotation) -> None:
    """Waits until a rotation is over that runs in the background."""
    while (await rotation.progress()).running:  # noqa: ASYNC110 - as an operator does
        await asyncio.sleep(0)


async def test_what_changes_meanwhile_is_not_lost(at: Deployment, small_steps: None) -> None:
    device_ids = await populate(at)
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
            gone = await radar.stores.radar.find_device(device_ids[5])
            assert gone is not None
            assert await radar.stores.radar.purge_device(gone)

    async with opened(at, change_something) as radar:
        await radar.rotation.start()
        assert (await radar.rotated()).generation == 2
        assert turns > len(PEOPLE)
        store, key = radar.stores.radar, radar.keys.key
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
    at = Deployment(tmp_path)  # PostgreSQL leaves what it overwrites later
    people = range(150)
    async with opened(at) as radar:
        device_ids = [await radar.register(person) for person in people]
        for person, device_id in enumerate(device_ids):
            await radar.sync(device_id, [(person * 7 + step) % 300 for step in range(40)])
        # Longer rows, so that SQLite moves them from page to page.
        await radar.stores.write("UPDATE devices SET book_version = 1000000, region = 'CN' || device % 7")
        old = {key for person in range(300) for key in as_stored(radar.keys.key(number(person)))}
    assert _stored(tmp_path, old)
    async with opened(at) as radar:
        await radar.rotation.start()
        await radar.rotated()
        assert not _stored(tmp_path, old)
        new = {key for person in range(300) for key in as_stored(radar.keys.key(number(person)))}
        assert _stored(tmp_path, new)
    assert not _stored(tmp_path, old)


def _stored(folder: Path, keys: set[bytes]) -> list[bytes]:
    content = b"".join(file.read_bytes() for file in folder.glob("radar.db*"))
    return [key for key in keys if key in content]


async def test_it_can_be_done_again_and_again(at: Deployment) -> None:
    device_ids = await populate(at)
    async with opened(at) as radar:
        before = await answers(radar, device_ids)
        for generation in (2, 3, 4):
            await radar.rotation.start()
            assert (await radar.rotated()).generation == generation
            assert await answers(radar, device_ids) == before
    async with opened(at) as radar:
        assert len(radar.keys.secrets) == 4
        assert await answers(radar, device_ids) == before


async def test_a_rotation_that_is_under_way_is_the_answer(at: Deployment) -> None:
    await populate(at)
    async with opened(at) as radar:
        answers = await asyncio.gather(*(radar.rotation.start() for _ in range(5)))
        assert answers == [progress(1, 0, running=True)] * 5
        assert (await radar.rotated()).generation == 2
        assert len(at.key_file.read()) == 2


async def test_a_repeat_after_its_end_starts_no_other(at: Deployment) -> None:
    await populate(at)
    async with opened(at) as radar:
        assert (await radar.rotation.start(1)).running
        settled = await radar.rotated()
        assert await radar.rotation.start(1) == settled
        assert len(at.key_file.read()) == 2
        assert (await radar.rotation.start(2)).running


async def test_a_key_that_cannot_be_kept_is_not_used(at: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    device_ids = await populate(at)
    async with opened(at) as radar:
        before = await answers(radar, device_ids)

        def fail(_key: bytes, _behind: int) -> None:
            raise OSError("no space")

        monkeypatch.setattr(radar.rotation._kept, "add", fail)
        with pytest.raises(errors.UnavailableError) as caught:
            await radar.rotation.start()
        assert caught.value.reason is errors.Reason.STORAGE_UNAVAILABLE
        assert not (await radar.rotated()).running
        assert await answers(radar, device_ids) == before


async def test_a_disk_in_trouble_makes_it_wait(at: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appshare.relation_radar.key_rotation._PAUSE", 0.0)
    device_ids = await populate(at)
    trouble = 3

    async def fail() -> None:
        nonlocal trouble
        if trouble:
            trouble -= 1
            raise errors.UnavailableError(errors.Reason.STORAGE_UNAVAILABLE, "a full disk")

    async with opened(at, fail) as radar:
        before = await answers(radar, device_ids)
        await radar.rotation.start()
        async with in_background(radar.rotation.run()):
            await _until(radar.rotation)
        assert not trouble
        assert await answers(radar, device_ids) == before


async def test_too_few_keys_are_refused(at: Deployment) -> None:
    await populate(at)
    first = (at.folder / "number.key").read_bytes()
    async with opened(at) as radar:
        await radar.rotation.start()
        await radar.stores.rotation.begin(check_of(at.key_file.read()[1]))
    both = (at.folder / "number.key").read_bytes()

    async def refused() -> str:
        (at.folder / "number.key").write_bytes(first)
        with pytest.raises(errors.UnavailableError) as caught:
            async with opened(at):
                pytest.fail("it was opened")
        (at.folder / "number.key").write_bytes(both)
        return caught.value.message

    while_copying = await refused()
    assert while_copying == (
        "the file of the number keys holds 1, the database needs 2:"
        " put back a backup of the file from after the last rotation was started"
    )
    async with opened(at) as radar:
        await radar.rotated()
    assert await refused() == while_copying


async def test_calls_go_on_under_load(at: Deployment, small_steps: None) -> None:
    device_ids = await populate(at)
    async with opened(at) as radar:
        limits = RadarLimits(lookup_burst=1_000_000)
        async with serving(radar.stores, radar.registrar, radar.keys, radar.rotation, FakeClock(), limits) as stub:
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
                device = await radar.stores.radar.find_device(device_ids[person])
                assert device is not None
                stored = await radar.stores.radar.book(device)
                assert stored.contacts.keys() == {radar.keys.key(number(each)) for each in book}


@dataclass
class Copies:
    """Two copies of the service on one database, with one key file."""

    one: Opened
    other: Opened
    device_ids: dict[int, str]
    before: list[object]


@pytest.fixture
async def copies(postgresql: PostgresqlServer, tmp_path: Path) -> AsyncIterator[Copies]:
    with postgresql.fresh_database() as url:
        at = Deployment(tmp_path, url)
        device_ids = await populate(at)
        async with opened(at) as one, opened(at) as other:
            yield Copies(one, other, device_ids, await answers(one, device_ids))


async def test_a_copy_follows_the_rotation_of_another_and_until_then_says_that_it_cannot_answer(copies: Copies) -> None:
    await copies.one.rotation.start()
    await copies.one.rotation.finish()
    for call in (
        copies.other.radar.acquaintances.by_number(copies.device_ids[0], number(1)),
        copies.other.sync(copies.device_ids[0], [5]),
        copies.other.register(30),
    ):
        with pytest.raises(errors.UnavailableError) as caught:
            await call
        assert caught.value.retry_after is not None
    await copies.other.rotation.follow()
    assert copies.other.keys.secrets == copies.one.keys.secrets
    assert await answers(copies.other, copies.device_ids) == copies.before
    assert await copies.other.rotation.progress() == progress(2, 6, running=False)


async def test_copies_that_start_and_rotate_at_once_agree_on_one_key(copies: Copies, small_steps: None) -> None:
    both = (copies.one, copies.other)
    for generation in (2, 3):
        started = await asyncio.gather(*(each.rotation.start() for each in both))
        assert all(each.running for each in started)
        async with in_background(copies.one.rotation.run()), in_background(copies.other.rotation.run()):
            for each in both:
                await until_generation(each, generation)
        assert copies.one.keys.secrets == copies.other.keys.secrets
        for each in both:
            assert await answers(each, copies.device_ids) == copies.before


async def test_books_that_another_copy_takes_meanwhile_are_not_lost(copies: Copies, small_steps: None) -> None:
    books = dict(BOOKS)
    await copies.one.rotation.start()

    async def sync(person: int) -> None:
        for turn in range(4):
            books[person] = [(person + turn + step) % 6 for step in range(turn % 3 + 1)]
            while True:
                with suppress(errors.UnavailableError):
                    await copies.other.sync(copies.device_ids[person], books[person])
                    break

    async with in_background(copies.one.rotation.run()), in_background(copies.other.rotation.run()):
        await asyncio.gather(*map(sync, PEOPLE))
        for each in (copies.one, copies.other):
            await until_generation(each, 2)
    store, key = copies.one.stores.radar, copies.one.keys.key
    for person, listed in books.items():
        device = await store.find_device(copies.device_ids[person])
        assert device is not None
        assert (await store.book(device)).contacts.keys() == {key(number(each)) for each in listed}
    for person in PEOPLE:
        holders = sum(person in listed for listed in books.values())
        assert await store.hubs([key(number(person))], holders) == frozenset()
        assert not holders or await store.hubs([key(number(person))], holders - 1)


async def test_a_copy_with_other_keys_is_refused(copies: Copies, tmp_path: Path) -> None:
    folder = tmp_path / "its own"
    folder.mkdir()
    with pytest.raises(errors.UnavailableError, match="is not that of the database"):
        async with opened(Deployment(folder, copies.one.stores.url)):
            pytest.fail("it was opened")


async def test_what_a_copy_has_begun_and_left_is_finished_by_another(copies: Copies, small_steps: None) -> None:
    await copies.one.rotation.start()
    await copies.one.stores.rotation.begin(check_of(copies.one.rotation._waiting[0]))
    assert (await copies.other.rotated()).generation == 2
    assert await answers(copies.other, copies.device_ids) == copies.before


async def until_generation(radar: Opened, generation: int) -> None:
    """Waits until a copy has taken so many keys into use, and nothing is left to be done."""
    while len(radar.keys.secrets) < generation or (await radar.rotation.progress()).running:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0)
