"""What may be forked: a host that has loaded the commands has no thread but its own."""

import subprocess
import sys

LOADED = """
import os
from appshare.server.__main__ import _COMMANDS, load_command

for name in _COMMANDS:
    load_command(name)
print(len(os.listdir("/proc/self/task")))
"""


def test_to_load_the_commands_starts_no_thread() -> None:
    assert subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True).stdout == "1\n"
