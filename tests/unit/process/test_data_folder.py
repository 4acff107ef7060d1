"""The data of a service have one owner at a time."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from appshare.process.data_folder import owned_folder

OWNER = """
import sys
from pathlib import Path
from appshare.process.data_folder import owned_folder

with owned_folder(Path(sys.argv[1])):
    print("owned", flush=True)
    sys.stdin.read()
"""


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    with owned_folder(tmp_path / "a" / "b") as folder:
        assert folder == tmp_path / "a" / "b"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_second_process_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"owned\n"
        with pytest.raises(OSError, match="another process is using"), owned_folder(tmp_path):
            pytest.fail("it has two owners")
        process.kill()  # no chance to clean up
    with owned_folder(tmp_path):
        pass


def test_it_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with owned_folder(tmp_path):
            pass


def test_two_folders_have_two_owners(tmp_path: Path) -> None:
    with owned_folder(tmp_path / "a"), owned_folder(tmp_path / "b"):
        pass
