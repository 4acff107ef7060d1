"""docs/agent.md shows commands as they are."""

import re
import shlex
from pathlib import Path

import click
import pytest

from appshare.command_line.exit_code import EXIT_CODES_HELP, ExitCode
from appshare.device_agent.__main__ import main

DOCS = Path(__file__).parents[3] / "docs"
DOCUMENT = (DOCS / "agent.md").read_text(encoding="utf-8")
LINES = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)
    for line in block.splitlines()
]


def test_exit_codes_are_those_of_the_program() -> None:
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", DOCUMENT, re.MULTILINE)}
    assert codes == set(ExitCode)
    for code, meaning in re.findall(r"^  (\d)  (.+)$", EXIT_CODES_HELP, re.MULTILINE):
        assert f"| {code} | {meaning.partition(': try')[0]} |" in DOCUMENT


def test_every_link_leads_somewhere() -> None:
    assert [link for link in re.findall(r"\]\(([^)#]+)", DOCUMENT) if not (DOCS / link).exists()] == []


def test_commands_are_shown() -> None:
    assert len(LINES) > 10


@pytest.mark.parametrize("line", LINES)
def test_every_line_can_be_typed(line: str) -> None:
    program, *words = shlex.split(line)
    assert program == "appshare"
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        context = command.make_context(command.name, list(words), parent=context)
        name, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
        assert command is not None, name
    command.make_context(command.name, list(words), parent=context)  # refuses unknown options and values
