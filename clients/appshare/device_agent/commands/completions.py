"""What a shell may put for people and apps: from what the home keeps, without a server."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain

import click
from click.shell_completion import CompletionItem

from appshare.command_line.input_error import InputError
from appshare.device_agent.commands.home import home_of

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

_MOST = 100
"""Names that a shell is given: more are no help."""

_SPECIAL = re.compile(r"([^\w@%+=:,./-])")


def complete_person(ctx: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Names of the address book of which a word begins so."""
    return _items(_people(ctx), begun)


def complete_my_app(ctx: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Package names of the apps that were published last."""
    return _items(_own_apps(ctx), begun)


def complete_person_or_app(ctx: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Names of people, and package names of what they share; behind a person only those."""
    has_person = bool(ctx.params.get(parameter.name or ""))
    return _items(_shared_apps(ctx) if has_person else chain(_people(ctx), _shared_apps(ctx)), begun)


def _people(ctx: click.Context) -> Iterator[str]:
    with _damaged_is_empty():
        yield from (contact.name for contact in home_of(ctx).address_book().contacts)


def _own_apps(ctx: click.Context) -> Iterator[str]:
    with _damaged_is_empty():
        yield from (app.package_name for app in home_of(ctx).published_apps() or ())


def _shared_apps(ctx: click.Context) -> Iterator[str]:
    """Of the lists that were looked at last."""
    with _damaged_is_empty():
        lists = home_of(ctx).kept_lists().lists.values()
        yield from (share.app.package_name for each in lists for share in each.shares)


def _damaged_is_empty() -> suppress:
    """A key that is pressed is no occasion to tell of a file that cannot be read."""
    return suppress(InputError, OSError)


def _items(values: Iterable[str], begun: str) -> list[CompletionItem]:
    matching = sorted({value for value in values if value and _begins(value, begun)})
    return [CompletionItem(_typed(value)) for value in matching[:_MOST]]


def _begins(value: str, begun: str) -> bool:
    folded, wanted = value.casefold(), begun.casefold()
    return folded.startswith(wanted) or any(word.startswith(wanted) for word in folded.split())


def _typed(value: str) -> str:
    """The value as bash has to get it; other shells quote by themselves."""
    typed = os.environ.get("COMP_WORDS", "")
    is_quoted = typed.count('"') % 2 or typed.count("'") % 2
    is_bash = os.environ.get("_APPSHARE_COMPLETE", "").startswith("bash")
    return _SPECIAL.sub(r"\\\1", value) if is_bash and not is_quoted else value
