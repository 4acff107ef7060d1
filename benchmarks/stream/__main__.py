"""`python -m benchmarks.stream`: downloads through the real gateway, beside bare servers in the same run."""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter, sleep

import grpc
from demo.server_process import ServerProcess, running_server_process

from appshare.v1.device_gateway_pb2_grpc import SharingServiceStub
from benchmarks.figures import Figures
from benchmarks.stream import web_server
from benchmarks.stream.bare import METHOD
from benchmarks.stream.people import APP, DOWNLOAD, Friends, befriend
from benchmarks.stream.processes import bare_server, open_reader, processor_time, resident
from benchmarks.stream.reader import Reading
from benchmarks.stream.stored_package import store_package

_MIB = 1 << 20
_ROUNDS = 7
_SLOW = 200
_BUSY = 8
_LOOKS = 200
_PAUSE = 0.02
"""Seconds between two looks at a list of shares."""
_SETTLING = 2.0
"""Seconds after which memory does not grow any more."""
_UNLIMITED = (
    "CALLS_PER_DEVICE",
    "COSTLY_CALLS_PER_DEVICE",
    "STREAMS_PER_DEVICE",
    "CALLS_PER_PEER",
    "LOOKUPS_PER_HOUR",
    "LOOKUP_BURST",
)


@dataclass(frozen=True)
class Way:
    """One way for the bytes to come.

    Attributes:
        seconds: how long so many downloads at once take.
        process_ids: of those that they come through.
    """

    seconds: Callable[[int], float]
    process_ids: Sequence[int] = ()

    def processor_times(self) -> list[float]:
        """Seconds that its processes have used, in the order of the bytes' way."""
        return list(map(processor_time, self.process_ids))


class Bench:
    """A running cloud with a package of a size in bytes, and the bare ways beside it."""

    def __init__(self, folder: Path, size: int, chunk_size: int, figures: Figures) -> None:
        self._folder = folder
        self._size = size
        self._chunk_size = chunk_size
        self._figures = figures

    def measure(self, *, only_speed: bool) -> None:
        sha256 = asyncio.run(store_package(self._folder / "data", APP, self._size))
        file = self._folder / "data" / "app-download" / "packages" / sha256[:2] / sha256
        file.read_bytes()  # from now on it is in the page cache
        with ExitStack() as stack:
            server = stack.enter_context(running_server_process(self._folder / "data", self._folder / "server.log"))
            friends = asyncio.run(befriend(server))
            reading = Reading(server.devices, DOWNLOAD, friends.download, friends.token)
            ways = {"ours": Way(partial(_seconds, reading, self._size), _servers(server))}
            ways["bare"] = stack.enter_context(self._bare(file))
            if web_server.is_installed() and not only_speed:
                port = stack.enter_context(web_server.serving(file, self._folder))
                ways["nginx"] = Way(partial(web_server.seconds_to_read, port, file))
            for count in (1,) if only_speed else (1, 16):
                self._speed(ways, count)
            if not only_speed:
                asyncio.run(self._shares(server, friends, reading))
                self._slow_readers(server, reading)

    @contextmanager
    def _bare(self, file: Path) -> Iterator[Way]:
        with (
            bare_server("send", str(file), str(self._chunk_size)) as (behind, behind_id),
            bare_server("pass", behind) as (front, front_id),
        ):
            yield Way(partial(_seconds, Reading(front, METHOD), self._size), (behind_id, front_id))

    def _speed(self, ways: dict[str, Way], count: int) -> None:
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        before = {name: way.processor_times() for name, way in ways.items()}
        for _ in range(_ROUNDS):  # in turn, and the best counts: a busy machine is unfair to none
            for name, way in ways.items():
                seconds[name].append(way.seconds(count))
        megabytes = count * self._size / 1e6
        speeds = {name: megabytes / min(each) for name, each in seconds.items()}
        what = f"{count} at once, chunks of {self._chunk_size >> 10} KiB"
        self._figures.add(what, "MB/s", speeds["ours"], speeds["bare"], "grpc.aio, two hops")
        if "nginx" in speeds:
            self._figures.add(what, "MB/s", speeds["ours"], speeds["nginx"], "nginx, two hops")
        gigabytes = _ROUNDS * megabytes / 1e3
        for index, hop in enumerate(("sending", "passing on")):
            spent = {name: ways[name].processor_times()[index] - before[name][index] for name in ("ours", "bare")}
            self._figures.add(f"{what}: {hop}", "CPU s/GB", spent["ours"] / gigabytes, spent["bare"] / gigabytes, "")

    async def _shares(self, server: ServerProcess, friends: Friends, reading: Reading) -> None:
        idle = await _looks(server.devices, friends)
        with open_reader(replace(reading, count=_BUSY, again=True)):
            busy = await _looks(server.devices, friends)
        self._figures.add_times(f"shares beside {_BUSY} downloads", "ms", busy, idle, "beside none")

    def _slow_readers(self, server: ServerProcess, reading: Reading) -> None:
        names = ("gateway", "app-download")
        ids = [server.children()[name] for name in names]
        before = [resident(each) for each in ids]
        alone = min(_seconds(reading, self._size, 1) for _ in range(_ROUNDS))
        with open_reader(replace(reading, count=_SLOW, held=True)):
            sleep(_SETTLING)
            for name, process_id, at_first in zip(names, ids, before, strict=True):
                grown = (resident(process_id) - at_first) / _SLOW
                self._figures.add(f"a reader that has stopped, of {_SLOW}: {name}", "KiB", grown)
            beside = min(_seconds(reading, self._size, 1) for _ in range(_ROUNDS))
        megabytes = self._size / 1e6
        self._figures.add(f"1 beside {_SLOW} that have stopped", "MB/s", megabytes / beside, megabytes / alone, "alone")


def _seconds(reading: Reading, size: int, count: int) -> float:
    """How long so many downloads at once take; the first message of a bare stream, which is not counted, has bytes."""
    with open_reader(replace(reading, count=count)) as reader:
        return reader.seconds(count * (size - _MIB))


def _servers(server: ServerProcess) -> list[int]:
    children = server.children()
    return [children["app-download"], children["gateway"]]


async def _looks(address: str, friends: Friends) -> list[float]:
    """Seconds that each look at the list of shares takes."""
    metadata = (("authorization", f"Bearer {friends.token}"),)
    spent = []
    async with grpc.aio.insecure_channel(address) as channel:
        shares = SharingServiceStub(channel).ListShares
        for _ in range(_LOOKS):
            start = perf_counter()
            await shares(friends.shares, metadata=metadata)
            spent.append(perf_counter() - start)
            await asyncio.sleep(_PAUSE)
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stream")
    parser.add_argument("--mib", type=int, default=128, help="size of the package")
    parser.add_argument(
        "--chunks", default="512", help="sizes of chunks in KiB; several: only their speeds, one download"
    )
    parser.add_argument("--out", type=Path, help="also write the figures into this file, as JSON")
    arguments = parser.parse_args()
    os.environ |= {f"APPSHARE_{name}": "1000000" for name in _UNLIMITED}
    figures = Figures()
    chunks = [int(each) for each in arguments.chunks.split(",")]
    for chunk_kib in chunks:
        os.environ["APPSHARE_CHUNK_KIB"] = str(chunk_kib)
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(Path(folder), arguments.mib * _MIB, chunk_kib << 10, figures)
            bench.measure(only_speed=len(chunks) > 1)
    print(figures.table())
    if arguments.out:
        arguments.out.write_text(figures.json(), encoding="utf-8")


if __name__ == "__main__":
    main()
