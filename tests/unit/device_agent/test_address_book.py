from dataclasses import replace

from appshare.device_agent.address_book import AddressBook, BookChange, change_between, updated
from appshare.device_agent.model import Contact
from appshare.device_agent.vcards import Card


def card(name: str, *numbers: str, uid: str = "") -> Card:
    return Card(1, name, numbers, uid)


def ids(book: AddressBook) -> dict[str, int]:
    return {f"{contact.name}{contact.uid}": contact.contact_id for contact in book.contacts}


def test_contacts_get_ids_from_one_on() -> None:
    book = updated(AddressBook(), [card("A", "1"), card("B", "2")])
    assert ids(book) == {"A": 1, "B": 2}


def test_a_contact_keeps_its_id_by_its_uid_when_it_is_renamed() -> None:
    book = updated(AddressBook(), [card("A", "1", uid="u"), card("B", "2", uid="v")])
    assert ids(updated(book, [card("B", "2", uid="v"), card("New", "1", uid="u")])) == {"Bv": 2, "Newu": 1}


def test_a_contact_keeps_its_id_by_its_name_when_it_has_no_uid() -> None:
    book = updated(AddressBook(), [card("A", "1"), card("B", "2")])
    assert ids(updated(book, [card("b", "3"), card("A", "4")])) == {"A": 1, "b": 2}


def test_a_contact_keeps_its_id_by_its_name_when_its_uid_is_new() -> None:
    book = updated(AddressBook(), [card("A", "1", uid="old")])
    assert ids(updated(book, [card("A", "1", uid="new")])) == {"Anew": 1}


def test_two_people_of_one_name_stay_two_by_their_uids() -> None:
    book = updated(AddressBook(), [card("A", "1", uid="u"), card("A", "2", uid="v")])
    assert ids(book) == {"Au": 1, "Av": 2}
    again = updated(book, [card("A", "2", uid="v"), card("A", "3", uid="w"), card("A", "1", uid="u")])
    assert ids(again) == {"Av": 2, "Aw": 3, "Au": 1}


def test_cards_of_one_name_without_a_uid_are_one_contact_with_all_numbers() -> None:
    (contact,) = updated(AddressBook(), [card("A", "1", "2"), card("A", "2", "3")]).contacts
    assert contact.numbers == ("1", "2", "3")


def test_a_card_without_a_name_is_known_by_its_number() -> None:
    book = updated(AddressBook(), [card("", "1"), card("", "2")])
    assert [contact.contact_id for contact in updated(book, [card("", "2")]).contacts] == [2]


def test_a_card_without_a_number_is_no_contact() -> None:
    assert updated(AddressBook(), [card("A")]).contacts == ()


def test_a_contact_has_at_most_fifty_numbers() -> None:
    (contact,) = updated(AddressBook(), [card("A", *map(str, range(60)))]).contacts
    assert len(contact.numbers) == 50


def test_an_id_is_not_used_again() -> None:
    book = updated(AddressBook(), [card("A", "1"), card("B", "2")])
    assert ids(updated(updated(book, [card("A", "1")]), [card("A", "1"), card("C", "3")])) == {"A": 1, "C": 3}


def test_the_change_holds_new_changed_and_removed_contacts() -> None:
    old = updated(AddressBook(), [card("Same", "1"), card("Changed", "2"), card("Gone", "3")])
    new = updated(old, [card("Same", "1"), card("Changed", "2", "9"), card("New", "4")])
    assert change_between(old, new) == BookChange((Contact(2, ("2", "9")), Contact(4, ("4",))), (3,))


def test_a_new_name_is_no_change_for_the_cloud() -> None:
    old = updated(AddressBook(), [card("A", "1", uid="u")])
    assert change_between(old, updated(old, [card("B", "1", uid="u")])) == BookChange((), ())


def test_the_version_stays_until_the_next_sync() -> None:
    book = replace(updated(AddressBook(), [card("A", "1")]), version=7)
    assert updated(book, [card("B", "2")]).version == 7
