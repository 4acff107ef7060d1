"""`make fuzz`: calls a cloud of its own oddly for some time, and says what it found.

python -m tests.e2e.fuzzing [SECONDS] [SEED]; the exit code is 1 when it found something.
"""

import asyncio
import os
import secrets
import sys
import tempfile
from pathlib import Path

from demo.server_process import running_server_process
from tests.e2e.fuzzing.run import WITHOUT_LIMITS, fuzz


def main() -> int:
    """Fuzzes; the exit code."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 120
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbelow(2**32)
    print(f"seed {seed}, {seconds:g} seconds", flush=True)  # noqa: T201
    os.environ.update(WITHOUT_LIMITS)
    with tempfile.TemporaryDirectory(prefix="appshare-fuzz-") as folder:
        log = Path(folder) / "server.log"
        with running_server_process(Path(folder) / "data", log) as server:
            findings = asyncio.run(fuzz(server, seed, seconds))
    print(findings.report())  # noqa: T201
    return 1 if findings.problems else 0


if __name__ == "__main__":
    sys.exit(main())
