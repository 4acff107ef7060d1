"""Which texts are a person's number, and what is stored of one."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appshare import errors
from appshare.relation_radar.numbers import (
    PERSONAL_TYPES,
    NumberKeys,
    NumberType,
    next_key,
    read_number,
    read_number_types,
    read_personal_number,
    require_region,
)

UNREADABLE = ["", "   ", "*#06#", "Ann", "+", "13800138000/13900139000", "1", "\u202e\u200f", "+999 123 456 789"]


@pytest.mark.parametrize(
    ("text", "region", "e164"),
    [
        ("138 0013 8000", "CN", "+8613800138000"),
        ("010-6552 9988", "CN", "+861065529988"),
        ("0086 138 0013 8000", "CN", "+8613800138000"),
        ("011 86 138 0013 8000", "US", "+8613800138000"),
        ("(650) 253-0000", "US", "+16502530000"),
        ("650.253.0000", "US", "+16502530000"),
        ("030/123456", "DE", "+4930123456"),
        ("+49 (0)30 123456", "DE", "+4930123456"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("07911 123456", "GB", "+447911123456"),
        ("06 12345678", "IT", "+390612345678"),  # Italy keeps the zero
        ("011 15-2345-6789", "AR", "+5491123456789"),  # Argentina writes a mobile number in two ways
        ("+54 9 11 2345-6789", "AR", "+5491123456789"),
        ("8 (912) 345-67-89", "RU", "+79123456789"),
        ("098765 43210", "IN", "+919876543210"),
        ("090-1234-5678", "JP", "+819012345678"),
        ("010-1234-5678", "KR", "+821012345678"),
        ("٠١٠٠١٢٣٤٥٦٧", "EG", "+201001234567"),
        ("\uff16\uff15\uff10\uff12\uff15\uff13\uff10\uff10\uff10\uff10", "US", "+16502530000"),  # full-width digits
        ("650-CALL-NOW", "US", "+16502255669"),
        ("tel:+1-650-253-0000", "CN", "+16502530000"),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, region: str, e164: str) -> None:
    assert read_number(text, region) == e164
    assert read_personal_number(text, region) == e164


@pytest.mark.parametrize(
    "text",
    [
        "+8613800138000",
        "+86 138 0013 8000",
        "+86-138-0013-8000",
        "0086 13800138000",
        "138 0013 8000",
        "\uff08138\uff090013\uff0d8000",  # full-width punctuation
        "\u202a+8613800138000\u202c",  # left-to-right embedding, as copied from a contact card
        "\u200f+86 138 0013 8000",
        "+86\u2060138\u200b0013\u200d8000",
        "\u00a0+86\u00a013800138000 ",
        "+8613800138000 ext. 12",
        "+8613800138000;ext=12",
        "+8613800138000 x12",
        "+8613800138000,,12#",  # a number that dials on
        "13800138000;12",
        "13800138000p12",
        "13800138000 W 12,,3#",
        "\uff0b\uff18\uff16\uff11\uff13\uff18\uff10\uff10\uff11\uff13\uff18\uff10\uff10\uff10",  # full-width digits
        "+\u0668\u0666 \u0661\u0663\u0668\u0660\u0660\u0661\u0663\u0668\u0660\u0660\u0660",  # Arabic-Indic digits
        "+\u06f8\u06f6 \u06f1\u06f3\u06f8\u06f0\u06f0\u06f1\u06f3\u06f8\u06f0\u06f0\u06f0",  # as in Persian
    ],
)
def test_spellings_of_one_number_are_one_number(text: str) -> None:
    assert read_personal_number(text, "CN") == "+8613800138000"


def test_a_number_with_its_country_code_is_the_same_in_every_region() -> None:
    assert {read_personal_number("+8613800138000", region) for region in ("CN", "US", "DE", "BR")} == {"+8613800138000"}


def test_a_number_without_country_code_is_another_one_in_another_region() -> None:
    assert read_number("030 123456", "DE") != read_number("030 123456", "CH")


@pytest.mark.parametrize(
    ("text", "region"),
    [
        pytest.param("112", "CN", id="emergency"),
        pytest.param("110", "CN", id="police"),
        pytest.param("911", "US", id="emergency US"),
        pytest.param("116 117", "DE", id="harmonised short code"),
        pytest.param("10086", "CN", id="carrier"),
        pytest.param("95588", "CN", id="bank"),
        pytest.param("12306", "CN", id="railway"),
        pytest.param("400-123-4567", "CN", id="shared cost"),
        pytest.param("800-810-1234", "CN", id="toll-free CN"),
        pytest.param("+1 800 555 0199", "CN", id="toll-free US"),
        pytest.param("1-800-FLOWERS", "US", id="toll-free in letters"),
        pytest.param("+44 800 123 4567", "GB", id="toll-free GB"),
        pytest.param("+800 1234 5678", "CN", id="international toll-free"),
        pytest.param("+1 900 555 0199", "US", id="premium US"),
        pytest.param("+49 900 1 123456", "DE", id="premium DE"),
        pytest.param("+49 180 5 123456", "DE", id="shared cost DE"),
        pytest.param("1380013800", "CN", id="a digit too few"),
        pytest.param("138001380000", "CN", id="a digit too many"),
        pytest.param("13800138000", "US", id="a Chinese number read in the US"),
    ],
)
def test_a_number_that_no_person_has_is_refused(text: str, region: str) -> None:
    with pytest.raises(errors.InvalidArgumentError) as caught:
        read_personal_number(text, region)
    assert caught.value.reason is errors.Reason.INVALID_PHONE_NUMBER
    assert caught.value.field == "number"
    assert text not in caught.value.message


def numbers_of_the_plan(types: frozenset[NumberType]) -> Iterator[tuple[str, str]]:
    """Regions and what its numbering plan gives as an example of a number of each type, in E.164."""
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in types:
            example = phonenumbers.example_number_for_type(region, getattr(phonenumbers.PhoneNumberType, kind.name))
            if example:
                yield region, phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize("style", ["INTERNATIONAL", "NATIONAL", "RFC3966"])
def test_numbers_of_every_country_are_read_in_every_style(style: str) -> None:
    for region, e164 in numbers_of_the_plan(PERSONAL_TYPES):
        text = phonenumbers.format_number(phonenumbers.parse(e164), getattr(phonenumbers.PhoneNumberFormat, style))
        assert read_personal_number(text, region) == e164


def test_numbers_of_every_country_are_read_as_they_are_dialled_from_abroad() -> None:
    for region, e164 in numbers_of_the_plan(PERSONAL_TYPES):
        abroad = "DE" if region == "CN" else "CN"
        text = phonenumbers.format_out_of_country_calling_number(phonenumbers.parse(e164), abroad)
        assert read_personal_number(text, abroad) == e164


def test_numbers_of_services_are_no_persons_in_any_country() -> None:
    services = list(numbers_of_the_plan(frozenset(NumberType) - PERSONAL_TYPES))
    assert len(services) > 300
    for region, e164 in services:
        assert not is_personal(e164, region)


def test_short_numbers_are_no_persons_in_any_country() -> None:
    examples = [
        (region, kind.example_number)
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        if (plan := phonenumbers.PhoneMetadata.short_metadata_for_region(region))
        for kind in (plan.emergency, plan.short_code, plan.carrier_specific, plan.sms_services, plan.premium_rate)
        if kind and kind.example_number
    ]
    assert len(examples) > 500
    for region, number in examples:
        assert not is_personal(number, region)


@pytest.mark.parametrize(
    ("text", "region", "kind"),
    [
        ("13800138000", "CN", NumberType.MOBILE),
        ("010-6552 9988", "CN", NumberType.FIXED_LINE),
        ("(650) 253-0000", "US", NumberType.FIXED_LINE_OR_MOBILE),
        ("+44 56 1234 5678", "GB", NumberType.VOIP),
        ("+44 70 1234 5678", "GB", NumberType.PERSONAL_NUMBER),
        ("+44 76 4012 3456", "GB", NumberType.PAGER),
        ("+1 800 555 0199", "US", NumberType.TOLL_FREE),
        ("+1 900 234 5678", "US", NumberType.PREMIUM_RATE),
        ("+49 180 5 123456", "DE", NumberType.SHARED_COST),
        ("+44 55 1234 5678", "GB", NumberType.UAN),
        ("+49 177 99 1234567", "DE", NumberType.VOICEMAIL),
    ],
)
def test_the_operator_says_which_types_count(text: str, region: str, kind: NumberType) -> None:
    assert is_personal(text, region) is (kind in PERSONAL_TYPES)
    assert is_personal(text, region, frozenset({kind}))
    assert not is_personal(text, region, frozenset(NumberType) - {kind})


@pytest.mark.parametrize("text", ["112", "10086", "116 117"])
def test_short_numbers_count_whatever_the_operator_says_never(text: str) -> None:
    assert not is_personal(text, "CN", frozenset(NumberType))


def is_personal(text: str, region: str, types: frozenset[NumberType] = PERSONAL_TYPES) -> bool:
    try:
        read_personal_number(text, region, types)
    except errors.InvalidArgumentError:
        return False
    return True


def test_types_are_read_from_a_setting() -> None:
    assert read_number_types("mobile, voip,mobile") == {NumberType.MOBILE, NumberType.VOIP}


@pytest.mark.parametrize("text", ["", ",", "mobile,", "mobile;voip", "landline", "MOBILE", "unknown"])
def test_a_setting_that_names_no_types_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="one or more of: mobile, fixed_line, "):
        read_number_types(text)


ADDRESS_BOOKS = Path(__file__).parents[4] / "shared" / "data" / "vcards" / "manifest.json"


@pytest.mark.skipif(
    not ADDRESS_BOOKS.exists(), reason="the address books of others are not here: ../shared/data/vcards"
)
def test_the_numbers_of_real_address_books_that_a_person_can_have() -> None:
    files = json.loads(ADDRESS_BOOKS.read_text(encoding="utf-8"))["files"]
    cards = [card for file in files for card in file["ezvcard_0.11.2_truth"] or []]
    texts = {number for card in cards for number in card["TEL"]}
    assert {text for text in texts if is_personal(text, "US")} == {
        "(650) 555-1212",
        "+1-919-676-9515",
        "+1-919-676-9564",
        "+1-415-937-3419",
        "+1-415-528-4164",
        "905-666-1234",
        "905-555-1234",
        "(905) 666-1234",
        "(905) 555-1234",
    }
    assert {text for text in texts if is_personal(text, "DE")} >= {"0351 223344", "0351 443322", "+1-919-676-9515"}


def test_a_number_that_no_person_has_can_be_asked_for() -> None:
    assert read_number("10086", "CN") == "+8610086"


@pytest.mark.parametrize("text", UNREADABLE)
@pytest.mark.parametrize("read", [read_number, read_personal_number])
def test_a_text_that_is_no_number_is_refused(read, text: str) -> None:
    with pytest.raises(errors.InvalidArgumentError) as caught:
        read(text, "CN", field="person.number")
    assert caught.value.reason is errors.Reason.INVALID_PHONE_NUMBER
    assert caught.value.field == "person.number"


@pytest.mark.parametrize(
    "text",
    [
        "1" * 65,
        "+8613800138000" + " " * 1_000_000,
        "\u200e" + "+8613800138000" + " " * 60 + "and so on",  # an invisible mark does not let the rest be cut off
        "\u200e" * 100 + "+8613800138000",
    ],
)
def test_a_long_text_is_no_number(text: str) -> None:
    with pytest.raises(errors.InvalidArgumentError, match="too long"):
        read_number(text, "CN")


@settings(deadline=None)
@given(st.text(max_size=80), st.sampled_from(["CN", "US", "DE", "EG"]))
def test_any_text_is_a_number_in_e164_or_refused(text: str, region: str) -> None:
    with suppress(errors.InvalidArgumentError):
        number = read_number(text, region)
        assert re.fullmatch(r"\+[0-9]+", number)


@pytest.mark.parametrize(("text", "region"), [("CN", "CN"), ("cn", "CN"), ("de", "DE")])
def test_regions_are_read_in_any_case(text: str, region: str) -> None:
    assert require_region(text) == region


@pytest.mark.parametrize("region", ["", "XX", "CHN", "86", "001", "C\u0000N", "中国"])
def test_a_region_that_is_none_is_refused(region: str) -> None:
    with pytest.raises(errors.InvalidArgumentError) as caught:
        require_region(region)
    assert (caught.value.reason, caught.value.field) == (errors.Reason.INVALID_FIELD, "region")


def test_a_number_has_one_key_under_a_secret_and_another_under_another() -> None:
    one, other = NumberKeys(bytes(32)), NumberKeys(bytes(31) + b"\x01")
    assert one.key("+8613800138000") == NumberKeys(bytes(32)).key("+8613800138000")
    assert one.key("+8613800138000") != one.key("+8613800138001")
    assert one.key("+8613800138000") != other.key("+8613800138000")


@settings(deadline=None)
@given(st.binary(min_size=32, max_size=40), st.text(max_size=20))
def test_keys_fit_a_signed_column_of_64_bits(secret: bytes, number: str) -> None:
    assert -(2**63) <= NumberKeys(secret).key(number) < 2**63


@given(st.lists(st.binary(min_size=32, max_size=40), min_size=1, max_size=4), st.text())
def test_a_stored_key_goes_under_the_next_secret_without_its_number(secrets: list[bytes], number: str) -> None:
    keys = NumberKeys(secrets[0])
    stored = keys.key(number)
    for secret in secrets[1:]:
        keys.add(secret)
        stored = next_key(secret, stored)
    assert keys.key(number) == NumberKeys(*secrets).key(number) == stored


def test_under_the_next_secret_a_key_is_another() -> None:
    stored = NumberKeys(bytes(32)).key("+8613800138000")
    assert len({stored, next_key(bytes(32), stored), next_key(b"x" * 32, stored)}) == 3


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="less than 32 bytes"):
        NumberKeys(b"x" * 31)
