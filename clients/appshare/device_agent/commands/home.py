"""The agent's home, as commands get it."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import click

from appshare.device_agent.agent_home import AgentHome, default_home
from appshare.device_agent.home_choice import HomeChoice

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_PROFILES = "profiles"
"""Where the homes of profiles are, in that which needs no name."""


def pass_home(command: Callable[Concatenate[AgentHome, Parameters], Result]) -> Callable[Parameters, Result]:
    """Gives a command the home that `appshare --home` and `--profile` name as its first argument."""

    @wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        return command(chosen_home(), *args, **kwargs)

    return run


def chosen_home() -> AgentHome:
    """The home that `--home` and `--profile` name."""
    return _home(click.get_current_context().obj)


def home_of(ctx: click.Context) -> AgentHome:
    """The home that the command line names so far: that of a command that is not run, only completed."""
    options = ctx.find_root().params
    return _home(HomeChoice(options.get("home"), options.get("profile")))


def _home(choice: HomeChoice) -> AgentHome:
    folder = choice.folder or default_home()
    return AgentHome(folder / _PROFILES / choice.profile if choice.profile else folder)
