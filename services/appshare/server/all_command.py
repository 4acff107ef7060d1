"""`appshare-server all`: the whole cloud on one machine, on its embedded defaults."""

import asyncio
import sys
from contextlib import AsyncExitStack

from appshare.process.command import server_command
from appshare.process.lifetime import until_stopped
from appshare.rpc.address import Address
from appshare.server.settings import AllSettings
from appshare.server.supervisor import Child, Supervised


async def serve_all(settings: AllSettings) -> None:
    """Starts the three services and the gateway on this machine and keeps them running until Ctrl-C.

    A process that crashes is started again. Settings of a single service are read from the environment;
    `appshare-server SERVICE --help` lists them.
    """
    settings = settings.with_ports()
    async with AsyncExitStack() as stack:
        *services, gateway = [Supervised(child) for child in _children(settings)]
        for supervised in (*services, gateway):
            stack.push_async_callback(supervised.stop)
        await asyncio.gather(*(service.start() for service in services))
        await gateway.start()
        _say(f"AppShare is ready. Devices: {settings.listen}  Operators: {settings.operator_listen}")
        _say(f"All data is in {settings.data}. Ctrl-C stops.")
        await until_stopped()
    _say("AppShare has stopped.")


def _children(settings: AllSettings) -> list[Child]:
    """The services first; the gateway, which is stopped first, last."""
    services = {
        "relation-radar": settings.relation_radar,
        "share-registry": settings.share_registry,
        "app-download": settings.app_download,
    }
    children = [_child(name, settings, address) for name, address in services.items()]
    gateway = _child("gateway", settings, settings.listen, f"--operator-listen={settings.operator_listen}")
    behind = [f"--{name}={address}" for name, address in services.items()]
    return [*children, Child(gateway.name, [*gateway.arguments, *behind], gateway.address)]


def _child(name: str, settings: AllSettings, address: Address, *more: str) -> Child:
    common = [f"--data={settings.data}", f"--listen={address}", f"--log-level={settings.log_level}"]
    log_format = settings.log_format
    if log_format == "auto":
        log_format = "text" if sys.stderr.isatty() else "json"
    flags = [
        f"--log-format={log_format}",
        "--reflection" if settings.reflection else "--no-reflection",
        "--private-network" if settings.private_network else "--no-private-network",
    ]
    return Child(name, [*common, *flags, *more], address)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # for the person at the terminal; the log goes to standard error


main = server_command("all", AllSettings, serve_all)
