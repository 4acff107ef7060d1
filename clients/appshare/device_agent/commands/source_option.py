"""Where a command reads from: a phone that is there, or files."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from appshare.device_agent.sources.detect import SourceKind, find_phone, require_phone
from appshare.device_agent.sources.file import FileSource
from appshare.device_agent.sources.source import Phone, Source


@dataclass(frozen=True)
class SourceChoice:
    """What the command line says of the source.

    Attributes:
        serial: of a phone on adb.
    """

    kind: SourceKind | None = None
    serial: str | None = None

    def source(self, files: FileSource | None, instead: str) -> Source:
        """The files when some are named, else the phone that is there.

        Args:
            instead: what the user may do without a phone.

        Raises:
            InputError: there is neither, or there are several phones.
            FailureError: the phone that is named is not there, or cannot be used yet.
        """
        if files and (self.serial or self.kind not in (None, SourceKind.FILE)):
            raise click.UsageError("name a file, or the phone as --source; not both")
        if files or self.kind is SourceKind.FILE:
            return files or FileSource()
        return require_phone(self.kind, self.serial, instead)

    def phone(self) -> Phone | None:
        """The phone that is named or there; raises as `source`."""
        return find_phone(self.kind, self.serial)


def source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--source` and `--serial`; the command gets a `source`."""

    @click.option(
        "--source",
        "kind",
        type=click.Choice(SourceKind, case_sensitive=False),
        help="Where to look: a phone on adb, this phone in Termux, or files. [default: the phone that is there]",
    )
    @click.option("--serial", metavar="ID", help="Which phone on adb, when there are several. [ANDROID_SERIAL]")
    @wraps(command)
    def run(*args: Any, kind: SourceKind | None, serial: str | None, **kwargs: Any) -> Any:
        return command(*args, source=SourceChoice(kind, serial), **kwargs)

    return run
