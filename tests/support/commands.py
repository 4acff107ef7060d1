"""Our commands as `python -m module arguments` would run them, without the time that starting Python takes.

That they are programs of their own, the demo shows with a hundred of them.
"""

import importlib
from collections.abc import Sequence

from click.testing import CliRunner, Result


def in_this_process(words: Sequence[str], **environment: str) -> Result:
    """Runs a command to its end.

    Args:
        words: As for `subprocess`: a Python, `-m`, the module, the arguments.
    """
    _, _, module, *arguments = words
    return CliRunner().invoke(importlib.import_module(f"{module}.__main__").main, arguments, env=environment)
