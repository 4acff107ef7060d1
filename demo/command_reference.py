"""`make docs`: writes the help of every command into docs/commands.md."""

import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"

_HEAD = """\
# Every command

What `--help` says, command by command; `make docs` writes this file. Exit codes are in [agent.md](agent.md#exit-codes).
"""
_PROGRAMS = {"appshare": "device_agent", "appshare-admin": "operator", "appshare-server": "server"}
_WIDTH = 100


def command_reference() -> str:
    """The page."""
    # Before the commands are imported, since defaults are in their help: not this machine's.
    os.environ["XDG_DATA_HOME"] = "~/.local/share"
    sections = [
        section
        for name, package in _PROGRAMS.items()
        for section in _sections(name, import_module(f"appshare.{package}.__main__").main)
    ]
    return "\n".join([_HEAD, *sections])


def _sections(typed: str, command: click.Command, parent: click.Context | None = None) -> Iterator[str]:
    """The help of a command, and of those below it."""
    context = click.Context(
        command, parent, info_name=typed.rsplit(maxsplit=1)[-1], max_content_width=_WIDTH, terminal_width=_WIDTH
    )
    yield f"## {typed}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from _sections(f"{typed} {name}", below, context)


def main() -> None:
    """Write the page."""
    PAGE.write_text(command_reference(), encoding="utf-8")
    click.echo(f"{PAGE} is what the commands say now.")


if __name__ == "__main__":
    main()
