import pytest
from hypothesis import given
from hypothesis import strategies as st

from appshare.device_agent.address_book import BookContact
from appshare.device_agent.exclusions import Exclusions

MOBILE = "+8613800138000"


def contact(*numbers: str, contact_id: int = 1) -> BookContact:
    return BookContact(contact_id, "Li Wei", "", numbers)


@pytest.mark.parametrize(
    "written", [MOBILE, "13800138000", "138 0013 8000", "+86 138-0013-8000", "\uff0b\uff18\uff1613800138000"]
)
def test_a_number_is_excluded_however_it_is_written(written: str) -> None:
    assert Exclusions([contact(MOBILE)]).hold(contact(written))
    assert Exclusions([contact(written)]).hold(contact(MOBILE))


def test_one_number_of_a_person_is_enough() -> None:
    exclusions = Exclusions([contact("+4915112345678", MOBILE)])
    assert exclusions.hold(contact("+12025550123", "138 0013 8000"))


@pytest.mark.parametrize("other", ["+8613800138001", "+8613900138000", "8000", "none"])
def test_another_number_is_not_excluded(other: str) -> None:
    assert not Exclusions([contact(MOBILE)]).hold(contact(other))


NUMBERS = st.lists(st.integers(0, 9), min_size=1, max_size=3).map(
    lambda digits: tuple(f"+86138001380{digit:02}" for digit in digits)
)


@given(st.lists(NUMBERS, max_size=8), st.lists(NUMBERS, max_size=3))
def test_no_number_of_somebody_excluded_is_left(book: list[tuple[str, ...]], excluded: list[tuple[str, ...]]) -> None:
    contacts = [contact(*numbers, contact_id=index) for index, numbers in enumerate(book, 1)]
    gone, kept = Exclusions(contact(*numbers) for numbers in excluded).split(contacts)
    secret = {number for numbers in excluded for number in numbers}
    assert not secret & {number for each in kept for number in each.numbers}
    assert all(secret & set(each.numbers) for each in gone)
    assert sorted([*gone, *kept], key=lambda each: each.contact_id) == contacts
