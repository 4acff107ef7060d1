import pytest

from appshare.command_line.input_error import InputError
from appshare.device_agent.app_names import find_app, find_package_names
from appshare.device_agent.model import App

APPS = [
    App("org.example.notes", "Notes", "2.1", 21),
    App("org.example.notes.pro", "Notes Pro", "2.1", 21),
    App("com.uc.browser", "UC浏览器", "1.0", 1),
    App("org.example.notes", "Notes", "2.0", 20),
]


@pytest.mark.parametrize(
    ("text", "package_name"),
    [
        ("org.example.notes", "org.example.notes"),
        ("notes", "org.example.notes"),  # the whole label of one, though a part of another's
        ("pro", "org.example.notes.pro"),
        ("浏览", "com.uc.browser"),
    ],
)
def test_an_app_is_found_by_package_name_or_label(text: str, package_name: str) -> None:
    app = find_app(text, APPS)
    assert app is not None
    assert app.package_name == package_name


def test_several_apps_are_the_candidates() -> None:
    with pytest.raises(InputError) as caught:
        find_app("note", APPS)
    assert caught.value.candidates == ("org.example.notes (Notes)", "org.example.notes.pro (Notes Pro)")


def test_an_app_that_is_not_there_is_not_found() -> None:
    assert find_app("org.example.maps", APPS) is None


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        (["org.example.*"], ("org.example.notes", "org.example.notes.pro")),
        (["notes*"], ("org.example.notes", "org.example.notes.pro")),
        (["UC*", "notes"], ("com.uc.browser", "org.example.notes")),
        (["*", "notes"], ("org.example.notes", "org.example.notes.pro", "com.uc.browser")),
        (["*.brows?r"], ("com.uc.browser",)),
    ],
)
def test_a_pattern_means_every_app_that_is_like_it(texts: list[str], names: tuple[str, ...]) -> None:
    assert find_package_names(texts, APPS) == names


@pytest.mark.parametrize("text", ["maps", "org.other.*"])
def test_a_text_that_means_no_app_is_told(text: str) -> None:
    with pytest.raises(InputError, match="appshare apps list"):
        find_package_names(["notes", text], APPS)
