"""What the books of the conditions hold, on a ring of a hundred people who know ten others each."""

from collections import Counter

import pytest
from benchmarks.accuracy.attackers import hotline_book, random_book
from benchmarks.accuracy.conditions import CONDITIONS, clean, missing, missing_with_hubs, noisy
from benchmarks.accuracy.edge_list import Graph
from benchmarks.accuracy.phone_numbers import REGION, SERVICE_NUMBERS, business_number, person_number
from benchmarks.accuracy.seeds import dice_for
from benchmarks.accuracy.weak_ties import weak_ties

from appshare import errors
from appshare.relation_radar.numbers import read_personal_number

PEOPLE = 100
RING = Graph(
    "ring",
    tuple(frozenset((person + step) % PEOPLE for step in range(-5, 6) if step) for person in range(PEOPLE)),
)


def friends_of(person: int) -> set[str]:
    return {person_number(friend) for friend in RING.neighbours[person]}


def test_a_clean_book_holds_the_friends() -> None:
    assert all(book == friends_of(person) for person, book in enumerate(clean(RING).books))


def test_three_in_ten_contacts_are_missing() -> None:
    books = missing(RING).books

    assert all(book <= friends_of(person) for person, book in enumerate(books))
    assert sum(map(len, books)) == pytest.approx(0.7 * 10 * PEOPLE, rel=0.1)


def test_hubs_stand_in_their_shares_of_the_books() -> None:
    holders = Counter(number for book in missing_with_hubs(RING).books for number in book)

    assert [holders[business_number(hub)] for hub in range(8)] == [90, 80, 70, 60, 50, 40, 30, 20]


def test_the_same_contacts_are_missing_with_hubs() -> None:
    pairs = zip(missing(RING).books, missing_with_hubs(RING).books, strict=True)

    assert all(without <= with_hubs for without, with_hubs in pairs)


def test_weak_ties_are_one_sided_and_no_friends() -> None:
    listed = weak_ties(RING, dice_for("test"))

    assert all(
        other != person and other not in RING.neighbours[person] and person not in listed[other]
        for person, others in enumerate(listed)
        for other in others
    )
    assert sum(map(len, listed)) == pytest.approx(2 * PEOPLE, rel=0.1)


@pytest.mark.parametrize("name", CONDITIONS)
def test_the_radar_reads_what_is_written_as_what_counts(name: str) -> None:
    condition = CONDITIONS[name](RING)

    for book, written in zip(condition.books, condition.written, strict=True):
        personal = [number for number in written if number not in SERVICE_NUMBERS]
        assert {read_personal_number(number, REGION) for number in personal} == book


def test_noisy_books_are_written_in_national_styles() -> None:
    assert any(not number.startswith("+") for number in noisy(RING).written[0] if number not in SERVICE_NUMBERS)


@pytest.mark.parametrize("number", SERVICE_NUMBERS)
def test_service_numbers_do_not_count(number: str) -> None:
    with pytest.raises(errors.InvalidArgumentError):
        read_personal_number(number, REGION)


def test_every_run_has_the_same_books() -> None:
    assert noisy(RING) == noisy(RING)


def test_the_attackers_list_people_and_the_best_known_hotlines() -> None:
    assert len(set(random_book(1000))) == 500
    assert set(random_book(PEOPLE)) == {person_number(person) for person in range(PEOPLE)}
    assert hotline_book(missing_with_hubs(RING)) == (business_number(0), business_number(1))
