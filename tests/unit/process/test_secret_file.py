"""A secret is made once, by whoever is first, and nobody else can read it."""

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from appshare.process.secret_file import read_or_create, replace


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "number.key"


@pytest.fixture
def careless_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def never() -> bytes:
    pytest.fail("there is a secret already")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_made_once_and_stays(path: Path) -> None:
    assert read_or_create(path, lambda: b"secret") == b"secret"
    assert read_or_create(path, never) == b"secret"
    assert path.read_bytes() == b"secret"


def test_one_that_the_operator_has_put_there_is_taken(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"from the operator\n")
    assert read_or_create(path, never) == b"from the operator\n"


@pytest.mark.usefixtures("careless_umask")
def test_only_the_owner_can_read_it(path: Path) -> None:
    read_or_create(path, lambda: b"secret")
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700


def test_nothing_else_is_left_in_the_folder(path: Path) -> None:
    read_or_create(path, lambda: b"secret")
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.usefixtures("careless_umask")
def test_other_bytes_take_its_place_whole(path: Path) -> None:
    read_or_create(path, lambda: b"secret")
    replace(path, b"another")
    assert read_or_create(path, never) == b"another"
    assert mode(path) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_what_cannot_be_written_leaves_it_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_or_create(path, lambda: b"secret")

    def fail(_descriptor: int) -> None:
        raise OSError("no space")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        replace(path, b"another")
    assert path.read_bytes() == b"secret"
    assert list(path.parent.iterdir()) == [path]


def test_all_who_start_together_agree_on_one(path: Path) -> None:
    together = Barrier(8)

    def start(number: int) -> bytes:
        def create() -> bytes:
            together.wait(10)  # all have seen that there is no file
            return b"secret %d" % number

        return read_or_create(path, create)

    with ThreadPoolExecutor(8) as threads:
        secrets = set(threads.map(start, range(8)))
    assert secrets == {path.read_bytes()}
    assert list(path.parent.iterdir()) == [path]


def test_who_is_second_takes_the_secret_of_the_first(path: Path) -> None:
    def create() -> bytes:
        assert read_or_create(path, lambda: b"the first") == b"the first"
        return b"the second"

    assert read_or_create(path, create) == b"the first"


@pytest.mark.parametrize("create", [lambda: 1 / 0, lambda: "not bytes"])
def test_when_it_cannot_be_made_nothing_is_left(path: Path, create) -> None:
    with pytest.raises((ZeroDivisionError, TypeError)):
        read_or_create(path, create)
    assert list(path.parent.iterdir()) == []
    assert read_or_create(path, lambda: b"secret") == b"secret"


def test_an_empty_one_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with pytest.raises(OSError, match=r"number\.key is empty"):
        read_or_create(path, never)


def test_where_no_folder_can_be_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        read_or_create(tmp_path / "file" / "number.key", never)


def test_a_folder_in_its_place_is_told(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        read_or_create(path, never)
