import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appshare import errors
from appshare.rpc.paging import decode_token, encode_token, page_size

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
INT64 = st.integers(-(2**63), 2**63 - 1)


def token_of(content: str | bytes) -> str:
    return base64.urlsafe_b64encode(content.encode() if isinstance(content, str) else content).decode()


@pytest.mark.parametrize(("requested", "size"), [(0, 50), (1, 1), (50, 50), (200, 200), (201, 200), (2**32 - 1, 200)])
def test_a_page_has_the_size_that_was_asked_for_within_bounds(requested: int, size: int) -> None:
    assert page_size(requested) == size


def test_without_a_token_it_is_the_first_page() -> None:
    assert decode_token("", int, str) is None


@settings(deadline=None)
@given(st.lists(TEXT | INT64, max_size=4))
def test_a_token_gives_its_key_back(key: list[str | int]) -> None:
    assert decode_token(encode_token(*key), *map(type, key)) == tuple(key)


@settings(deadline=None)
@given(TEXT | st.binary().map(token_of))
def test_any_text_is_a_token_or_refused(text: str) -> None:
    try:
        key = decode_token(text, int, str)
    except errors.InvalidArgumentError:
        return
    assert key is None if not text else encode_token(*key or ()) == text


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(encode_token("a", 1), id="another order"),
        pytest.param(encode_token(1), id="too short"),
        pytest.param(encode_token(1, "a", "b"), id="too long"),
        pytest.param(encode_token(1, "a")[:-1], id="cut off"),
        pytest.param(encode_token(1, "a") + "\n", id="with something behind"),
        pytest.param(" " + encode_token(1, "a"), id="with something before"),
        pytest.param("garbage", id="not base64"),
        pytest.param("\u4e2d", id="not ASCII"),
        pytest.param(token_of(b"\xff\xfe"), id="not UTF-8"),
        pytest.param(token_of("{}"), id="an object"),
        pytest.param(token_of("null"), id="null"),
        pytest.param(token_of('[true, "a"]'), id="a boolean"),
        pytest.param(token_of('[1.0, "a"]'), id="a float"),
        pytest.param(token_of('[NaN, "a"]'), id="not a number"),
        pytest.param(token_of('[1,"a"]'), id="written in another way"),
        pytest.param(token_of(json.dumps([2**63, "a"])), id="an integer that no database takes"),
        pytest.param(token_of(json.dumps([-(2**63) - 1, "a"])), id="a negative integer that no database takes"),
        pytest.param(token_of("[" + "9" * 5000 + ', "a"]'), id="a very long integer"),
        pytest.param(token_of('[1, "\\ud800"]'), id="half a character, which no database takes"),
        pytest.param(token_of("[" * 100_000), id="nested"),
    ],
)
def test_what_this_list_did_not_make_is_refused(token: str) -> None:
    with pytest.raises(errors.InvalidArgumentError) as caught:
        decode_token(token, int, str)
    assert (caught.value.reason, caught.value.field) == (errors.Reason.INVALID_PAGE_TOKEN, "page_token")
