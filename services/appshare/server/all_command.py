"""`appshare-server all`: the whole cloud on one machine, on its embedded defaults."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from appshare.gateway.settings import GatewaySettings
from appshare.process.command import server_command
from appshare.process.settings import ProcessSettings, to_environment, to_flags
from appshare.process.supervisor import Child, Supervised, child_host
from appshare.rpc.address import Address
from appshare.server.held_ports import HeldPorts
from appshare.server.settings import AllSettings


@asynccontextmanager
async def running_all(settings: AllSettings) -> AsyncIterator[dict[str, Address]]:
    """Starts the three services and the gateway on this machine and keeps them running until Ctrl-C.

    A process that crashes is started again. Settings of a single service are read from the environment;
    `appshare-server SERVICE --help` lists them.
    """
    async with AsyncExitStack() as stack:
        settings = settings.with_ports(stack.enter_context(HeldPorts()))
        children = _children(settings)
        host = stack.enter_context(child_host(dict.fromkeys(child.name for child in children)))
        *services, gateway = [Supervised(child, host) for child in children]
        for supervised in (*services, gateway):
            stack.push_async_callback(supervised.stop)
        await asyncio.gather(*(service.start() for service in services))
        await gateway.start()
        _say(f"AppShare is ready. Devices: {settings.listen}  Operators: {settings.operator_listen}")
        _say(f"All data is in {settings.data}. Ctrl-C stops.")
        yield {"listen": settings.listen, "operator_listen": settings.operator_listen}
    _say("AppShare has stopped.")


def _children(settings: AllSettings) -> list[Child]:
    """The services first; the gateway, which is stopped first, last."""
    secrets = to_environment(settings, ProcessSettings.model_fields)
    children = []
    for name, of_service in settings.of_services():
        flags = to_flags(of_service, ProcessSettings.model_fields)
        children.append(Child(name, [*flags, "--tls-ca="], secrets))
    flags = to_flags(settings.of_gateway(), GatewaySettings.model_fields)
    return [*children, Child("gateway", flags, secrets)]


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # for the person at the terminal; the log goes to standard error


main = server_command("all", AllSettings, running_all)
