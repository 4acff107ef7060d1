"""A process ends when it is told to, or when whoever started it is gone."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from appshare.process import lifetime
from appshare.process.lifetime import in_background, supervised_environment

WAITING = """
import asyncio
from appshare.process.lifetime import until_stopped

async def main():
    asyncio.get_running_loop().call_soon(lambda: print("waiting", flush=True))
    await until_stopped()
    print("stopped", flush=True)

asyncio.run(main())
"""

Process = subprocess.Popen[bytes]


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    """Starts a process that waits for its end."""
    started = []

    def start(environment: dict[str, str] | None = None) -> Process:
        process = subprocess.Popen(
            [sys.executable, "-c", WAITING],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"waiting\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_good_order(start: Callable[..., Process], number: signal.Signals) -> None:
    process = start()
    process.send_signal(number)
    assert process.communicate(timeout=10)[0].endswith(b"stopped\n")
    assert process.returncode == 0


def test_a_supervised_one_ends_with_its_supervisor(start: Callable[..., Process]) -> None:
    process = start(supervised_environment())
    assert process.communicate(timeout=10)[0].endswith(b"stopped\n")  # closes the pipe, as the end of a supervisor does
    assert process.returncode == 0


def test_another_one_does_not_mind_the_end_of_its_input(start: Callable[..., Process]) -> None:
    process = start()
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.2)


async def test_what_takes_its_end_for_another_s_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifetime, "_ENDING", 0.01)
    told = []

    async def deaf() -> None:
        while len(told) < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                told.append("end")

    async with in_background(deaf()):
        await asyncio.sleep(0)
    assert told == ["end", "end"]
