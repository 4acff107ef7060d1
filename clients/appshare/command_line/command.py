"""What every command has: examples in its help, `--json`, and one sentence for a failure."""

import asyncio
import errno
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec

import click

from appshare import errors
from appshare.command_line.examples import write_examples
from appshare.command_line.exit_code import ExitCode, exit_code_of
from appshare.command_line.failure import FailureError
from appshare.command_line.input_error import InputError
from appshare.command_line.output import Output

Parameters = ParamSpec("Parameters")


class Command(click.Command):
    """A command whose help ends with examples and whose failures are told in one sentence.

    Args:
        examples: lines that can be typed as they are.
    """

    def __init__(self, *args: Any, examples: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the examples, each on its line."""
        write_examples(self.examples, formatter)

    def invoke(self, ctx: click.Context) -> None:
        """Runs the command; its failure becomes a message and an exit code."""
        try:
            super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(ExitCode.INTERRUPTED)
        except (InputError, FailureError, errors.AppShareError, OSError) as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # whoever read our output has seen enough
            _output_of(ctx).failure(error)
            ctx.exit(exit_code_of(error))


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--json`; the command gets an `output`."""

    def choose(_ctx: click.Context, _parameter: click.Parameter, as_json: object) -> Output:
        return Output(as_json=bool(as_json))

    return click.option("--json", "output", is_flag=True, callback=choose, help="Print one JSON document.")(command)


def asynchronous(
    command: Callable[Parameters, Coroutine[Any, Any, ExitCode | None]],
) -> Callable[Parameters, None]:
    """Runs a coroutine function as a command; what it returns is the exit code."""

    @wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        code = asyncio.run(command(*args, **kwargs))
        if code:
            click.get_current_context().exit(code)

    return run


def _output_of(ctx: click.Context) -> Output:
    output: Output = ctx.params["output"]
    return output
