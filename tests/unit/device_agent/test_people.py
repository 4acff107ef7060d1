import pytest

from appshare.command_line.input_error import InputError
from appshare.device_agent.address_book import AddressBook, BookContact
from appshare.device_agent.model import ByContact, ByDevice, ByNumber, Friend, FriendshipLevel, Person
from appshare.device_agent.people import find_friend_devices, find_person, friend_names, shown_device

BOOK = AddressBook(
    (
        BookContact(1, "Li Wei", "", ("+8613800138000",)),
        BookContact(2, "Li Weiming", "", ("+8613800138001", "010-5555 1234")),
        BookContact(3, "李伟", "", ("+8613800138002",)),
        BookContact(4, "Jürgen Groß", "", ("+4915112345678",)),
        BookContact(5, "Ann Lee", "", ("1",)),
        BookContact(6, "Ann Lee", "u", ("+12025550123",)),
        BookContact(7, "", "", ("+12025550124",)),
    )
)
FRIENDS = (
    Friend("d1", 1, FriendshipLevel.CONFIRMED),
    Friend("d1-tablet", 1, FriendshipLevel.CONFIRMED),
    Friend("d3", 3, FriendshipLevel.LIKELY),
    Friend("d0", 0, FriendshipLevel.LIKELY),
)


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("+8613800138000", ByNumber("+8613800138000")),
        ("13800138000", ByNumber("13800138000")),
        ("+86 (138) 0013-8000", ByNumber("+86 (138) 0013-8000")),
        ("device:abc", ByDevice("abc")),
        ("Li Wei", ByContact(1)),  # the whole name of one, though a part of another's
        ("li  WEI", ByContact(1)),
        ("weiming", ByContact(2)),
        ("Weiming Li", ByContact(2)),
        ("伟", ByContact(3)),
        ("JÜRGEN GROSS", ByContact(4)),
        ("ju\u0308rgen", ByContact(4)),  # typed with a combining mark
    ],
)
def test_a_person_is_found(text: str, person: Person) -> None:
    assert find_person(text, BOOK) == person


def test_several_people_are_the_candidates() -> None:
    with pytest.raises(InputError, match="several contacts match Li") as caught:
        find_person("Li", BOOK)
    assert caught.value.candidates == ("Li Wei, number ending in 8000", "Li Weiming, number ending in 8001")


def test_two_people_of_one_name_are_told_apart_by_their_numbers() -> None:
    with pytest.raises(InputError) as caught:
        find_person("Ann Lee", BOOK)
    assert caught.value.candidates == ("Ann Lee, number ending in 1", "Ann Lee, number ending in 0123")


@pytest.mark.parametrize("text", ["Nobody", "", " ", "12"])
def test_nobody_is_an_error(text: str) -> None:
    with pytest.raises(InputError, match="no contact is called"):
        find_person(text, BOOK)


def test_all_devices_of_friends_are_found_each_once() -> None:
    found = find_friend_devices(["Li Wei", "device:d9", "+8613800138000", "李伟"], BOOK, FRIENDS)
    assert found == ("d1", "d1-tablet", "d9", "d3")


def test_a_number_as_it_is_dialled_at_home_finds_the_contact() -> None:
    assert find_friend_devices(["13800138000"], BOOK, FRIENDS) == ("d1", "d1-tablet")


@pytest.mark.parametrize("text", ["Li Weiming", "+8613900139000", "110"])
def test_somebody_who_is_no_friend_is_an_error(text: str) -> None:
    with pytest.raises(InputError, match="is not among your friends"):
        find_friend_devices([text], BOOK, FRIENDS)


def test_friends_are_called_what_the_address_book_says() -> None:
    names = friend_names(BOOK, FRIENDS)
    assert names == {"d1": "Li Wei", "d1-tablet": "Li Wei", "d3": "李伟"}
    assert shown_device("d1", names) == "Li Wei"
    assert shown_device("d0", names) == "device:d0"
