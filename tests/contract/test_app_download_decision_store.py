"""What every store of the operator's decisions does. Each implementation passes the same tests."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.support.download_stores import ENGINES, emptied, opened
from tests.unit.app_download.samples import apk

from appshare.app_download.app_decisions import AppDecisions
from appshare.app_download.decision_store import DecisionStore
from appshare.app_download.fitting.operator_rows import DeviceCondition, NumberRange, OperatorRow, RowEffect
from appshare.app_download.package import Build, Package
from appshare.app_download.package_reading.report import build_report
from appshare.app_download.package_set import PackageSet
from appshare.app_download.signer_pin import SignerPin
from appshare.app_download.stores.opening import Stores
from appshare.app_download.stores.sqlite import MIGRATIONS
from appshare.app_download.stores.sqlite_decisions import SqliteDecisionStore
from appshare.sqlite.database import open_database

NOTES, MAPS = "org.example.notes", "org.example.maps"
PIN = SignerPin("b", frozenset({"a", "0"}), by_operator=True)


@pytest.fixture(params=ENGINES)
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    if server:
        async with emptied(server):
            pass
    async with opened(tmp_path, server) as both:
        yield both


@pytest.fixture
def store(stores: Stores) -> DecisionStore:
    return stores.decisions


def row(row_id: str, package_name: str = NOTES, **what: Any) -> OperatorRow:
    return OperatorRow(row_id=row_id, package_name=package_name, position=0, **{"effect": RowEffect.DENY, **what})


FULL = row(
    "full",
    effect=RowEffect.FORCE,
    version_code=0,
    devices=DeviceCondition(
        manufacturer="Samsung",
        model="SM-*",
        sdk=NumberRange(21, 28),
        density=NumberRange(1),
        short_side=NumberRange(0, 720),
        long_side=NumberRange(5, 5),
        abis=("x86", "x86_64"),
    ),
)


async def test_nothing_is_decided_about_an_app_that_nobody_knows(store: DecisionStore) -> None:
    assert await store.decisions_of(NOTES) == AppDecisions()


async def test_all_that_is_decided_comes_back_and_is_of_its_app_alone(store: DecisionStore) -> None:
    await store.set_pin(NOTES, PIN)
    await store.set_floor(NOTES, 2**63 - 1)
    await store.set_rows(NOTES, [FULL, row("second", package_id="e489")])
    await store.set_floor(MAPS, 3)
    decided = await store.decisions_of(NOTES)
    assert (decided.pin, decided.lowest_version) == (PIN, 2**63 - 1)
    assert [(each.row_id, each.position) for each in decided.rows] == [("full", 1), ("second", 2)]
    assert decided.rows[0].devices == FULL.devices
    assert (decided.rows[0].effect, decided.rows[0].version_code, decided.rows[0].package_id) == ("FORCE", 0, "")
    assert (decided.rows[1].version_code, decided.rows[1].package_id) == (None, "e489")
    assert await store.decisions_of(MAPS) == AppDecisions(lowest_version=3)


async def test_a_pin_is_replaced_and_forgotten(store: DecisionStore) -> None:
    assert await store.set_pin(NOTES, SignerPin("a"))
    assert not await store.set_pin(NOTES, SignerPin("a"))
    assert await store.set_pin(NOTES, SignerPin("a", by_operator=True))
    assert await store.set_pin(NOTES, None)
    assert not await store.set_pin(NOTES, None)
    assert (await store.decisions_of(NOTES)).pin is None


async def test_a_lowest_version_is_replaced_and_removed(store: DecisionStore) -> None:
    for version_code in (3, 2, 0):
        await store.set_floor(NOTES, version_code)
        assert (await store.decisions_of(NOTES)).lowest_version == version_code
    assert await store.floors("", "", 10) == []


@pytest.mark.parametrize("size", [1, 2, 10])
async def test_pages_together_hold_everything_once(store: DecisionStore, size: int) -> None:
    apps = ["org.c", "org.a", "org.b"]
    for number, app in enumerate(apps, start=1):
        await store.set_pin(app, SignerPin(app))
        await store.set_floor(app, number)
        await store.set_rows(app, [row(f"{app}/{index}", app) for index in range(number)])
    pins, floors, after = [], [], ""
    while page := await store.pins("", after, size):
        pins += page
        floors += await store.floors("", after, size)
        after = page[-1][0]
    assert pins == [(app, SignerPin(app)) for app in sorted(apps)]
    assert floors == [("org.a", 2), ("org.b", 3), ("org.c", 1)]
    rows, behind = [], ("", 0)
    while found := await store.rows("", behind, size):
        rows += found
        behind = found[-1].package_name, found[-1].position
    assert [each.row_id for each in rows] == ["org.a/0", "org.a/1", "org.b/0", "org.b/1", "org.b/2", "org.c/0"]
    assert await store.pins("org.b", "", size) == [("org.b", SignerPin("org.b"))]
    assert await store.floors("org.b", "", size) == [("org.b", 3)]
    assert [each.row_id for each in await store.rows("org.b", ("", 0), size)][:1] == ["org.b/0"]


async def test_rows_change_places_all_at_once(store: DecisionStore) -> None:
    await store.set_rows(NOTES, [row("a"), row("b"), row("c")])
    await store.set_rows(NOTES, [row("c"), row("a")])
    assert [(each.row_id, each.position) for each in await store.rows(NOTES, ("", 0), 10)] == [("c", 1), ("a", 2)]
    assert await store.app_of_row("a") == NOTES
    assert await store.app_of_row("b") is None


async def test_a_package_and_the_pin_of_its_app_are_stored_together(stores: Stores) -> None:
    catalogue, store = stores.catalogue, stores.decisions
    added = Package(package_id="1", build=apk(package_name=NOTES))
    await catalogue.add(added, PIN)
    assert (await store.decisions_of(NOTES)).pin == PIN
    await catalogue.add(added)
    assert (await store.decisions_of(NOTES)).pin == PIN
    await catalogue.remove("1")
    assert (await store.decisions_of(NOTES)).pin == PIN


def signed(version_code: int, signer: str, *lineage: str) -> Build:
    return apk(package_name=NOTES, version_code=version_code, signer_sha256=signer, signer_lineage=lineage)


def held_set(signer: str) -> Build:
    [split, base] = (apk(name, package_name=NOTES, split_name=name, signer_sha256=signer) for name in ("x", ""))
    return PackageSet(parts=(split, base))


@pytest.mark.parametrize(
    ("builds", "pin"),
    [
        ([signed(1, "a"), signed(2, "a")], SignerPin("a")),
        ([signed(1, "a"), signed(2, "b", "a", "b")], SignerPin("b", frozenset("a"))),
        ([signed(2, "a"), signed(1, "b", "a", "b")], SignerPin("b", frozenset("a"))),
        (
            [signed(1, "a"), signed(2, "b", "a", "b"), signed(3, "c", "b", "c"), signed(4, "a")],
            SignerPin("c", frozenset("ab")),
        ),
        ([held_set("a,b")], SignerPin("a,b")),
        ([signed(1, "")], None),
        ([], None),
    ],
)
async def test_apps_that_are_there_are_pinned_to_whom_nobody_succeeded(
    tmp_path: Path, builds: list[Build], pin: SignerPin | None
) -> None:
    path = tmp_path / "older.db"
    migrations = sorted(Path(str(MIGRATIONS)).glob("*.sql"))
    before = [each for each in migrations if "operator_decisions" not in each.name]
    older = before[: next(index for index, each in enumerate(migrations) if "operator_decisions" in each.name)]
    with closing(sqlite3.connect(path)) as database, database:
        for migration in older:
            database.executescript(migration.read_text())
        database.execute(f"PRAGMA user_version = {len(older)}")
        database.executemany(
            "INSERT INTO packages (package_id, package_name, version_code, build) VALUES (?, ?, ?, ?)",
            [
                (str(number), NOTES, Package(package_id="", build=each).manifest.version_code, build_report(each))
                for number, each in enumerate(builds)
            ],
        )
    async with open_database(path, MIGRATIONS) as opened:
        assert (await SqliteDecisionStore(opened).decisions_of(NOTES)).pin == pin
