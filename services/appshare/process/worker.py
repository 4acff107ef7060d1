"""Whether this process is one of several that share a port, and which."""

import os

_WORKER = "APPSHARE_WORKER"


def worker_environment(index: int) -> dict[str, str]:
    """The variables for one of several processes; the first has the index 0."""
    return {_WORKER: str(index)}


def worker_index() -> int | None:
    """Which of them this process is; None: it is alone on its port."""
    index = os.environ.get(_WORKER)
    return None if index is None else int(index)
