"""What a command's exit code says."""

from enum import IntEnum

from appshare import errors
from appshare.command_line.input_error import InputError


class ExitCode(IntEnum):
    """How a command ended; every command documents these in its group's help."""

    DONE = 0
    FAILED = 1
    WRONG_USAGE = 2
    REFUSED = 3
    NO_FIT = 4
    UNREACHABLE = 5
    INTERRUPTED = 130
    """As shells report a program that Ctrl-C ended."""


EXIT_CODES_HELP = """\b
Exit codes:
  0  done
  1  failed
  2  wrong usage: the command line, or a file named on it
  3  refused by the other side
  4  no build fits the device
  5  the server cannot be reached or cannot do it now: try again later"""


def exit_code_of(error: Exception) -> ExitCode:
    """The code for a failure."""
    match error:
        case InputError():
            return ExitCode.WRONG_USAGE
        case errors.PermissionDeniedError():
            return ExitCode.REFUSED
        case errors.UnavailableError() | errors.DeadlineExceededError():
            return ExitCode.UNREACHABLE
        case _:
            return ExitCode.FAILED
