"""Memory that was freed is used again or goes back, in processes of their own: the choice holds for a whole process."""

import platform
import subprocess
import sys

import pytest

on_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has no such choice")

_PROGRAM = """
import resource, sys
from appshare.process.memory import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
first = b"x" * (1 << 20)
del first
before = faults()
for _ in range(100):
    one, other = b"x" * (1 << 20), b"y" * (1 << 20)
    del one, other
print(faults() - before)
"""


def page_faults(how: str) -> int:
    said = subprocess.run([sys.executable, "-c", _PROGRAM, how], check=True, capture_output=True, text=True)
    return int(said.stdout)


_FREED = """
import asyncio, sys
from contextlib import suppress
from appshare.process.memory import give_back_freed_memory, keep_freed_memory, resident_bytes

async def main():
    keep_freed_memory()
    blocks = [b"x" * 10_000 for _ in range(30_000)]
    last = blocks.pop()
    before = resident_bytes()
    blocks.clear()
    giving = asyncio.create_task(give_back_freed_memory(larger_than=int(sys.argv[1]), every=0.01))
    with suppress(TimeoutError):
        async with asyncio.timeout(float(sys.argv[2])):
            while resident_bytes() > before / 2:
                await asyncio.sleep(0.01)
    giving.cancel()
    print(resident_bytes() / before)

asyncio.run(main())
"""


@on_glibc
def test_messages_are_put_where_others_were() -> None:
    assert page_faults("keep") < page_faults("leave") / 4


def part_left(larger_than: int, seconds: float) -> float:
    """Of 300 MB that were freed, in front of a block that is still in use."""
    command = [sys.executable, "-c", _FREED, str(larger_than), str(seconds)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@on_glibc
def test_what_lies_idle_in_a_large_process_goes_back_to_the_system() -> None:
    assert part_left(larger_than=100 << 20, seconds=60) < 0.5


@on_glibc
def test_a_process_of_the_usual_size_keeps_it() -> None:
    assert part_left(larger_than=1 << 40, seconds=0.2) > 0.9
