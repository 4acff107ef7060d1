"""The gateway as a process: settings, keys, backends, one server for devices and one for operators."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from appshare.bus.opening import open_bus
from appshare.gateway.access_tokens import AccessTokens
from appshare.gateway.authentication import DeviceAuthentication, OperatorAuthentication
from appshare.gateway.backends import open_backends
from appshare.gateway.device.account import OPEN_METHODS
from appshare.gateway.doubts import Doubts
from appshare.gateway.operator_access import write_endpoints
from appshare.gateway.operator_calls import OperatorCalls
from appshare.gateway.operators import Operators
from appshare.gateway.ports import device_services, operator_services
from appshare.gateway.rate_limits import DeviceRates, OperatorFailures
from appshare.gateway.registration_check import ASKING_METHODS, READING_METHODS, registration_check
from appshare.gateway.settings import GatewaySettings
from appshare.gateway.shared_rates_opening import open_shared_rates
from appshare.gateway.signing_keys import SigningKeyFile, SigningKeys
from appshare.process.clock import system_clock
from appshare.process.command import server_command
from appshare.process.data_folder import owned_folder
from appshare.process.lifetime import in_background
from appshare.rpc.address import Address
from appshare.rpc.server import running_server


@asynccontextmanager
async def running(settings: GatewaySettings) -> AsyncIterator[dict[str, Address]]:
    """Serves the gateway: the one door for devices and operators."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(owned_folder(settings.data / "gateway", shared=True))
        keys = settings.keys_folder or folder
        signing_keys = SigningKeys(SigningKeyFile(keys / "signing-keys.json"), settings.access_lifetime, system_clock)
        operators = Operators(keys, system_clock)
        tokens = AccessTokens(signing_keys, settings.access_lifetime, system_clock)
        await stack.enter_async_context(in_background(signing_keys.keep_up()))
        await stack.enter_async_context(in_background(operators.keep_up()))
        shared_rates = await stack.enter_async_context(open_shared_rates(settings, keys))
        backends = await stack.enter_async_context(open_backends(settings))
        doubts = Doubts(await stack.enter_async_context(open_bus(settings, "gateway")))
        authentication = DeviceAuthentication(
            tokens.caller, registration_check(backends), OPEN_METHODS, ASKING_METHODS, READING_METHODS
        )
        device_server = running_server(
            settings.listen,
            device_services(backends, doubts, tokens, system_clock, public_search=settings.search == "upstreams"),
            settings.device_options(DeviceRates(settings.rates(), OPEN_METHODS, shared_rates)),
            interceptors=[authentication],
        )
        failures = OperatorFailures(settings.operator_failures_per_peer, shared_rates)
        operator_server = running_server(
            settings.operator_listen,
            operator_services(backends, doubts, operators, signing_keys, system_clock, settings),
            settings.operator_options(OperatorCalls(), failures, leans_on=backends.channels),
            interceptors=[OperatorAuthentication(operators.name_of)],
        )
        device_address = await stack.enter_async_context(device_server)
        operator_address = await stack.enter_async_context(operator_server)
        write_endpoints(folder, devices=device_address, operators=operator_address)
        yield {"listen": device_address, "operator_listen": operator_address}


main = server_command("gateway", GatewaySettings, running)

if __name__ == "__main__":
    main()
