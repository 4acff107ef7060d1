"""A group of commands that are imported only when they are used, so that help stays quick."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click
from click.shell_completion import CompletionItem

from appshare.command_line.examples import write_examples
from appshare.loading import load


@dataclass(frozen=True)
class LazyCommand:
    """Where a command is and what it is for.

    Attributes:
        place: "package.module:attribute".
        summary: one sentence for the group's help.
    """

    place: str
    summary: str

    def load(self) -> click.Command:
        """Imports the command."""
        module, _, attribute = self.place.partition(":")
        command: click.Command = getattr(load(module), attribute)
        return command


class LazyGroup(click.Group):
    """A group that knows its commands by name only.

    Args:
        lazy: the commands by name, in the order of the help.
        examples: lines that can be typed as they are.
        default: the command that is meant where none is named, whose arguments then follow the group's name.
    """

    def __init__(
        self, *args: Any, lazy: Mapping[str, LazyCommand], examples: str, default: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = lazy
        self._default = default
        self.examples = examples

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts the default command where none is named."""
        # A shell that completes has not got the name yet.
        is_meant = self._default and not ctx.resilient_parsing and args[:1] != ["--help"]
        if is_meant and not self._lazy.keys() & set(args[:1]):
            args = [str(self._default), *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the help."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports one command."""
        lazy = self._lazy.get(cmd_name)
        return lazy.load() if lazy else None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """What may come next; only a default command is imported: a shell waits for it at every key."""
        names = [
            CompletionItem(name, help=lazy.summary) for name, lazy in self._lazy.items() if name.startswith(incomplete)
        ]
        return [*names, *self._of_default(ctx, incomplete), *click.Command.shell_complete(self, ctx, incomplete)]

    def _of_default(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """What the first argument may be of the command that is meant where none is named."""
        lazy = self._lazy[self._default] if self._default else None
        arguments = [each for each in lazy.load().params if isinstance(each, click.Argument)] if lazy else []
        return arguments[0].shell_complete(ctx, incomplete) if arguments else []

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.summary) for name, lazy in self._lazy.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the examples, and what the group has to say behind them."""
        write_examples(self.examples, formatter)
        super().format_epilog(ctx, formatter)
