"""`make abuse`: attacks clouds of its own with connections, in plain text and by TLS, and says how they bore it.

python -m tests.e2e.abuse [CONNECTIONS] [SECONDS]: so many connections, so many seconds for each attack.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from demo.server_process import running_server_process
from tests.e2e.abuse.run import ENVIRONMENT, abuse
from tests.support.certificates import ca_of, make_certificates, tls_environment


def main() -> None:
    """Attacks."""
    connections = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 15
    os.environ.update(ENVIRONMENT)
    with tempfile.TemporaryDirectory(prefix="appshare-abuse-") as folder:
        asyncio.run(_attack(Path(folder) / "plain", connections, seconds))
        certificates = make_certificates(Path(folder) / "certificates")
        os.environ.update(tls_environment(certificates))
        asyncio.run(_attack(Path(folder) / "tls", connections, seconds, ca_of(certificates)))


async def _attack(folder: Path, connections: int, seconds: float, ca: bytes | None = None) -> None:
    folder.mkdir()
    with running_server_process(folder / "data", folder / "server.log") as server:
        async for attacked in abuse(server, connections, seconds, ca):
            print(attacked.report(), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
