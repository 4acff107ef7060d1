"""The agent's home, as commands get it."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import click

from appshare.device_agent.agent_home import AgentHome, default_home

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def pass_home(command: Callable[Concatenate[AgentHome, Parameters], Result]) -> Callable[Parameters, Result]:
    """Gives a command the home that `appshare --home` names as its first argument."""

    @wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        folder = click.get_current_context().obj
        return command(AgentHome(folder or default_home()), *args, **kwargs)

    return run
