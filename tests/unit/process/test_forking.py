"""What a forked process has, and what happens when it, its host or who asked for it ends."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.support.processes import children, has_ended, until

from appshare.process.forking.forks import Fork, Forks, HostProgram

HOST = """
import atexit, os, sys
from appshare.process.forking.host import serve

def run(request):
    atexit.register(print, "at exit", flush=True)
    print("before", flush=True)
    exec(request["program"])

serve(run, farewell=None)
"""

WAIT = "sys.stdin.read()"


@pytest.fixture
def forks() -> Iterator[Forks]:
    forks = Forks(HostProgram(["-c", HOST], environment={"PLACE": "host"}))
    yield forks
    forks.end()


@asynccontextmanager
async def running(forks: Forks, program: str, file: Path = Path(os.devnull)) -> AsyncIterator[Fork]:
    with file.open("rb") as opened:
        fork = await forks.fork(opened.fileno(), {"program": program})
    try:
        yield fork
    finally:
        await fork.close()


@asynccontextmanager
async def waiting(forks: Forks) -> AsyncIterator[Fork]:
    """A process that is ready, and waits for the end of its standard input."""
    its_end, ours = os.pipe()
    try:
        fork = await forks.fork(its_end, {"program": WAIT})
        assert await anext(fork.chunks()) == b"before\n"
        yield fork
        await fork.close()
    finally:
        os.close(its_end)
        os.close(ours)


async def said(fork: Fork) -> list[str]:
    return b"".join([chunk async for chunk in fork.chunks()]).decode().split("\n")[:-1]


async def test_it_does_what_is_asked_and_ends_like_any_program(forks: Forks, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    program = 'print(sys.stdin.read(), os.environ["PLACE"])'
    async with running(forks, program, tmp_path / "file") as fork:
        assert await said(fork) == ["before", "content host", "at exit"]
        assert await fork.exit_code() == 0


async def test_it_says_how_it_ended(forks: Forks) -> None:
    for program, code in (("sys.exit(3)", 3), ("os.kill(os.getpid(), 11)", -signal.SIGSEGV)):
        async with running(forks, program) as fork:
            assert await fork.exit_code() == code


async def test_its_end_is_told_to_all_who_wait_also_when_one_gives_up(forks: Forks) -> None:
    async with waiting(forks) as fork:
        waiters = [asyncio.create_task(fork.exit_code()) for _ in range(3)]
        await asyncio.sleep(0)
        waiters[0].cancel()
        [process] = children(forks.host_id)
        os.kill(process, signal.SIGKILL)
        assert await asyncio.gather(*waiters[1:]) == [-signal.SIGKILL] * 2
        assert await fork.exit_code() == -signal.SIGKILL


async def test_it_has_nothing_open_that_is_the_hosts_or_another_process_s(forks: Forks) -> None:
    async with waiting(forks), running(forks, 'print(sorted(os.listdir("/proc/self/fd")))') as fork:
        _, opened, _ = await said(fork)
    assert opened == "['0', '1', '2', '3']"  # the last is the folder that is listed


async def test_many_run_at_once_from_one_host(forks: Forks) -> None:
    async with waiting(forks), waiting(forks), waiting(forks):
        assert len(children(forks.host_id)) == 3


async def test_what_is_not_wanted_any_more_is_ended(forks: Forks) -> None:
    async with waiting(forks):
        [process] = children(forks.host_id)
    assert has_ended(process)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_to_all_ends_the_processes_and_not_the_host(forks: Forks, number: signal.Signals) -> None:
    async with waiting(forks) as fork:
        host = forks.host_id
        assert host
        os.kill(host, number)
        [process] = children(host)
        os.kill(process, number)
        assert await fork.exit_code() != 0
    async with waiting(forks):
        assert forks.host_id == host


async def test_a_host_that_is_killed_takes_its_processes_along_and_another_is_started(forks: Forks) -> None:
    async with waiting(forks) as fork:
        host, [process] = forks.host_id, children(forks.host_id)
        assert host
        os.kill(host, signal.SIGKILL)
        assert await fork.exit_code() == -signal.SIGKILL
        await until(lambda: has_ended(process))
    async with waiting(forks):
        assert forks.host_id != host


_ASKER = f"""
import asyncio, os
from appshare.process.forking.forks import Forks, HostProgram

async def main():
    its_end, lifeline = os.pipe()
    forks = Forks(HostProgram(["-c", {HOST!r}]))
    fork = await forks.fork(its_end, {{"program": {WAIT!r}}})
    os.close(its_end)
    await anext(fork.chunks())
    print(forks.host_id, flush=True)
    await fork.exit_code()

asyncio.run(main())
"""


async def test_a_process_outlives_who_asked_as_long_as_it_wants_and_the_host_its_last_process() -> None:
    asker: Any = await asyncio.create_subprocess_exec(sys.executable, "-c", _ASKER, stdout=PIPE)
    host = int(await asker.stdout.readline())
    [process] = children(host)
    os.kill(process, signal.SIGSTOP)
    asker.kill()
    await asker.wait()
    await asyncio.sleep(0.1)  # to be ended it would need less
    assert not has_ended(host)
    assert not has_ended(process)
    os.kill(process, signal.SIGCONT)
    await until(lambda: has_ended(process) and has_ended(host))
