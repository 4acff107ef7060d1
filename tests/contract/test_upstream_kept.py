"""Which packages of upstreams make room for others, on real files and a real database."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pytest
from tests.support.download_stores import ENGINES, emptied, opened
from tests.unit.app_download.samples import apk

from appshare.app_download.admission_policy import AdmissionPolicy
from appshare.app_download.catalogue import Catalogue
from appshare.app_download.decision_store import DecisionStore
from appshare.app_download.fitting.operator_rows import OperatorRow, RowEffect
from appshare.app_download.package import Package
from appshare.app_download.package_files import PackageFiles
from appshare.app_download.stores.opening import Stores
from appshare.app_download.upstreams.kept import KeptPackages

SIZE = 1000
"""Bytes of every package."""


@dataclass
class Shelf:
    """A catalogue into which upstreams' packages go; every look at the clock is a second later."""

    kept: KeptPackages
    catalogue: Catalogue
    files: PackageFiles
    decisions: DecisionStore

    async def fetch(self, letter: str) -> Package:
        """Takes a package in as a fetch does; it is called by its letter."""
        content = letter.encode() * SIZE
        sha256 = hashlib.sha256(content).hexdigest()
        build = replace(apk(f"{letter}.apk", size=SIZE, package_name=f"org.{letter}", signer_sha256="a"), sha256=sha256)
        package = Package(package_id=sha256, build=build)
        async with self.files.incoming() as file:
            await file.write(content)
            await self.kept.keep(package, file)
        await self.kept.make_room(sha256)
        return package

    async def letters(self) -> str:
        """The packages that are there, each with its file."""
        there = await self.catalogue.page("", None, 100)
        stored = {entry.sha256 async for entry in self.files.entries()}
        assert stored == {package.package_id for package in there}
        return "".join(package.manifest.package_name.removeprefix("org.") for package in there)


def shelf_of(stores: Stores, folder: Path, limit: int) -> Shelf:
    files = PackageFiles(folder)
    files.prepare()
    decisions = stores.decisions
    policy = AdmissionPolicy(
        refuse_debuggable=True,
        refuse_test_only=True,
        refuse_debug_certificate=True,
        refuse_32_bit_only=False,
        lowest_target_sdk=0,
    )
    catalogue = Catalogue(stores.catalogue, decisions, files, policy, stores.leases)
    clock = map(float, count()).__next__
    return Shelf(
        KeptPackages(stores.upstreams, catalogue, clock, limit=limit, leases=stores.leases), catalogue, files, decisions
    )


@pytest.fixture(params=ENGINES)
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    if server:
        async with emptied(server):
            pass
    async with opened(tmp_path, server) as all_of_them:
        yield all_of_them


@pytest.fixture
def shelf(stores: Stores, tmp_path: Path) -> Shelf:
    """Room for three packages."""
    return shelf_of(stores, tmp_path / "packages", 3 * SIZE)


async def test_what_was_asked_for_longest_ago_makes_room(shelf: Shelf) -> None:
    first, _ = await shelf.fetch("a"), await shelf.fetch("b")
    await shelf.fetch("c")
    assert await shelf.letters() == "abc"
    shelf.kept.asked_for([first.package_id, "f" * 64])
    await shelf.fetch("d")
    assert await shelf.letters() == "acd"
    state = await shelf.kept.state()
    assert (state.packages, state.size) == (3, 3 * SIZE)


async def test_a_package_that_is_larger_than_the_bound_serves_until_the_next_one_comes(
    stores: Stores, tmp_path: Path
) -> None:
    shelf = shelf_of(stores, tmp_path / "packages", SIZE // 2)
    await shelf.fetch("a")
    assert await shelf.letters() == "a"
    await shelf.fetch("b")
    assert await shelf.letters() == "b"


async def test_a_bound_that_was_lowered_is_kept_to_from_the_start(stores: Stores, tmp_path: Path) -> None:
    generous = shelf_of(stores, tmp_path / "packages", 0)
    for letter in "abcde":
        await generous.fetch(letter)
    assert await generous.letters() == "abcde"
    frugal = shelf_of(stores, tmp_path / "packages", 2 * SIZE)
    await frugal.kept.make_room()
    assert await frugal.letters() == "de"


async def test_what_an_operator_has_to_do_with_stays_and_does_not_count(shelf: Shelf) -> None:
    claimed, in_a_row = await shelf.fetch("a"), await shelf.fetch("b")
    await shelf.catalogue.claim(claimed.package_id)
    row = OperatorRow(
        row_id="row", package_name="org.b", position=1, effect=RowEffect.PREFER, package_id=in_a_row.package_id
    )
    await shelf.decisions.set_rows("org.b", [row])
    assert (await shelf.kept.state()).packages == 0
    for letter in "cdefg":
        await shelf.fetch(letter)
    assert await shelf.letters() == "abefg"


async def test_a_download_of_what_makes_room_completes(shelf: Shelf) -> None:
    first = await shelf.fetch("a")
    async with shelf.files.held([first.package_id]), shelf.files.open(first.package_id, SIZE) as opened:
        for letter in "bcd":
            await shelf.fetch(letter)
        assert await shelf.catalogue.find(first.package_id) is None
        chunks = [bytes(chunk) async for chunk in opened.chunks(0, SIZE, 400)]
    assert b"".join(chunks) == b"a" * SIZE
    assert await shelf.letters() == "bcd"
