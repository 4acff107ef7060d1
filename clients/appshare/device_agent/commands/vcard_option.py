"""The address book that a command reads."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from appshare.device_agent.vcards import CardFile, read_cards


def card_file_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds FILE and `--charset`; the command gets `file` and `charset`."""
    charset = click.option(
        "--charset",
        default="cp1252",
        callback=_require_charset,
        help="Of names that are not UTF-8 and do not say what they are, for example gb18030. [default: cp1252]",
    )
    file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    return file(charset(command))


def load_cards(file: Path, charset: str) -> CardFile:
    """Reads an address book."""
    return read_cards(file.read_bytes(), charset=charset)


def _require_charset(_ctx: click.Context, _parameter: click.Parameter, name: str) -> str:
    try:
        b"A".decode(name)
    except (LookupError, ValueError):
        raise click.BadParameter(f"no such charset: {name}") from None
    return name
