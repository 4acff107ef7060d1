"""What a test sees of other processes."""

import asyncio
from collections.abc import Callable
from pathlib import Path


def children(process: int | None) -> list[int]:
    """The ids of those that a process has started, and of those that were forked from it."""
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def has_ended(process: int) -> bool:
    """Whether it has; it stays a zombie until its parent looks at it."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


async def until(condition: Callable[[], object]) -> None:
    """Waits for something that another process does."""
    while not condition():  # noqa: ASYNC110  # of other processes
        await asyncio.sleep(0.01)
