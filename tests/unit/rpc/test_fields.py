from collections.abc import Callable

import pytest

from appshare import errors
from appshare.rpc.fields import invalid_field, require_length, require_printable, require_text


def assert_refused(check: Callable[[], str], field: str) -> None:
    with pytest.raises(errors.InvalidArgumentError) as caught:
        check()
    assert (caught.value.reason, caught.value.field) == (errors.Reason.INVALID_FIELD, field)
    assert caught.value.message.startswith(f"{field}: ")


@pytest.mark.parametrize("text", ["", " ", "\t\r\n", "\u00a0\u3000"])
def test_a_text_must_not_be_blank(text: str) -> None:
    assert_refused(lambda: require_text(text, "apps[3].label"), "apps[3].label")


@pytest.mark.parametrize("text", ["a", " a ", "0"])
def test_a_text_stays_as_it_is(text: str) -> None:
    assert require_text(text, "label") == text


def test_a_text_has_at_most_so_many_characters() -> None:
    assert require_length("中文", "label", 2) == "中文"
    assert require_length("", "label", 0) == ""
    assert_refused(lambda: require_length("中文!", "label", 2), "label")


@pytest.mark.parametrize("character", ["\x00", "\n", "\t", "\x1b", "\x7f", "\x85"])
def test_a_printable_text_holds_no_control_character(character: str) -> None:
    assert_refused(lambda: require_printable(f"a{character}b", "note"), "note")


@pytest.mark.parametrize("text", ["", "Ünï 中文", "👩\u200d👧", "\u202a日本語\u202c"])
def test_a_printable_text_may_be_in_any_script(text: str) -> None:
    assert require_printable(text, "note") == text


def test_an_invalid_field_is_named_in_message_and_field() -> None:
    error = invalid_field("person", "say who")
    assert (error.field, error.message) == ("person", "person: say who")
