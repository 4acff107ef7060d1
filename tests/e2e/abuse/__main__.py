"""`make abuse`: attacks a cloud of its own with connections, and says how it bore that.

python -m tests.e2e.abuse [CONNECTIONS] [SECONDS]: so many connections, so many seconds for each attack.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from demo.server_process import running_server_process
from tests.e2e.abuse.run import ENVIRONMENT, abuse


def main() -> None:
    """Attacks."""
    connections = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 15
    os.environ.update(ENVIRONMENT)
    with (
        tempfile.TemporaryDirectory(prefix="appshare-abuse-") as folder,
        running_server_process(Path(folder) / "data", Path(folder) / "server.log") as server,
    ):
        for attacked in asyncio.run(abuse(server, connections, seconds)):
            print(attacked.report(), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
