"""The settings of the cloud's processes, as their operator sees them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Setting:
    """A setting that is in force; value and default are as they could be written into the variable.

    Attributes:
        variable: the environment variable that sets it.
    """

    name: str
    variable: str
    value: str
    default: str
    description: str


@dataclass(frozen=True)
class LimitRefusals:
    """What a limit has refused since the process started.

    Attributes:
        limit: the name of its setting, or of a limit that nobody can set.
        last_time: when it refused the last call.
    """

    limit: str
    count: int
    last_time: datetime


@dataclass(frozen=True)
class ServiceSettings:
    """The settings of a process and what its limits have refused.

    Attributes:
        settings: None: the process does not answer.
    """

    name: str
    settings: tuple[Setting, ...] | None
    refusals: tuple[LimitRefusals, ...] = ()
