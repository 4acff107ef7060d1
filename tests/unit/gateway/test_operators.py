"""Operators on disk: a token is known by its digest, removal counts at once, a crash leaves what was or what is."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appshare import errors
from appshare.gateway.operators import Operators
from appshare.process import secret_file


def opened(folder: Path) -> Operators:
    """The operators as a gateway that starts reads them."""
    return Operators(folder, lambda: 1000.0)


def bootstrap_token(folder: Path) -> str:
    return (folder / "operator.token").read_text().strip()


def names(operators: Operators) -> list[str]:
    return [each.name for each in operators.all()]


def refused(operators: Operators, token: str) -> bool:
    try:
        operators.name_of(token)
    except errors.UnauthenticatedError as error:
        return error.reason is errors.Reason.INVALID_TOKEN
    return False


def test_the_first_operator_has_the_token_in_the_folder_also_after_a_restart(tmp_path: Path) -> None:
    for _start in range(2):
        assert opened(tmp_path).name_of(bootstrap_token(tmp_path)) == "bootstrap"
    assert (tmp_path / "operator.token").stat().st_mode & 0o077 == 0


def test_each_operator_has_a_token_of_its_own_and_a_restart_knows_it(tmp_path: Path) -> None:
    operators = opened(tmp_path)
    tokens = {name: operators.add(name)[1] for name in ("night-shift", "day.shift_2")}
    for each in (operators, opened(tmp_path)):
        assert {name: each.name_of(token) for name, token in tokens.items()} == {name: name for name in tokens}
        assert names(each) == ["bootstrap", "day.shift_2", "night-shift"]


def test_a_token_is_not_on_disk(tmp_path: Path) -> None:
    _operator, token = opened(tmp_path).add("night-shift")
    content = (tmp_path / "operators.json").read_text()
    assert token not in content
    assert hashlib.sha256(token.encode()).hexdigest() in content
    assert (tmp_path / "operators.json").stat().st_mode & 0o077 == 0


def test_who_is_removed_is_refused_at_once_and_after_a_restart(tmp_path: Path) -> None:
    operators = opened(tmp_path)
    _operator, token = operators.add("night-shift")
    operators.remove("night-shift")
    assert refused(operators, token)
    assert refused(opened(tmp_path), token)
    _operator, other = operators.add("night-shift")
    assert refused(operators, token)
    assert operators.name_of(other) == "night-shift"


def test_the_first_operator_can_be_removed_for_good(tmp_path: Path) -> None:
    operators, token = opened(tmp_path), bootstrap_token(tmp_path)
    operators.add("night-shift")
    operators.remove("bootstrap")
    assert refused(operators, token)
    assert names(opened(tmp_path)) == ["night-shift"]
    assert not (tmp_path / "operator.token").exists()


def test_a_crash_before_the_first_token_is_gone_leaves_it_void(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    operators, token = opened(tmp_path), bootstrap_token(tmp_path)
    operators.add("night-shift")
    with monkeypatch.context() as patch:
        patch.setattr(Operators, "_remove_bootstrap_token", fail)
        with pytest.raises(OSError, match="killed"):
            operators.remove("bootstrap")
    assert bootstrap_token(tmp_path) == token
    assert refused(opened(tmp_path), token)
    assert not (tmp_path / "operator.token").exists()


def fail(*_arguments: Any) -> None:
    raise OSError("killed here")


@pytest.mark.parametrize("change", ["add", "remove"])
def test_what_cannot_be_written_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    operators = opened(tmp_path)
    _operator, token = operators.add("night-shift")
    with monkeypatch.context() as patch:
        patch.setattr(secret_file, "replace", fail)
        with pytest.raises(OSError, match="killed"):
            getattr(operators, change)("night-shift" if change == "remove" else "other")
    for each in (operators, opened(tmp_path)):
        assert names(each) == ["bootstrap", "night-shift"]
        assert each.name_of(token) == "night-shift"


def test_the_last_operator_stays(tmp_path: Path) -> None:
    operators = opened(tmp_path)
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        operators.remove("bootstrap")
    assert refusal.value.field == "name"
    assert operators.name_of(bootstrap_token(tmp_path)) == "bootstrap"


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    operators = opened(tmp_path)
    _operator, token = operators.add("night-shift")
    with pytest.raises(errors.AlreadyExistsError) as refusal:
        operators.add("night-shift")
    assert refusal.value.reason is errors.Reason.OPERATOR_EXISTS
    assert operators.name_of(token) == "night-shift"


def test_who_is_not_there_cannot_be_removed(tmp_path: Path) -> None:
    with pytest.raises(errors.NotFoundError) as refusal:
        opened(tmp_path).remove("night-shift")
    assert refusal.value.reason is errors.Reason.OPERATOR_NOT_FOUND


@pytest.mark.parametrize("name", ["", "bootstrap", "Night", ".hidden", "a b", "x" * 33, "na\u00efve", "a\n", "../x"])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        opened(tmp_path).add(name)
    assert refusal.value.field == "name"
    assert not (tmp_path / "operators.json").exists()


@pytest.fixture(scope="module")
def operators(tmp_path_factory: pytest.TempPathFactory) -> Operators:
    operators = opened(tmp_path_factory.mktemp("gateway"))
    operators.add("night-shift")
    return operators


@given(token=st.text(st.characters(codec="utf-8")))
def test_no_other_token_is_good(operators: Operators, token: str) -> None:
    assert refused(operators, token)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"operators": []}', '{"bootstrap": true, "operators": [{}]}'])
def test_a_damaged_list_is_refused_and_stays_as_it_is(tmp_path: Path, content: str) -> None:
    (tmp_path / "operators.json").write_text(content)
    with pytest.raises(OSError, match="damaged"):
        opened(tmp_path)
    assert (tmp_path / "operators.json").read_text() == content


def test_what_one_copy_changes_counts_in_the_others(tmp_path: Path) -> None:
    one, other = opened(tmp_path), opened(tmp_path)
    _, token = one.add("ann")
    assert other.name_of(token) == "ann"
    _, second = other.add("bob")
    assert one.name_of(second) == "bob"
    one.remove("bob")
    other.refresh()  # as it does every second
    assert refused(other, second)
    with pytest.raises(errors.NotFoundError):
        other.remove("bob")


def test_a_damaged_file_leaves_a_running_copy_with_its_operators(tmp_path: Path) -> None:
    one, other = opened(tmp_path), opened(tmp_path)
    _, token = one.add("ann")
    assert other.name_of(token) == "ann"
    (tmp_path / "operators.json").write_text("?", encoding="utf-8")
    other.refresh()
    assert other.name_of(token) == "ann"
