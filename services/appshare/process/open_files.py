"""How many files and connections a process may have open."""

import resource

_ENOUGH = 65_536


def raise_open_files() -> None:
    """Takes what the system allows: by itself it gives a process 1,024, which some hundred devices fill."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
