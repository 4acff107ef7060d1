"""Where a command reads from: a phone that is there, or files."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from appshare.command_line.input_error import InputError
from appshare.device_agent.commands.home import chosen_home
from appshare.device_agent.sources.detect import SourceKind, find_phone
from appshare.device_agent.sources.file import FileSource
from appshare.device_agent.sources.source import Phone, Source


@dataclass(frozen=True)
class SourceChoice:
    """What the command line says of the source.

    Attributes:
        serial: of a phone on adb.
        own: the serial of the phone that the registration is of.
    """

    kind: SourceKind | None = None
    serial: str | None = None
    own: str | None = None

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
        return self.require_phone(instead)

    def require_phone(self, instead: str) -> Phone:
        """The phone that is named or there; raises as `source`."""
        phone = self.phone()
        if phone is None:
            raise InputError(f"no phone is here (in Termux, or attached with adb); {instead}")
        return phone

    def phone(self) -> Phone | None:
        """The phone that is named or there; raises as `source`."""
        return find_phone(self.kind, self.serial, self.own)


@dataclass(frozen=True)
class DeviceChoice:
    """What the command line says of the device that apps are for.

    Attributes:
        spec: a device-spec JSON.
        choice: of the phone.
    """

    spec: Path | None
    choice: SourceChoice

    def source(self) -> Source | None:
        """What tells the device's profile: the file, else the phone that is named or there; raises as `source`."""
        if self.spec:
            return self.choice.source(FileSource(device_spec=self.spec), "")
        return self.choice.phone()


def source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--source` and `--serial`; the command gets a `source`."""

    @click.option(
        "--source",
        "kind",
        type=click.Choice(SourceKind, case_sensitive=False),
        envvar="APPSHARE_SOURCE",
        help="Where to look: a phone on adb, this phone in Termux, or files only."
        " [APPSHARE_SOURCE; default: the phone that is there]",
    )
    @click.option("--serial", metavar="ID", help="Which phone on adb, when there are several. [ANDROID_SERIAL]")
    @wraps(command)
    def run(*args: Any, kind: SourceKind | None, serial: str | None, **kwargs: Any) -> Any:
        return command(*args, source=SourceChoice(kind, serial, chosen_home().phone_serial()), **kwargs)

    return run


def device_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--device`, `--source` and `--serial`; the command gets a `device`."""

    @click.option(
        "--device",
        "spec",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Device-spec JSON (bundletool's, or with our own keys) instead of what the phone tells.",
    )
    @source_options
    @wraps(command)
    def run(*args: Any, spec: Path | None, source: SourceChoice, **kwargs: Any) -> Any:
        return command(*args, device=DeviceChoice(spec, source), **kwargs)

    return run
