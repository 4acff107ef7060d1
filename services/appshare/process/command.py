"""The command that starts one server process."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, TypeVar

import click
import structlog

from appshare import errors
from appshare.process.lifetime import in_background, tell_ready, until_stopped
from appshare.process.logs import configure_logs
from appshare.process.memory import give_back_freed_memory, keep_freed_memory
from appshare.process.metrics import served_metrics
from appshare.process.open_files import raise_open_files
from appshare.process.settings import ProcessSettings, settings_options
from appshare.process.traces import exported_traces
from appshare.process.worker import worker_index
from appshare.process.workers import running_workers
from appshare.rpc.address import Address

Settings = TypeVar("Settings", bound=ProcessSettings)
Running = Callable[[Settings], AbstractAsyncContextManager[Mapping[str, Address]]]
"""Runs a server while the context is open; yields by name where it listens."""


def server_command(name: str, settings: type[Settings], running: Running[Settings]) -> click.Command:
    """A click command `name` that reads `settings` and keeps a server `running` until it is stopped.

    Exit codes: 0 stopped, 1 could not start or failed, 2 wrong settings.
    """

    @settings_options(settings)
    def run(loaded: Any) -> None:
        loaded.require_safe()
        raise_open_files()
        keep_freed_memory()
        configure_logs(name, loaded.log_level, loaded.log_format)
        try:
            if loaded.workers_are_ours and loaded.workers > 1 and worker_index() is None:
                asyncio.run(_run_until_stopped(name, partial(running_workers, name), loaded))
            else:
                asyncio.run(_run_served(name, running, loaded))
        except (OSError, errors.AppShareError) as error:
            raise click.ClickException(str(error)) from error

    return click.command(name, help=running.__doc__)(run)


async def _run_served(name: str, running: Running[Settings], settings: Settings) -> None:
    with exported_traces(name, settings.otlp_endpoint), served_metrics(settings.metrics_address):
        async with in_background(give_back_freed_memory()):
            await _run_until_stopped(name, running, settings)


async def _run_until_stopped(name: str, running: Running[Settings], settings: Settings) -> None:
    async with running(settings) as addresses:
        listening = {name: str(address) for name, address in addresses.items()}
        structlog.get_logger(__name__).info("ready", data=str(settings.data), **listening)
        tell_ready()
        await until_stopped()
