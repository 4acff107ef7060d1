"""`make benchmark-registry OWNERS=10000`: ShareRegistry's figures, each beside a bare one of the same run.

With STORE=postgresql, ours are those of a PostgreSQL server on this machine, that syncs to its disk; the processor time
is that server's as well.
"""

import argparse
import asyncio

from benchmarks.figures import Figures
from benchmarks.registry.measuring import measured, measured_streams
from benchmarks.registry.population import APPS, FRIENDS
from benchmarks.storage import ENGINES, SQLITE, Storage, storage

_WAITING = 10_000


async def _all(owners: int, idle: int, storage: Storage) -> Figures:
    stored = await measured(owners, storage)
    streamed = await measured_streams(owners, _WAITING, idle, storage)
    return Figures([*stored.found, *streamed.found])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--owners", type=int, default=10_000, help=f"of {APPS} apps each; at least {FRIENDS + 1}")
    parser.add_argument("--idle", type=int, default=5_000, help="open streams on which nothing happens")
    parser.add_argument("--store", choices=ENGINES, default=SQLITE)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    with storage(arguments.store) as kept:
        figures = asyncio.run(_all(arguments.owners, arguments.idle, kept))
    print(figures.json() if arguments.json else figures.table())
