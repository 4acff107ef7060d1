"""Signing keys on disk: rotated, forgotten when their tokens are over, whole after a crash at any point."""

import asyncio
import json
import os
from pathlib import Path

import pytest
from tests.support.tokens import new_keys

from appshare import errors
from appshare.gateway import signing_keys
from appshare.gateway.access_tokens import AccessTokens, Caller
from appshare.gateway.signing_keys import SigningKeyFile, SigningKeys
from appshare.process.lifetime import in_background

LIFETIME = 60.0


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def ids(keys: SigningKeys) -> list[str]:
    return [key.key_id for key in (*keys.older, keys.newest)]


def test_a_restart_finds_the_same_keys(tmp_path: Path, clock: Clock) -> None:
    keys = new_keys(tmp_path, LIFETIME, clock)
    keys.rotate()
    again = new_keys(tmp_path, LIFETIME, clock)
    assert ids(again) == ids(keys)
    assert len(ids(again)) == 2
    assert (tmp_path / "signing-keys.json").stat().st_mode & 0o077 == 0


def test_a_key_is_forgotten_when_its_last_token_is_over_and_not_before(tmp_path: Path, clock: Clock) -> None:
    keys = new_keys(tmp_path, LIFETIME, clock)
    first = keys.newest.key_id
    keys.rotate()
    clock.now += LIFETIME - 1
    keys.forget_over()
    assert keys.find(first)
    clock.now += 1
    keys.forget_over()
    assert keys.find(first) is None
    assert first not in (tmp_path / "signing-keys.json").read_text()


def test_what_is_over_is_forgotten_at_the_next_start(tmp_path: Path, clock: Clock) -> None:
    new_keys(tmp_path, LIFETIME, clock).rotate()
    clock.now += LIFETIME
    assert len(ids(new_keys(tmp_path, LIFETIME, clock))) == 1


def test_a_key_lives_as_long_as_the_longest_token_that_it_has_signed(tmp_path: Path, clock: Clock) -> None:
    long_lived = new_keys(tmp_path, 10 * LIFETIME, clock).newest.key_id
    keys = new_keys(tmp_path, LIFETIME, clock)
    keys.rotate()
    clock.now += 10 * LIFETIME - 1
    keys.forget_over()
    assert keys.find(long_lived)


def test_a_longer_lifetime_is_kept_before_a_token_has_it(tmp_path: Path, clock: Clock) -> None:
    new_keys(tmp_path, LIFETIME, clock)
    new_keys(tmp_path, 10 * LIFETIME, clock)
    [kept] = json.loads((tmp_path / "signing-keys.json").read_text())["keys"]
    assert kept["longest_lifetime"] == 10 * LIFETIME


def test_the_same_request_rotates_once(tmp_path: Path, clock: Clock) -> None:
    keys = new_keys(tmp_path, LIFETIME, clock)
    keys.rotate(request_id="one")
    after_one = ids(keys)
    keys.rotate(request_id="one")
    again = new_keys(tmp_path, LIFETIME, clock)
    again.rotate(request_id="one")
    assert ids(keys) == ids(again) == after_one
    keys.rotate(request_id="two")
    keys.rotate()
    assert len(ids(keys)) == 4


def test_a_withdrawn_key_is_not_on_disk_any_more(tmp_path: Path, clock: Clock) -> None:
    keys = new_keys(tmp_path, LIFETIME, clock)
    keys.rotate()
    leaked = [key["private_key"] for key in json.loads((tmp_path / "signing-keys.json").read_text())["keys"]]
    keys.rotate(withdraw_older=True)
    content = (tmp_path / "signing-keys.json").read_text()
    assert not any(each in content for each in leaked)
    again = new_keys(tmp_path, LIFETIME, clock)
    assert [key.private_key for key in again.older] == [None, None]
    clock.now += LIFETIME
    again.forget_over()
    assert not again.older


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_crash_while_a_key_is_written_leaves_those_before(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    keys = new_keys(tmp_path, LIFETIME, clock)
    before = ids(keys)

    def fail(*_arguments: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), fail)
        with pytest.raises(OSError, match="the disk is full"):
            keys.rotate()
    assert ids(keys) == ids(new_keys(tmp_path, LIFETIME, clock)) == before
    assert [path.name for path in tmp_path.iterdir()] == ["signing-keys.json"]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"keys": []}', '{"keys": [{}]}', '{"keys": [{"key_id": "a", "private_key": "00"}]}']
)
def test_a_damaged_file_is_refused_and_stays_as_it_is(tmp_path: Path, content: str) -> None:
    path = tmp_path / "signing-keys.json"
    path.write_text(content)
    with pytest.raises(OSError, match="backup"):
        SigningKeyFile(path).read(0)
    assert path.read_text() == content


def test_a_token_of_another_copys_new_key_is_good_at_once(tmp_path: Path, clock: Clock) -> None:
    one, other = new_keys(tmp_path, LIFETIME, clock), new_keys(tmp_path, LIFETIME, clock)
    one.rotate()
    issued = AccessTokens(one, LIFETIME, clock).issue(Caller("device"))
    assert AccessTokens(other, LIFETIME, clock).caller(issued.token).device_id == "device"


async def test_what_another_copy_withdraws_is_refused_shortly(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_keys, "_LOOK_EVERY", 0.01)
    one, other = new_keys(tmp_path, LIFETIME, clock), new_keys(tmp_path, LIFETIME, clock)
    issued = AccessTokens(one, LIFETIME, clock).issue(Caller("device"))
    tokens = AccessTokens(other, LIFETIME, clock)
    assert tokens.caller(issued.token)
    async with in_background(other.keep_up()):
        one.rotate(withdraw_older=True)
        with pytest.raises(errors.UnauthenticatedError):
            while True:
                tokens.caller(issued.token)
                await asyncio.sleep(0.01)


def test_copies_that_rotate_in_turn_lose_no_key(tmp_path: Path, clock: Clock) -> None:
    copies = [new_keys(tmp_path, LIFETIME, clock) for _ in range(3)]
    for copy in copies * 2:
        copy.rotate()
    assert len(ids(new_keys(tmp_path, LIFETIME, clock))) == 7


def test_copies_that_start_together_sign_with_one_key(tmp_path: Path, clock: Clock) -> None:
    assert len({new_keys(tmp_path, LIFETIME, clock).newest.key_id for _ in range(3)}) == 1


def test_a_damaged_file_leaves_a_running_copy_with_its_keys(tmp_path: Path, clock: Clock) -> None:
    keys = new_keys(tmp_path, LIFETIME, clock)
    before = ids(keys)
    (tmp_path / "signing-keys.json").write_text("{}", encoding="utf-8")
    keys.refresh()
    assert ids(keys) == before
