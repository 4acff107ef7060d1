"""What every store of AppDownload does. Each implementation passes the same tests."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.download_stores import ENGINES, emptied, opened

from appshare.app_download.model import Artifact, PackageManifest, Screen, ScreenSize
from appshare.app_download.package import Package
from appshare.app_download.package_reading.report import manifest_report
from appshare.app_download.package_set import PackageSet
from appshare.app_download.store import CatalogueStore
from appshare.app_download.stores.sqlite import MIGRATIONS, SqliteCatalogueStore
from appshare.sqlite.database import open_database

OpenStore = Callable[[], AbstractAsyncContextManager[CatalogueStore]]


def package(package_name: str, version_code: int, digit: str) -> Package:
    manifest = PackageManifest(
        package_name=package_name,
        version_code=version_code,
        version_name=f"{version_code}.0",
        label="例",
        abis=("arm64-v8a",),
        compatible_screens=(Screen(ScreenSize.NORMAL, 480),),
        max_sdk=33,
    )
    apk = Artifact(sha256=digit * 64, size=version_code + 1, file_name=f"{digit}.apk", manifest=manifest)
    return Package(package_id=apk.sha256, build=apk)


@pytest.fixture(params=ENGINES)
async def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> OpenStore:
    """Opens the same store again and again, as a process does that is started anew."""
    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    if server:
        async with emptied(server):
            pass

    @asynccontextmanager
    async def open_one() -> AsyncIterator[CatalogueStore]:
        async with opened(tmp_path, server) as stores:
            yield stores.catalogue

    return open_one


@pytest.fixture
async def store(open_store: OpenStore) -> AsyncIterator[CatalogueStore]:
    async with open_store() as one:
        yield one


async def test_a_package_comes_back_as_it_was_added(store: CatalogueStore) -> None:
    added = package("org.example.notes", 7, "a")
    await store.add(added)
    assert await store.find(added.package_id) == added
    assert await store.find("b" * 64) is None


async def test_adding_again_changes_nothing(store: CatalogueStore) -> None:
    await store.add(package("org.example.notes", 7, "a"))
    await store.add(package("org.example.other", 8, "a"))
    found = await store.find("a" * 64)
    assert found is not None
    assert found.manifest.package_name == "org.example.notes"


async def test_packages_of_an_app_come_newest_first_whatever_their_order(store: CatalogueStore) -> None:
    for version_code, digit in ((2, "b"), (10, "a"), (2, "1"), (9, "c")):
        await store.add(package("org.example.notes", version_code, digit))
    await store.add(package("org.example.notes2", 99, "d"))
    found = await store.packages_of("org.example.notes")
    assert [(each.manifest.version_code, each.package_id[0]) for each in found] == [
        (10, "a"),
        (9, "c"),
        (2, "1"),
        (2, "b"),
    ]


async def test_packages_of_an_app_are_those_that_are_there_now(store: CatalogueStore) -> None:
    added = package("org.example.notes", 7, "a")
    await store.add(added)
    assert await store.packages_of("org.example.notes") == await store.packages_of("org.example.notes") == [added]
    await store.remove(added.package_id)
    assert await store.packages_of("org.example.notes") == []
    again = replace(added, build=replace(added.files[0], file_name="other.apk"))
    await store.add(again)
    assert await store.packages_of("org.example.notes") == [again]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
async def test_pages_together_hold_every_package_once(store: CatalogueStore, size: int) -> None:
    rows = [("org.a", 1, "1"), ("org.a", 2, "2"), ("org.b", 5, "3"), ("org.b", 5, "4"), ("org.c", 0, "5")]
    for name, version_code, digit in rows:
        await store.add(package(name, version_code, digit))
    seen, after = [], None
    while page := await store.page("", after, size):
        seen += [each.package_id[0] for each in page]
        after = page[-1].page_key
    assert seen == ["2", "1", "3", "4", "5"]
    assert [each.package_id[0] for each in await store.page("org.b", None, size)] == ["3", "4"][:size]


async def test_a_removed_package_is_gone(store: CatalogueStore) -> None:
    await store.add(package("org.example.notes", 7, "a"))
    assert await store.digests() == {"a" * 64}
    assert await store.remove("a" * 64) == {"a" * 64}
    assert await store.remove("a" * 64) is None
    assert await store.digests() == set()


async def test_a_file_stays_as_long_as_a_package_has_it(store: CatalogueStore) -> None:
    [base] = package("org.example.notes", 7, "a").files
    more = replace(base, sha256="b" * 64, manifest=replace(base.manifest, split_name="config.de"))
    await store.add(Package(package_id="1", build=PackageSet(parts=(base, more))))
    await store.add(Package(package_id="2", build=PackageSet(parts=(base,))))
    assert await store.digests() == {base.sha256, more.sha256}
    assert await store.remove("1") == {more.sha256}
    assert await store.digests() == {base.sha256}
    assert await store.remove("2") == {base.sha256}


async def test_a_set_comes_back_as_it_was_added(store: CatalogueStore) -> None:
    [base] = package("org.example.notes", 7, "a").files
    added = Package(package_id="1", build=PackageSet(parts=(base,), device_model="Pixel 8"))
    await store.add(added)
    assert await store.find("1") == added


async def test_an_app_store_link_is_replaced_and_removed(store: CatalogueStore) -> None:
    assert await store.app_store_link("org.example.notes") is None
    await store.set_app_store_link("org.example.notes", "https://apps.example/1")
    await store.set_app_store_link("org.example.notes", "https://apps.example/2")
    assert await store.app_store_link("org.example.notes") == "https://apps.example/2"
    await store.set_app_store_link("org.example.notes", "")
    assert await store.app_store_link("org.example.notes") is None


async def test_a_restart_loses_nothing(open_store: OpenStore) -> None:
    added = package("org.example.notes", 7, "a")
    async with open_store() as store:
        await store.add(added)
        await store.set_app_store_link("org.example.notes", "https://apps.example/1")
    async with open_store() as store:
        assert await store.find(added.package_id) == added
        assert await store.app_store_link("org.example.notes") == "https://apps.example/1"


async def test_packages_of_the_first_layout_stay(tmp_path: Path) -> None:
    [apk] = package("org.example.notes", 7, "a").files
    path = tmp_path / "catalogue.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript((Path(str(MIGRATIONS)) / "0001_initial.sql").read_text() + "PRAGMA user_version = 1;")
        row = (apk.sha256, apk.file_name, apk.size, "org.example.notes", 7, manifest_report(apk.manifest))
        database.execute("INSERT INTO packages VALUES (?, ?, ?, ?, ?, ?)", row)
    async with open_database(path, MIGRATIONS) as opened:
        store = SqliteCatalogueStore(opened)
        assert await store.packages_of("org.example.notes") == [Package(package_id=apk.sha256, build=apk)]
        assert await store.digests() == {apk.sha256}
