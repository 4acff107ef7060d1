"""`make benchmark-radar DEVICES=10000`: RelationRadar's figures, each beside a bare one of the same run.

With STORE=postgresql, ours are those of a PostgreSQL server on this machine, that syncs to its disk; the processor time
is that server's as well.
"""

import argparse
import asyncio

from benchmarks.radar.measuring import measured
from benchmarks.storage import ENGINES, SQLITE, storage

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--store", choices=ENGINES, default=SQLITE)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    with storage(arguments.store) as kept:
        figures = asyncio.run(measured(arguments.devices, kept))
    print(figures.json() if arguments.json else figures.table())
