"""Brings an app's files into a folder: resumed where it stopped, verified, all of them or none."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack, aclosing, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from appshare import errors
from appshare.command_line.progress import Progress
from appshare.device_agent.download_place import Place, place_of
from appshare.device_agent.model import FileChunk
from appshare.device_agent.moving import Moving
from appshare.device_agent.part_file import Held, PartFile, look_for
from appshare.fit.answer import AppStoreLink, Fit, FitAnswer, NoFit, PackageFile

Match: TypeAlias = Callable[[], Awaitable[FitAnswer]]
"""Asks which build fits, without a download."""

OpenStream: TypeAlias = Callable[[Mapping[str, int]], AsyncGenerator[FitAnswer | FileChunk, None]]
"""Asks for the app; takes how many bytes are held already, by the SHA-256 of the file."""

_PAUSE, _LONGEST_PAUSE = 1.0, 15.0
"""Seconds before a connection that was cut is opened again: doubled as long as connections bring nothing."""

_TRIES = 6
"""Connections in a row that may bring nothing: with the pauses, half a minute without a network."""


@dataclass(frozen=True)
class Downloaded:
    """An app whose files are all there.

    Attributes:
        paths: in the order of the fit's files.
    """

    fit: Fit
    paths: tuple[Path, ...]


class Download:
    """One download into one folder.

    One file gets its place in the folder itself. Several get a folder of their own in it, named after package and
    version, which is there only when all of them are.

    A connection that is cut is opened again, unless nothing ever came. When that goes on for too long the parts stay,
    and the next download into the folder goes on behind them.

    Bytes that are there are never sent again: where the folder may hold some, it is asked first which files there are.

    Args:
        tell: gets a sentence when the connection is lost.
        tries: connections in a row that may bring nothing.
    """

    def __init__(
        self,
        match: Match,
        open_stream: OpenStream,
        folder: Path,
        progress: Progress,
        *,
        tell: Callable[[str], None] = lambda _sentence: None,
        pause: float = _PAUSE,
        tries: int = _TRIES,
    ) -> None:
        self._match = match
        self._open_stream = open_stream
        self._folder = folder
        self._progress = progress
        self._tell = tell
        self._pause = pause
        self._tries = tries
        self._received = 0
        self._known: Fit | None = None

    async def run(self) -> Downloaded | NoFit | AppStoreLink:
        """Downloads the app, if a build fits.

        Raises:
            errors.AppShareError: as the contract says; DataLossError also for bytes that are not what was announced.
            OSError: the folder cannot be written.
        """
        fruitless, moving = 0, Moving()
        while True:
            before = self._received
            try:
                return await self._attempt()
            # No such method, in the middle of a download: for a moment somebody else answers in the cloud's place.
            except (errors.UnavailableError, errors.DeadlineExceededError, errors.UnimplementedError) as error:
                if await moving.goes_on(error):
                    continue
                fruitless = fruitless + 1 if self._received == before else 0
                if not self._received or fruitless >= self._tries:
                    raise
            if not fruitless:
                self._tell("The connection is lost; connecting again.")
            await asyncio.sleep(min(self._pause * 2**fruitless, _LONGEST_PAUSE))

    async def _attempt(self) -> Downloaded | NoFit | AppStoreLink:
        """Asks for what is missing; again when other files come than were expected, and something of them is held."""
        if self._known is None and _may_hold_something(self._folder):
            expected = await self._match()
            if not isinstance(expected, Fit):
                return expected
            _require_distinct(expected.files)
            self._known = expected
        asked: Sequence[PackageFile] = self._known.files if self._known else ()
        held = self._look_for(self._known) if self._known else []
        if self._known and _all_held(asked, held):
            return await self._receive(self._known, place_of(self._folder, self._known), held, _nothing())
        while True:
            async with aclosing(self._open_stream(_positions(asked, held))) as messages:
                answer = await anext(messages, None)
                if not isinstance(answer, Fit):
                    return _require_answer(answer)
                place = place_of(self._folder, answer)
                if answer.files != asked:
                    asked, held = _require_distinct(answer.files), self._look_for(answer)
                    self._known = answer
                    if any(each.count for each in held):
                        continue
                return await self._receive(answer, place, held, messages)

    def _look_for(self, fit: Fit) -> list[Held]:
        place = place_of(self._folder, fit)
        return [look_for(place.work, file) for file in fit.files]

    async def _receive(
        self, fit: Fit, place: Place, held: Sequence[Held], messages: AsyncGenerator[FitAnswer | FileChunk, None]
    ) -> Downloaded:
        starts = [_positions(fit.files, held).get(file.sha256, 0) for file in fit.files]
        place.work.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            parts = {
                index: stack.enter_context(closing(PartFile(place.work, file, start)))
                for index, (file, start, each) in enumerate(zip(fit.files, starts, held, strict=True))
                if not (each.finished and start == file.size)
            }
            total = sum(file.size for file in fit.files)
            self._progress.begin(total, sum(starts))
            if sum(starts) < total:
                await self._write(parts, messages)
            for part in parts.values():
                part.require_complete()
            for part in parts.values():
                part.publish()
            place.publish()
        return Downloaded(fit, tuple(place.final / file.name for file in fit.files))

    async def _write(
        self, parts: Mapping[int, PartFile], messages: AsyncGenerator[FitAnswer | FileChunk, None]
    ) -> None:
        async for chunk in messages:
            if not isinstance(chunk, FileChunk) or chunk.file_index not in parts:
                raise _unexpected()
            parts[chunk.file_index].write(chunk.offset, chunk.data)
            self._received += len(chunk.data)
            self._progress.advance(len(chunk.data))


def _may_hold_something(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


async def _nothing() -> AsyncGenerator[FitAnswer | FileChunk, None]:
    """The messages of a download that lacks nothing."""
    none: tuple[FileChunk, ...] = ()
    for message in none:
        yield message


def _positions(files: Sequence[PackageFile], held: Sequence[Held]) -> dict[str, int]:
    """Where to go on, by digest: two files of the same content go on together, where the shorter part ends."""
    positions: dict[str, int] = {}
    for file, each in zip(files, held, strict=True):
        positions[file.sha256] = min(each.count, positions.get(file.sha256, each.count))
    return {sha256: count for sha256, count in positions.items() if count}


def _all_held(files: Sequence[PackageFile], held: Sequence[Held]) -> bool:
    return all(each.count == file.size for file, each in zip(files, held, strict=True))


def _require_distinct(files: Sequence[PackageFile]) -> Sequence[PackageFile]:
    """The files, when each gets a name of its own, also where capitals do not count."""
    if not files or len({file.name.casefold() for file in files}) < len(files):
        raise _unexpected()
    return files


def _require_answer(message: FitAnswer | FileChunk | None) -> NoFit | AppStoreLink:
    if isinstance(message, NoFit | AppStoreLink):
        return message
    raise _unexpected()


def _unexpected() -> errors.InternalError:
    return errors.InternalError(errors.Reason.INTERNAL, "the server's answer is not what the contract says")
