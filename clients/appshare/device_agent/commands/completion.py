"""`appshare completion`."""

import click
from click.shell_completion import get_completion_class

from appshare.command_line.command import Command, json_option
from appshare.command_line.output import Output

_PROGRAM = "appshare"
_VARIABLE = "_APPSHARE_COMPLETE"
"""The variable by which the shell asks the program what may come next; click fixes its form."""


_HELP = """Print what makes SHELL complete the commands and options of appshare.

\b
bash   eval "$(appshare completion bash)"    in ~/.bashrc
zsh    eval "$(appshare completion zsh)"     in ~/.zshrc
fish   appshare completion fish > ~/.config/fish/completions/appshare.fish
"""


@click.command(
    cls=Command,
    help=_HELP,
    examples="""
    appshare completion bash
    appshare completion zsh
    appshare completion fish
    """,
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@json_option
def completion(shell: str, output: Output) -> None:
    """Print what makes SHELL complete the commands and options of appshare."""
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"no completion for {shell}")
    script = found(click.get_current_context().find_root().command, {}, _PROGRAM, _VARIABLE).source()
    if output.as_json:
        output.document({"shell": shell, "script": script})
    else:
        output.text(script)
