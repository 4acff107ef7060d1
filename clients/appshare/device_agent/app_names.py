"""Which apps are meant: by a package name, a label or a part of it, or a pattern of either."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Protocol, TypeVar

from appshare.command_line.input_error import InputError

_WILDCARDS = frozenset("*?[")


class Named(Protocol):
    """What has the names of an app."""

    @property
    def package_name(self) -> str:
        """Its identity."""

    @property
    def label(self) -> str:
        """The name that people see."""


Thing = TypeVar("Thing", bound=Named)


def find_app(text: str, apps: Iterable[Thing]) -> Thing | None:
    """The one app with that package name, else label, else part of a label; None when there is none.

    Raises:
        InputError: several apps match; they are its candidates.
    """
    by_name = {app.package_name: app for app in apps}
    if text in by_name:
        return by_name[text]
    wanted = text.casefold()
    matching = [app for app in by_name.values() if app.label.casefold() == wanted]
    matching = matching or [app for app in by_name.values() if wanted in app.label.casefold()]
    if len(matching) > 1:
        candidates = [f"{app.package_name} ({app.label})" for app in matching]
        raise InputError(f"several apps match {text}; say which:", candidates=candidates)
    return matching[0] if matching else None


def find_package_names(texts: Iterable[str], apps: Sequence[Named]) -> tuple[str, ...]:
    """The package names of all apps that the texts mean; a text with * or ? is a pattern and may mean several.

    Raises:
        InputError: a text means no app, or several though it is no pattern.
    """
    found: dict[str, None] = {}
    for text in texts:
        matching = _like(text, apps) if _WILDCARDS & set(text) else [find_app(text, apps)]
        names = [app.package_name for app in matching if app]
        if not names:
            raise InputError(f"none of your published apps is {text}; `appshare apps list` lists them")
        found.update(dict.fromkeys(names))
    return tuple(found)


def _like(pattern: str, apps: Iterable[Named]) -> list[Named]:
    wanted = pattern.casefold()
    return [app for app in apps if any(fnmatchcase(name.casefold(), wanted) for name in (app.package_name, app.label))]
