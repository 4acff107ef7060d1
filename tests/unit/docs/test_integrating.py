"""docs/integrating.md shows the programs as they are."""

import re
import textwrap
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"
EXAMPLES = DOCS / "examples"
DOCUMENT = (DOCS / "integrating.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT, flags=re.DOTALL | re.MULTILINE)


def is_passage(block: str, program: str) -> bool:
    """Whether a program has the block, at whatever indentation."""
    return any(textwrap.indent(block, " " * depth) in program for depth in (0, 2, 4))


@pytest.mark.parametrize(("language", "files"), [("python", "python/*.py"), ("ts", "node/*.ts")])
def test_every_block_of_code_is_a_passage_of_the_program(language: str, files: str) -> None:
    programs = [path.read_text(encoding="utf-8") for path in EXAMPLES.glob(files)]
    shown = blocks(language)
    assert shown
    assert [block for block in shown if not any(is_passage(block, program) for program in programs)] == []


@pytest.mark.parametrize("language", ["python", "node"])
def test_the_commands_are_those_that_the_make_target_runs(language: str) -> None:
    _comment, _blank, commands = (EXAMPLES / language / "run.sh").read_text(encoding="utf-8").partition("\n\n")
    assert f"cd docs/examples/{language}\n{commands}" in blocks("sh")


@pytest.mark.parametrize("language", ["kotlin", "swift", "go"])
def test_the_templates_are_the_files(language: str) -> None:
    assert (EXAMPLES / language / "buf.gen.yaml").read_text(encoding="utf-8") in blocks("yaml")


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)", DOCUMENT)
    assert links
    assert [link for link in links if not (DOCS / link).exists()] == []
