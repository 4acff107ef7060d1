"""Phones on a real radar: registered, with their books synced, asking who their friends are."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.limits import RadarLimits
from appshare.relation_radar.model import Contact, Registration, Rule, Session
from appshare.relation_radar.numbers import NumberKeys, read_personal_number
from appshare.relation_radar.radar import Radar
from appshare.relation_radar.stores.sqlite import SqliteRadarStore
from appshare.relation_radar.stores.sqlite_blocks import SqliteBlockStore
from appshare.sqlite.database import Database
from benchmarks.accuracy.phone_numbers import REGION, person_number
from benchmarks.accuracy.remembering_store import RememberingStore
from benchmarks.accuracy.rules import UNLIMITED, ComparedRule

Progress = Callable[[int], None]
"""Is told how many are done."""

_AT_ONCE = 64
_NOW = 0.0
_SECRET = bytes(32)


class Phones:
    """The phones of people, numbered from 0, on one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._store = SqliteRadarStore(database)
        self._number_keys = NumberKeys(_SECRET)

    async def register(self, count: int, progress: Progress) -> None:
        """Registers the phones with their numbers."""
        await _all_of((self._register(person) for person in range(count)), progress)

    async def sync(self, books: Sequence[Sequence[str]], progress: Progress) -> None:
        """Uploads the phones' books; an empty one is not uploaded, which the radar would refuse."""
        radar = self._radar(self._store, Rule.LISTED, UNLIMITED)
        uploads = (radar.books.replace(str(person), _contacts(book)) for person, book in enumerate(books) if book)
        await _all_of(uploads, progress)

    async def friends(self, rule: ComparedRule, viewers: Iterable[int], progress: Progress) -> list[set[int]]:
        """The owners whom the radar takes for friends of each viewer."""
        radar = self._radar(RememberingStore(self._database), rule.rule, rule.hub_limit)
        found = []
        for viewer in viewers:
            friends, _ = await radar.friends.all(str(viewer))
            found.append({int(friend.device_id) for friend in friends})
            progress(len(found))
        return found

    def _radar(self, store: SqliteRadarStore, rule: Rule, hub_limit: int) -> Radar:
        limits = RadarLimits(hub_limit=hub_limit, max_contacts=UNLIMITED, max_friends=UNLIMITED)
        return Radar(store, self._number_keys, FriendshipRule(rule), limits, SqliteBlockStore(self._database))

    async def _register(self, person: int) -> None:
        name = str(person)
        number = read_personal_number(person_number(person), REGION)
        registration = Registration(
            registration_id=name,
            number_key=self._number_keys.key(number),
            region=REGION,
            code_digest=b"",
            attempts=0,
            expire_time=_NOW + 1,
        )
        await self._store.add_registration(registration, None, _NOW, codes_per_hour=1)
        session = Session(name, name, current_digest=b"", previous_digest=None, rotate_time=_NOW)
        await self._store.complete_registration(registration, name, session)


def _contacts(book: Sequence[str]) -> list[Contact]:
    return [Contact(contact_id, (number,)) for contact_id, number in enumerate(book, start=1)]


async def _all_of(jobs: Iterable[Awaitable[object]], progress: Progress) -> None:
    """Does jobs, some of them at once, as a server is asked by many; raises what the first to fail has raised."""
    waiting, done = iter(jobs), 0

    async def work() -> None:
        nonlocal done
        for job in waiting:
            await job
            done += 1
            progress(done)

    try:
        async with asyncio.TaskGroup() as workers:
            for _ in range(_AT_ONCE):
                workers.create_task(work())
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
