"""What every store of upstreams does."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.download_stores import ENGINES, emptied, opened
from tests.unit.app_download.samples import apk

from appshare.app_download.package import Package
from appshare.app_download.stores.opening import Stores
from appshare.app_download.stores.sqlite import MIGRATIONS, SqliteCatalogueStore
from appshare.app_download.stores.sqlite_upstreams import SqliteUpstreamStore
from appshare.app_download.upstreams.model import Accepted, FoundName, Health, ListedApp, ListedVersion, Source
from appshare.app_download.upstreams.store import UpstreamStore
from appshare.sqlite.database import open_database

FIRST = Source(name="first", address="https://one.example/repo", mirrors=("https://m.example",), fingerprint="a" * 64)
SECOND = Source(name="second", address="http://two.example/repo", fingerprint="b" * 64, plain_http=True)
APP = "org.example.app"
DAY = 86400.0


@pytest.fixture(params=ENGINES)
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    if server:
        async with emptied(server):
            pass
    async with opened(tmp_path, server) as all_of_them:
        yield all_of_them


@pytest.fixture
def store(stores: Stores) -> UpstreamStore:
    return stores.upstreams


def listed(*digests: str, name: str = APP) -> ListedApp:
    versions = [
        ListedVersion(f"{digest}.apk", apk(digest, package_name=name, version_code=code))
        for code, digest in enumerate(digests, 1)
    ]
    return ListedApp(name, "An app", f"{name} an app", "s" * 64, tuple(versions))


async def publish(store: UpstreamStore, source: Source, *apps: ListedApp) -> None:
    await store.add(source)
    index = await store.begin_index()
    await store.put_apps(index, apps)
    assert await store.accept(source.name, index, Accepted(timestamp=1), Health(checked_at=1.0))


async def digests(store: UpstreamStore) -> list[str]:
    return [offer.artifact.sha256 for offer, _ in await store.offers(APP)]


async def test_upstreams_are_kept_in_their_order_and_each_name_once(store: UpstreamStore) -> None:
    assert await store.add(SECOND)
    assert await store.add(FIRST)
    assert not await store.add(replace(SECOND, address="https://other.example"))
    assert [upstream.source for upstream in await store.upstreams()] == [SECOND, FIRST]


async def test_an_index_is_seen_when_it_is_accepted_and_takes_the_others_place(store: UpstreamStore) -> None:
    await publish(store, FIRST, listed("1", "2"))
    index = await store.begin_index()
    await store.put_apps(index, [listed("3")])
    assert await digests(store) == ["2", "1"]
    assert await store.offer("3") is None
    await store.accept("first", index, Accepted(timestamp=2, apps=1), Health())
    assert await digests(store) == ["3"]
    assert (await store.upstreams())[0].accepted.timestamp == 2


async def test_what_was_put_beside_for_nothing_goes(store: UpstreamStore) -> None:
    await publish(store, FIRST, listed("1"))
    await store.put_apps(await store.begin_index(), [listed("2")])
    index = await store.begin_index()
    await store.put_apps(index, [listed("3")])
    await store.accept("first", index, Accepted(), Health())
    assert await digests(store) == ["3"]
    assert await store.offer("2") is None


async def test_an_index_of_an_upstream_that_is_gone_is_dropped(store: UpstreamStore) -> None:
    await store.add(FIRST)
    index = await store.begin_index()
    await store.put_apps(index, [listed("1")])
    assert await store.remove("first")
    assert not await store.remove("first")
    assert not await store.accept("first", index, Accepted(), Health())
    assert await store.offer("1") is None


async def test_the_first_upstream_that_has_a_file_offers_it(store: UpstreamStore) -> None:
    await publish(store, FIRST, listed("1"))
    await publish(store, SECOND, listed("1", "2"))
    offer = await store.offer("1")
    assert offer is not None
    assert (offer.source, offer.path) == (FIRST, "1.apk")
    assert [each.source.name for each, _ in await store.offers(APP)] == ["first", "second", "second"]


async def test_how_refreshes_went_is_kept(store: UpstreamStore) -> None:
    await publish(store, FIRST)
    failed = Health(checked_at=5.0, failures=2, reason="UPSTREAM_ROLLED_BACK", message="older")
    await store.record("first", failed)
    await store.record("gone", failed)
    [upstream] = await store.upstreams()
    assert upstream.health == failed
    await store.confirm("first", Health(checked_at=6.0), '"etag"')
    [upstream] = await store.upstreams()
    assert (upstream.health, upstream.accepted.etag) == (Health(checked_at=6.0), '"etag"')


async def test_a_search_finds_the_newest_of_all_words(store: UpstreamStore) -> None:
    await publish(store, FIRST, listed("1", "2"), listed("3", name="org.other"))
    assert [(app.package_name, app.version_code) for app in await store.search(["example", "app"], 9)] == [(APP, 2)]
    assert len(await store.search(["app"], 1)) == 1


async def test_names_come_once_each_with_whether_an_upstream_lists_them(store: UpstreamStore) -> None:
    await publish(store, FIRST, listed("1"), listed("2", name="org.other"))
    await publish(store, SECOND, listed("3"))
    assert await store.names(["an", "app"], "", 9) == [FoundName(APP, listed=True), FoundName("org.other", listed=True)]
    assert await store.names(["an"], APP, 9) == [FoundName("org.other", listed=True)]
    assert await store.names(["nothing"], "", 9) == []
    assert len(await store.names(["an"], "", 1)) == 1


async def test_the_first_upstream_says_what_is_listed(store: UpstreamStore) -> None:
    await publish(store, FIRST, listed("1", "2"))
    await publish(store, SECOND, listed("3", "4", "5"), listed("6", name="org.other"))
    found = await store.listed([APP, "org.other", "org.none"])
    assert {name: (app.version_code, app.upstream) for name, app in found.items()} == {
        APP: (2, "first"),
        "org.other": (1, "second"),
    }


async def test_packages_of_before_are_found_by_name(tmp_path: Path) -> None:
    async with open_database(tmp_path / "app_download.db", MIGRATIONS) as database:
        await SqliteCatalogueStore(database).add(Package(package_id="1", build=apk("1", package_name=APP)))
        async with database.transaction() as transaction:
            await transaction.write("UPDATE packages SET words = NULL")
        assert await SqliteUpstreamStore(database).names(["example"], "", 9) == [FoundName(APP, listed=False)]


async def test_what_was_asked_for_long_ago_counts_less(store: UpstreamStore) -> None:
    await store.count_requests({"old": 4.0, "new": 1.0}, 0.0, DAY)
    await store.count_requests({"new": 3.0}, 2 * DAY, DAY)
    assert await store.most_asked(1.0, 2 * DAY, DAY, 9) == ["new", "old"]
    assert await store.most_asked(3.0, 2 * DAY, DAY, 9) == ["new"]
    await store.count_requests({"new": 1.0}, 20 * DAY, DAY)
    assert await store.most_asked(0.0, 20 * DAY, DAY, 9) == ["new"]
