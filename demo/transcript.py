"""What the demo prints, and how it says that something is not as it must be."""

from rich.console import Console
from rich.text import Text

_WIDTH = 11
"""Columns for the name of who types a command."""


class NotAsItMustBe(Exception):  # noqa: N818  # says what is the case
    """A step of the demo came out differently."""


class Transcript:
    """Prints steps, commands and what came back."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)

    def step(self, number: str, title: str) -> None:
        """Begins a step of the original design."""
        self._console.print(Text.assemble("\n", (number, "bold green"), "  ", (title, "bold")))

    def say(self, sentence: str) -> None:
        """Explains something."""
        self._console.print(Text(f"    {sentence}", style="dim"))

    def command(self, who: str, line: str) -> None:
        """Shows a command and who types it."""
        self._console.print(Text.assemble("    ", (f"{who:<{_WIDTH}}", "cyan"), "$ ", line))

    def answer(self, text: str) -> None:
        """Shows what a command printed."""
        for line in text.rstrip().splitlines():
            self._console.print(Text(f"    {'':<{_WIDTH}}{line}"))

    def checked(self, fact: str) -> None:
        """Says what was verified."""
        self._console.print(Text.assemble("    ", ("ok", "green"), f"  {fact}"))

    def finish(self, sentence: str) -> None:
        """Ends the transcript."""
        self._console.print(Text(f"\n{sentence}", style="bold"))

    def require(self, fact: str, found: object, expected: object) -> None:
        """Verifies a fact and says so.

        Raises:
            NotAsItMustBe: `found` is not what was expected.
        """
        if found != expected:
            raise NotAsItMustBe(f"{fact}: expected {expected!r}, found {found!r}")
        self.checked(fact)
