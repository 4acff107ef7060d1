import pytest

from appshare import errors
from appshare.command_line.input_error import InputError
from appshare.device_agent.commands.get import _find_app
from appshare.device_agent.model import App, Share

SHARES = [
    Share("d1", App("org.example.notes", "Notes", "2.1", 21)),
    Share("d1", App("org.example.notes.pro", "Notes Pro", "2.1", 21)),
    Share("d1", App("com.uc.browser", "UC浏览器", "1.0", 1)),
    Share("d2", App("org.example.notes", "Notes", "2.0", 20)),
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
    assert _find_app(text, SHARES).package_name == package_name


def test_several_apps_are_the_candidates() -> None:
    with pytest.raises(InputError) as caught:
        _find_app("note", SHARES)
    assert caught.value.candidates == ("org.example.notes (Notes)", "org.example.notes.pro (Notes Pro)")


def test_an_app_that_is_not_shared_is_refused() -> None:
    with pytest.raises(errors.PermissionDeniedError, match="not among the apps"):
        _find_app("org.example.maps", SHARES)
