"""The address book that a command reads."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from appshare.device_agent.commands.source_option import SourceChoice, source_options
from appshare.device_agent.sources.file import DEFAULT_CHARSET, FileSource
from appshare.device_agent.vcards import CardFile


def address_book_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds FILE, `--charset`, `--source` and `--serial`; the command gets `file`, `charset` and `source`."""
    charset = click.option(
        "--charset",
        default=DEFAULT_CHARSET,
        callback=_require_charset,
        help="Of names that are not UTF-8 and do not say what they are, for example gb18030. [default: cp1252]",
    )
    file = click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
    return file(charset(source_options(command)))


def load_cards(file: Path | None, charset: str, source: SourceChoice) -> tuple[CardFile, str]:
    """Reads an address book from the file or the phone; returns what it was read from, too."""
    files = FileSource(cards=file, charset=charset) if file else None
    chosen = source.source(files, "name a vCard FILE")
    return chosen.contacts(), chosen.name


def _require_charset(_ctx: click.Context, _parameter: click.Parameter, name: str) -> str:
    try:
        b"A".decode(name)
    except (LookupError, ValueError):
        raise click.BadParameter(f"no such charset: {name}") from None
    return name
