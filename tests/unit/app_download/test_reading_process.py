"""What a process that reads a package has, and what happens when it, its host or its service ends."""

import asyncio
import os
import resource
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from tests.support.processes import children, has_ended, until

from appshare.app_download.package_reader import (
    _READERS,
    PackageRefused,
    ReadingLimits,
    RefusalReason,
    read_package,
    read_splits,
)
from appshare.app_download.reading_process import readers

SAMPLE = Path(__file__).parents[3] / "tests" / "packages" / "chat-1.0.apk"
LIMITS = ReadingLimits()


def host() -> int:
    assert _READERS._forks.host_id
    return _READERS._forks.host_id


def fds(process: int) -> set[str]:
    return {each.name for each in Path(f"/proc/{process}/fd").iterdir()}


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """What nobody writes, and whoever reads it waits for."""
    os.mkfifo(tmp_path / "pipe.apk")
    return tmp_path / "pipe.apk"


@pytest.fixture
async def reading(pipe: Path) -> AsyncIterator[asyncio.Task[Any]]:
    """A reading that does not end by itself."""
    task = asyncio.create_task(read_splits({"pipe": pipe}, LIMITS))
    yield task
    task.cancel()
    await asyncio.wait([task])


async def process_of(reading: asyncio.Task[Any]) -> int:
    """The one process that reads, once it waits."""
    await until(lambda: reading.done() or (_READERS._forks.host_id and children(host())))
    [process] = children(host())
    await until(lambda: fds(process) == {"0", "1", "2"})
    return process


async def refusal_of(reading: asyncio.Task[Any]) -> tuple[RefusalReason, str]:
    with pytest.raises(PackageRefused) as refused:
        await reading
    return refused.value.reason, refused.value.message


CRASH = (RefusalReason.MALFORMED_MANIFEST, "reading it ended in a crash")


async def test_it_has_its_file_and_nothing_else_of_the_service(reading: asyncio.Task[Any]) -> None:
    process = await process_of(reading)
    assert Path(f"/proc/{process}/environ").read_bytes() == b""
    assert Path(f"/proc/{process}/fd/0").readlink() == Path(os.devnull)
    assert Path(f"/proc/{process}/fd/2").readlink() == Path(os.devnull)
    assert Path(f"/proc/{process}/fd/1").readlink().name.startswith("socket:")


async def test_it_is_bound_to_its_limits(reading: asyncio.Task[Any]) -> None:
    process = await process_of(reading)
    await until(lambda: resource.prlimit(process, resource.RLIMIT_CORE) == (0, 0))
    memory, files = (resource.prlimit(process, each) for each in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE))
    assert (memory, files) == ((LIMITS.memory_bytes,) * 2, (LIMITS.part_bytes,) * 2)
    assert resource.prlimit(process, resource.RLIMIT_CPU) == (LIMITS.cpu_seconds, LIMITS.cpu_seconds + 1)


async def test_its_host_has_one_thread_and_no_secret_and_bounded_memory(reading: asyncio.Task[Any]) -> None:
    await process_of(reading)
    soft, _ = resource.prlimit(host(), resource.RLIMIT_AS)
    assert soft == LIMITS.memory_bytes
    assert len(list(Path(f"/proc/{host()}/task").iterdir())) == 1
    assert Path(f"/proc/{host()}/environ").read_bytes() == b""


async def test_a_crash_costs_only_its_package(reading: asyncio.Task[Any]) -> None:
    process, its_host = await process_of(reading), host()
    os.kill(process, signal.SIGSEGV)
    assert await refusal_of(reading) == CRASH
    assert (await read_package(SAMPLE, LIMITS)).package_name == "org.appshare.sample.chat"
    assert host() == its_host


async def test_others_are_read_while_one_takes_long(reading: asyncio.Task[Any]) -> None:
    process = await process_of(reading)
    await read_package(SAMPLE, LIMITS)
    assert children(host()) == [process]


async def test_a_reading_that_is_not_wanted_any_more_leaves_no_process_behind(reading: asyncio.Task[Any]) -> None:
    process = await process_of(reading)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert has_ended(process)


async def test_a_process_that_takes_too_long_is_ended(pipe: Path) -> None:
    with pytest.raises(PackageRefused) as refused:
        await read_splits({"pipe": pipe}, ReadingLimits(wall_seconds=0.5))
    assert refused.value.reason == RefusalReason.TIMED_OUT
    assert children(host()) == []


async def test_a_host_that_was_killed_is_started_again(reading: asyncio.Task[Any]) -> None:
    process = await process_of(reading)
    os.kill(host(), signal.SIGKILL)
    assert await refusal_of(reading) == CRASH
    assert (await read_package(SAMPLE, LIMITS)).package_name == "org.appshare.sample.chat"
    assert has_ended(process)


async def test_the_host_rests_when_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "_IDLE", 0)
    await read_package(SAMPLE, LIMITS)
    await until(lambda: _READERS._forks.host_id is None)
    await read_package(SAMPLE, LIMITS)


_SERVICE = """
import asyncio, sys
from pathlib import Path
from appshare.app_download import package_reader

async def main():
    pipe, limits = Path(sys.argv[1]), package_reader.ReadingLimits()
    reading = asyncio.create_task(package_reader.read_splits({"pipe": pipe}, limits))
    while not package_reader._READERS._forks.host_id:
        await asyncio.sleep(0)
    print(package_reader._READERS._forks.host_id, flush=True)
    await reading

asyncio.run(main())
"""


async def test_a_service_that_is_killed_takes_host_and_processes_along(pipe: Path) -> None:
    service = await asyncio.create_subprocess_exec(sys.executable, "-c", _SERVICE, str(pipe), stdout=PIPE)
    assert service.stdout
    its_host = int(await service.stdout.readline())
    await until(lambda: children(its_host))
    [process] = children(its_host)
    service.kill()
    await service.wait()
    await until(lambda: has_ended(its_host) and has_ended(process))


async def test_what_says_more_than_a_report_has_is_not_listened_to() -> None:
    request = {"limits": asdict(LIMITS), "scratch": "/", "splits": {"chat.apk": str(SAMPLE)}}
    async with _READERS.reading(SAMPLE, request) as reading:
        with pytest.raises(ValueError, match="too long"):
            await reading.report(longest=100)
    async with _READERS.reading(SAMPLE, request) as reading:
        assert len(await reading.report(longest=1 << 20)) > 100
