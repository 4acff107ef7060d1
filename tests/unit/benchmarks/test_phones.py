"""Phones on a real radar."""

from pathlib import Path

import pytest
from benchmarks.accuracy.phone_numbers import person_number
from benchmarks.accuracy.phones import Phones

from appshare import errors
from appshare.relation_radar.stores.sqlite import MIGRATIONS
from appshare.sqlite.database import open_database


async def test_raises_what_the_radar_has_raised(tmp_path: Path) -> None:
    async with open_database(tmp_path / "radar.db", MIGRATIONS) as database:
        with pytest.raises(errors.NotFoundError):
            await Phones(database).sync([[person_number(1)], [person_number(0)]], lambda _: None)


async def test_counts_what_is_done(tmp_path: Path) -> None:
    done: list[int] = []

    async with open_database(tmp_path / "radar.db", MIGRATIONS) as database:
        await Phones(database).register(3, done.append)

    assert done == [1, 2, 3]
