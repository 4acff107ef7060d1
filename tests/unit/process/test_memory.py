"""Memory that was freed is used again, in a process of its own: the choice holds for a whole process."""

import platform
import subprocess
import sys

import pytest

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


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has no such choice")
def test_messages_are_put_where_others_were() -> None:
    assert page_faults("keep") < page_faults("leave") / 4
