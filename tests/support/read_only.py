"""A folder that cannot be written, also for root, who ignores modes."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

_BOUND = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
"""Mounts the folder over itself, in a mount namespace of the command's own: nobody else sees it."""


def run_with_read_only(folder: Path, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Runs a command for which the folder and what is in it cannot be written."""
    if os.geteuid() == 0:
        command = [*_namespace(), "sh", "-c", _BOUND, str(folder), *command]
        return subprocess.run(command, capture_output=True, text=True, check=False)
    folder.chmod(0o500)
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        folder.chmod(0o700)


def _namespace() -> list[str]:
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-m", "true"], capture_output=True, check=False).returncode:
        pytest.skip("root can write everywhere, and this machine gives no mount namespace (unshare -m)")
    return [unshare, "-m"]
