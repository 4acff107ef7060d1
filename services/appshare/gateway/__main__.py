"""The gateway as a process: settings, keys, backends, one server for devices and one for operators."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from appshare.gateway.access_tokens import AccessTokens
from appshare.gateway.authentication import DeviceAuthentication, OperatorAuthentication
from appshare.gateway.backends import open_backends
from appshare.gateway.device.account import OPEN_METHODS
from appshare.gateway.operator_access import OPERATOR_TOKEN_FILE, new_operator_token, write_endpoints
from appshare.gateway.ports import device_services, operator_services
from appshare.gateway.rate_limits import DeviceRates, OperatorFailures
from appshare.gateway.registration_check import ASKING_METHODS, registration_check
from appshare.gateway.settings import GatewaySettings
from appshare.gateway.signing_keys import SigningKeyFile, SigningKeys
from appshare.process.clock import system_clock
from appshare.process.command import server_command
from appshare.process.data_folder import owned_folder
from appshare.process.lifetime import in_background
from appshare.process.secret_file import read_or_create
from appshare.rpc.address import Address
from appshare.rpc.server import running_server


@asynccontextmanager
async def running(settings: GatewaySettings) -> AsyncIterator[dict[str, Address]]:
    """Serves the gateway: the one door for devices and operators."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(owned_folder(settings.data / "gateway"))
        signing_keys = SigningKeys(SigningKeyFile(folder / "signing-keys.json"), settings.access_lifetime, system_clock)
        operator_token = read_or_create(folder / OPERATOR_TOKEN_FILE, new_operator_token).decode().strip()
        tokens = AccessTokens(signing_keys, settings.access_lifetime, system_clock)
        await stack.enter_async_context(in_background(signing_keys.forget_over_in_time()))
        backends = await stack.enter_async_context(open_backends(settings))
        authentication = DeviceAuthentication(tokens.caller, registration_check(backends), OPEN_METHODS, ASKING_METHODS)
        device_server = running_server(
            settings.listen,
            device_services(backends, tokens, system_clock),
            settings.device_options(DeviceRates(settings.rates(), OPEN_METHODS)),
            interceptors=[authentication],
        )
        failures = OperatorFailures(settings.operator_failures_per_peer)
        operator_server = running_server(
            settings.operator_listen,
            operator_services(backends),
            settings.operator_options(failures, leans_on=backends.channels),
            interceptors=[OperatorAuthentication(operator_token)],
        )
        devices = await stack.enter_async_context(device_server)
        operators = await stack.enter_async_context(operator_server)
        write_endpoints(folder, devices=devices, operators=operators)
        yield {"listen": devices, "operator_listen": operators}


main = server_command("gateway", GatewaySettings, running)

if __name__ == "__main__":
    main()
