"""The file of the number keys."""

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
    file.write([*file.read(), SECOND, FIRST])
    assert KeyFile(path).read() == [b"\n" * 32, SECOND, FIRST]
    file.write([FIRST])
    assert KeyFile(path).read() == [FIRST]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_file_is_refused(path: Path) -> None:
    KeyFile(path).write([FIRST, SECOND])
    path.write_bytes(path.read_bytes()[:-2] + b"x\n")
    with pytest.raises(OSError, match="is damaged: put it back from a backup"):
        KeyFile(path).read()
