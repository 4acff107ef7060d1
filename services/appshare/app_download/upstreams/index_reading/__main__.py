"""Reads the file on standard input, under the limits in the first argument, and prints a report.

The second argument is a fingerprint: the file is an `entry.jar` that its owner has to have signed. Empty: the file is
an index, which was verified. Both arguments are JSON.
"""

import json
import sys
from collections.abc import Iterator

from appshare.app_download.upstreams.index_reading.limits import IndexLimits
from appshare.app_download.upstreams.index_reading.refusal import IndexFault, IndexRefused
from appshare.app_download.upstreams.index_reading.report import app_line, end_line, entry_line, refusal_line


def main() -> None:
    """Run the program."""
    limits = IndexLimits(**json.loads(sys.argv[1]))
    limits.apply_to_this_process()
    for line in _lines(limits, json.loads(sys.argv[2])):
        sys.stdout.write(line + "\n")


def _lines(limits: IndexLimits, fingerprint: str) -> Iterator[str]:
    # Not before the limits are set: what is loaded here meets hostile bytes.
    from appshare.app_download.upstreams.index_reading.entry import read_entry  # noqa: PLC0415  # see above
    from appshare.app_download.upstreams.index_reading.entry_jar import verified_entry  # noqa: PLC0415  # see above
    from appshare.app_download.upstreams.index_reading.index import read_index  # noqa: PLC0415  # see above

    try:
        if fingerprint:
            yield entry_line(read_entry(verified_entry(sys.stdin.buffer, fingerprint, limits.entry_bytes)))
            return
        for app, skipped in read_index(sys.stdin.buffer, limits):
            yield app_line(app, skipped)
        yield end_line()
    except IndexRefused as refused:
        yield refusal_line(refused)
    except MemoryError:
        message = f"reading it takes more than {limits.memory_bytes} bytes of memory"
        yield refusal_line(IndexRefused(IndexFault.TOO_LARGE, message))


if __name__ == "__main__":
    main()
