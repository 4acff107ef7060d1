"""The command that starts one server process."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click

from appshare import errors
from appshare.process.logs import configure_logs
from appshare.process.settings import ProcessSettings, settings_options

Settings = TypeVar("Settings", bound=ProcessSettings)


def server_command(name: str, settings: type[Settings], serve: Callable[[Settings], Awaitable[None]]) -> click.Command:
    """A click command `name` that reads `settings` and runs `serve` until it is stopped.

    Exit codes: 0 stopped, 1 could not start or failed, 2 wrong settings.
    """

    @settings_options(settings)
    def run(loaded: Any) -> None:
        loaded.require_safe(loaded.listen)
        configure_logs(name, loaded.log_level, loaded.log_format)
        try:
            asyncio.run(_serve(serve, loaded))
        except (OSError, errors.AppShareError) as error:
            raise click.ClickException(str(error)) from error

    return click.command(name, help=serve.__doc__, context_settings={"show_default": False})(run)


async def _serve(serve: Callable[[Settings], Awaitable[None]], settings: Settings) -> None:
    await serve(settings)
