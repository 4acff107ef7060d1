"""`make benchmark-fit`: matches in a small and in a large catalogue, and a package on its way in, beside bare ones."""

import asyncio
import hashlib
import logging
import tempfile
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from time import perf_counter

import click
import grpc
import structlog

from appshare.app_download.__main__ import running
from appshare.app_download.fitting.device_fit import choose
from appshare.app_download.matching import Matching
from appshare.app_download.model import DeviceProfile
from appshare.app_download.package import Build, Package
from appshare.app_download.settings import DownloadSettings
from appshare.app_download.stores.sqlite import MIGRATIONS, SqliteCatalogueStore
from appshare.app_download.stores.sqlite_decisions import SqliteDecisionStore
from appshare.app_download.stores.sqlite_upstreams import SqliteUpstreamStore
from appshare.app_download.upstreams.search import UpstreamSearch
from appshare.rpc.address import Address
from appshare.rpc.call import Callee
from appshare.sqlite.database import open_database
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import catalogue_pb2, device_pb2, fit_pb2
from appshare.v1.app_download_pb2_grpc import AppDownloadServiceStub
from benchmarks.figures import Figures, bare_times, times
from benchmarks.fit.packages import BUILDS, app_name, catalogue, large_package, sample_builds, split_set

_ROUNDS = 500
_SETS = 200
_CHUNK = 512 << 10
_SERVICE = Callee("AppDownload")
PHONE = DeviceProfile(sdk_version=34, supported_abis=("arm64-v8a", "armeabi-v7a"), screen_density=420)
_ON_THE_WIRE = device_pb2.DeviceProfile(
    platform=device_pb2.PLATFORM_ANDROID,
    sdk_version=34,
    supported_abis=PHONE.supported_abis,
    screen_density=420,
)
_SET_ID = "f" * 64


@click.command()
@click.option("--packages", default=10_000, show_default=True, help="Of the large catalogue.")
@click.option("--mib", default=64, show_default=True, help="Size of the package that comes in.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures as JSON.")
def main(packages: int, mib: int, out: Path | None) -> None:
    """Measure matches and ingestion."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    figures = Figures()
    with tempfile.TemporaryDirectory(prefix="appshare-fit-") as folder:
        for size in (10, packages):
            asyncio.run(_measure_matches(Path(folder, str(size)), size, figures))
        asyncio.run(_measure_ingestion(Path(folder), mib, figures))
    print(figures.table())
    if out:
        out.write_text(figures.json() + "\n", encoding="utf-8")


async def _measure_matches(data: Path, size: int, figures: Figures) -> None:
    folder = data / "app-download"
    folder.mkdir(parents=True)
    held = split_set()
    async with open_database(folder / "app_download.db", MIGRATIONS) as database:
        store = SqliteCatalogueStore(database)
        await asyncio.gather(*(store.add(package) for package in catalogue(size)))
        names = _names(size)
        rounds = -(-_ROUNDS // len(names))
        builds = sample_builds()
        matching = Matching(
            store, SqliteDecisionStore(database), UpstreamSearch(SqliteUpstreamStore(database), size_limit=0)
        )
        match = [partial(matching.match, name, PHONE) for name in names] * rounds
        bare = bare_times([partial(choose, PHONE, builds)] * _ROUNDS)
        for when in ("first", "again"):
            what = f"match among {size} packages, {when}"
            figures.add_times(what, "us", await times(match), bare, "the rule on parsed builds")
        if held:
            await store.add(Package(package_id=_SET_ID, build=held))
            await _measure_set(matching, held, size, figures)
    await _measure_calls(data, names, size, figures)


async def _measure_set(matching: Matching, held: Build, size: int, figures: Figures) -> None:
    name = Package(package_id=_SET_ID, build=held).manifest.package_name
    match = [partial(matching.match, name, PHONE)] * _SETS
    bare = bare_times([partial(choose, PHONE, [held])] * _SETS)
    files = len(Package(package_id=_SET_ID, build=held).files)
    what = f"match a set of {files} files among {size}"
    figures.add_times(what, "us", await times(match), bare, "the rule on the parsed set")


async def _measure_calls(data: Path, names: Sequence[str], size: int, figures: Figures) -> None:
    settings = DownloadSettings.model_validate({"data": data, "listen": Address("127.0.0.1", 0)})
    async with (
        running(settings) as addresses,
        grpc.aio.insecure_channel(str(addresses["listen"])) as channel,
    ):
        stub = AppDownloadServiceStub(channel)
        calls = [
            partial(_SERVICE.unary, stub.Match, pb.MatchRequest(package_name=name, profile=_ON_THE_WIRE))
            for name in names
        ] * (_ROUNDS // len(names))
        figures.add_times(f"match as a call, among {size} packages", "us", await times(calls))


async def _measure_ingestion(folder: Path, mib: int, figures: Figures) -> None:
    file = large_package(folder, mib)
    content = file.read_bytes()
    megabytes = len(content) / 1e6
    [bare] = bare_times([partial(_hash_and_write, content, folder / "bare.bin")])
    settings = DownloadSettings.model_validate({"data": folder, "listen": Address("127.0.0.1", 0)})
    async with (
        running(settings) as addresses,
        grpc.aio.insecure_channel(str(addresses["listen"])) as channel,
    ):
        stub = AppDownloadServiceStub(channel)
        start = perf_counter()
        await _SERVICE.upload(stub.Ingest, _upload(file.name, content))
        spent = perf_counter() - start
    what = f"ingest a package of {megabytes:.0f} MB"
    figures.add(what, "MB/s", megabytes / spent, megabytes / bare, "SHA-256 and a file")


async def _upload(name: str, content: bytes) -> AsyncIterator[pb.IngestRequest]:
    digest = hashlib.sha256(content).hexdigest()
    file = catalogue_pb2.UploadFile(name=name, size=len(content), sha256=digest)
    yield pb.IngestRequest(header=catalogue_pb2.UploadHeader(files=[file]))
    for offset in range(0, len(content), _CHUNK):
        yield pb.IngestRequest(chunk=fit_pb2.FileChunk(offset=offset, data=content[offset : offset + _CHUNK]))


def _hash_and_write(content: bytes, path: Path) -> None:
    hashlib.sha256(content).hexdigest()
    path.write_bytes(content)


def _names(size: int) -> list[str]:
    """Of apps of the catalogue, at random, each once."""
    random = Random(7)  # noqa: S311  # the same in every run
    apps = range(max(1, size // BUILDS))
    return [app_name(number) for number in random.sample(apps, min(_ROUNDS, len(apps)))]


if __name__ == "__main__":
    main()
