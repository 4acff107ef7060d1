"""Measures the conditions side by side, each in a process and on a database of its own."""

import asyncio
import multiprocessing
import os
import queue
import signal
import tempfile
from concurrent.futures import Future, ProcessPoolExecutor, wait
from multiprocessing.queues import Queue
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from appshare import errors
from benchmarks.accuracy.conditions import CONDITIONS
from benchmarks.accuracy.edge_list import Graph
from benchmarks.accuracy.measuring import Measurement, measure

_Step = tuple[str, str, int, int]
"""Condition, step, how many are done, of how many."""

_REFRESH = 0.2
"""Seconds."""

_steps: "Queue[_Step]"


class MeasuringError(RuntimeError):
    """The radar refused or its storage failed: an error that, unlike the radar's, can cross from process to process."""


def measure_all(graph: Graph, console: Console) -> list[Measurement]:
    """Every rule's measurement under every condition, while the console shows how far it is."""
    context = multiprocessing.get_context("spawn")
    steps: Queue[_Step] = context.Queue()
    with (
        tempfile.TemporaryDirectory(prefix="appshare-accuracy-") as folder,
        ProcessPoolExecutor(os.cpu_count(), context, initializer=_begin, initargs=(steps,)) as pool,
    ):
        # The later conditions take longer.
        futures = {
            name: pool.submit(_measure_in_process, graph, name, Path(folder) / f"{name}.db")
            for name in reversed(CONDITIONS)
        }
        try:
            _show(futures, steps, console)
        finally:
            pool.shutdown(cancel_futures=True)  # when one has failed, those that have not begun do not begin
        return [measurement for name in CONDITIONS for measurement in futures[name].result()]


def _begin(steps: "Queue[_Step]") -> None:
    """Prepares a process; an interrupt ends it without a word, the parent cleans up."""
    global _steps  # noqa: PLW0603  # a pool hands a queue to its processes only when they start
    _steps = steps
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _measure_in_process(graph: Graph, condition: str, database_file: Path) -> list[Measurement]:
    def report(step: str, done: int, total: int) -> None:
        _steps.put((condition, step, done, total))

    try:
        return asyncio.run(measure(graph, condition, database_file, report))
    except errors.AppShareError as error:
        raise MeasuringError(f"{condition}: {error.message}") from error


def _show(futures: dict[str, Future[list[Measurement]]], steps: "Queue[_Step]", console: Console) -> None:
    """Shows the steps until every condition is measured; raises what one has failed with."""
    columns = (TextColumn("{task.description:45}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        tasks = {name: progress.add_task(f"{name}: waiting", total=None) for name in CONDITIONS}
        pending = set(futures.values())
        while pending:
            done, pending = wait(pending, timeout=_REFRESH)
            _drain(steps, progress, tasks)
            for future in done:
                future.result()


def _drain(steps: "Queue[_Step]", progress: Progress, tasks: dict[str, TaskID]) -> None:
    while True:
        try:
            condition, step, done, total = steps.get_nowait()
        except queue.Empty:
            return
        progress.update(tasks[condition], description=f"{condition}: {step}", completed=done, total=total)
