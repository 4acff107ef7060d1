"""Brings an app's files into a folder: resumed where it stopped, verified, all of them or none."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import ExitStack, aclosing, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from appshare import errors
from appshare.command_line.progress import Progress
from appshare.device_agent.model import FileChunk
from appshare.device_agent.part_file import Held, PartFile, look_for
from appshare.fit.answer import AppStoreLink, Fit, FitAnswer, NoFit, PackageFile

OpenStream: TypeAlias = Callable[[Mapping[str, int]], AsyncGenerator[FitAnswer | FileChunk, None]]
"""Asks for the app; takes how many bytes are held already, by the SHA-256 of the file."""

_PAUSE = 1.0
"""Seconds before a connection that was cut is opened again."""


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

    A connection that is cut is opened again as long as each one brings something; then the parts stay, and the next
    download into the folder goes on behind them.
    """

    def __init__(self, open_stream: OpenStream, folder: Path, progress: Progress, *, pause: float = _PAUSE) -> None:
        self._open_stream = open_stream
        self._folder = folder
        self._progress = progress
        self._pause = pause
        self._received = 0

    async def run(self) -> Downloaded | NoFit | AppStoreLink:
        """Downloads the app, if a build fits.

        Raises:
            errors.AppShareError: as the contract says; DataLossError also for bytes that are not what was announced.
            OSError: the folder cannot be written.
        """
        while True:
            before = self._received
            try:
                return await self._attempt()
            except errors.UnavailableError:
                if self._received == before:
                    raise
            await asyncio.sleep(self._pause)

    async def _attempt(self) -> Downloaded | NoFit | AppStoreLink:
        """Asks for all; when something of the answer is held already, asks again for what is behind it."""
        asked: Sequence[PackageFile] = ()
        held: list[Held] = []
        while True:
            async with aclosing(self._open_stream(_positions(asked, held))) as messages:
                answer = await anext(messages, None)
                if not isinstance(answer, Fit):
                    return _require_answer(answer)
                if answer.files != asked:
                    asked, held = (
                        _require_distinct(answer.files),
                        [look_for(self._folder, file) for file in answer.files],
                    )
                    if any(each.count for each in held) and not _all_held(asked, held):
                        continue
                return await self._receive(answer, held, messages)

    async def _receive(
        self, fit: Fit, held: Sequence[Held], messages: AsyncGenerator[FitAnswer | FileChunk, None]
    ) -> Downloaded:
        starts = [_positions(fit.files, held).get(file.sha256, 0) for file in fit.files]
        self._folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            parts = {
                index: stack.enter_context(closing(PartFile(self._folder, file, start)))
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
        _flush_names(self._folder)
        return Downloaded(fit, tuple(self._folder / file.name for file in fit.files))

    async def _write(
        self, parts: Mapping[int, PartFile], messages: AsyncGenerator[FitAnswer | FileChunk, None]
    ) -> None:
        async for chunk in messages:
            if not isinstance(chunk, FileChunk) or chunk.file_index not in parts:
                raise _unexpected()
            parts[chunk.file_index].write(chunk.offset, chunk.data)
            self._received += len(chunk.data)
            self._progress.advance(len(chunk.data))


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


def _flush_names(folder: Path) -> None:
    """Makes new names survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
