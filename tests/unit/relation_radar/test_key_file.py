"""The file of the number keys."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from appshare.relation_radar.key_file import KeyFile

FIRST, SECOND = bytes(range(32)), bytes(range(32, 64))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "number.key"


def test_the_first_key_is_made_once(path: Path) -> None:
    [key] = KeyFile(path).read()
    assert len(key) == 32
    assert KeyFile(path).read() == [key]


@pytest.mark.parametrize("content", [FIRST, b"\n" * 32, b"61" * 32 + b"\n", b"from the operator, as it likes it"])
def test_a_file_without_a_header_is_one_key_whatever_its_bytes_are(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert KeyFile(path).read() == [content]


def test_keys_come_back_in_their_order(path: Path) -> None:
    path.write_bytes(b"\n" * 32)
    file = KeyFile(path)
    assert file.add(SECOND, behind=1) == [b"\n" * 32, SECOND]
    assert file.add(FIRST, behind=2) == [b"\n" * 32, SECOND, FIRST]
    assert KeyFile(path).read() == [b"\n" * 32, SECOND, FIRST]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_file_is_refused(path: Path) -> None:
    path.write_bytes(FIRST)
    KeyFile(path).add(SECOND, behind=1)
    path.write_bytes(path.read_bytes()[:-2] + b"x\n")
    with pytest.raises(OSError, match="is damaged: put it back from a backup"):
        KeyFile(path).read()


def test_a_key_that_another_process_has_added_is_the_next_one(path: Path) -> None:
    path.write_bytes(FIRST)
    assert KeyFile(path).add(SECOND, behind=1) == KeyFile(path).add(bytes(32), behind=1) == [FIRST, SECOND]
    assert KeyFile(path).read() == [FIRST, SECOND]


def test_processes_that_add_at_once_agree(path: Path) -> None:
    path.write_bytes(FIRST)
    keys = [bytes([number]) * 32 for number in range(8)]
    with ThreadPoolExecutor(len(keys)) as threads:
        results = list(threads.map(lambda key: KeyFile(path).add(key, behind=1), keys))
    assert results == [KeyFile(path).read()] * len(keys)
    assert len(results[0]) == 2
