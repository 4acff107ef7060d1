"""The rates that copies of the gateway share, where they have a database for it."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from appshare.gateway.settings import GatewaySettings
from appshare.gateway.shared_rates import SharedRates
from appshare.process import secret_file
from appshare.process.lifetime import in_background

_SECRET = "call-rates.key"  # noqa: S105  # a file's name
_CONNECTIONS = 2


@asynccontextmanager
async def open_shared_rates(settings: GatewaySettings, folder: Path) -> AsyncIterator[SharedRates | None]:
    """Rates that hold over all copies while the context is open; None: each copy counts for itself.

    Args:
        folder: of the keys that the copies share.

    Raises:
        errors.UnavailableError: STORAGE_UNAVAILABLE, as `open_database` says.
        OSError: the secret cannot be read or written.
    """
    url = settings.database.get_secret_value()
    if not url:
        yield None
        return
    from appshare.gateway.postgresql_rates import open_postgresql_rates  # noqa: PLC0415  # needs the extra `scale`

    secret = secret_file.read_or_create(folder / _SECRET, lambda: secrets.token_bytes(32))
    async with open_postgresql_rates(url, _CONNECTIONS) as store:
        rates = SharedRates(store, secret)
        async with in_background(rates.run()):
            yield rates
