"""Upstreams as operators see them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack

from appshare import errors
from appshare.command_line.output import Output, counted
from appshare.command_line.progress import Progress, Unseen, shown_progress
from appshare.operator.model import KeptPackages, UpstreamProgress, UpstreamState


async def followed(
    output: Output, name: str, messages: AsyncIterator[UpstreamProgress | UpstreamState]
) -> UpstreamState:
    """Shows how the index of an upstream comes in; returns the upstream's state at last.

    Raises:
        errors.InternalError: the server ended without saying what came of it.
    """
    with ExitStack() as stack:
        bar = Unseen() if output.as_json else stack.enter_context(shown_progress(name))
        shown = _Shown(bar)
        async for message in messages:
            if isinstance(message, UpstreamState):
                return message
            shown.show(message)
    raise errors.InternalError(errors.Reason.INTERNAL, "the server did not say what came of it; list the upstreams")


def print_upstreams(output: Output, upstreams: Sequence[UpstreamState]) -> None:
    """Prints a table, and what is wrong with which upstream."""
    output.table(
        ["Name", "Address", "Apps", "Builds", "Index of", "Looked at", "Failures"],
        [
            [
                state.upstream.name,
                state.upstream.address,
                state.app_count,
                state.version_count,
                f"{state.index_time:%Y-%m-%d %H:%M}" if state.index_time else "none yet",
                f"{state.check_time:%Y-%m-%d %H:%M}" if state.check_time else "never",
                state.failure_count,
            ]
            for state in upstreams
        ],
    )
    for state in upstreams:
        if state.failure:
            times = counted(state.failure_count, "time")
            output.note(f"{state.upstream.name} could not be refreshed, {times} in a row: {state.failure_message}")


def print_kept(output: Output, kept: KeptPackages) -> None:
    """Prints how much room the packages have that came from upstreams."""
    limit = f" of at most {kept.size_limit:,}" if kept.size_limit else ""
    output.text(f"{counted(kept.package_count, 'package')} kept of them, {kept.total_size:,} bytes{limit}.")


class _Shown:
    """The bytes of an index on a bar."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._total = self._done = 0

    def show(self, progress: UpstreamProgress) -> None:
        if not progress.bytes_total:
            return
        if not self._total:
            self._total = progress.bytes_total
            self._bar.begin(self._total, 0)
        self._bar.advance(progress.bytes_done - self._done)
        self._done = progress.bytes_done
