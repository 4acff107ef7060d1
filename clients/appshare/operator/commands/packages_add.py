"""`appshare-admin packages add`."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click

from appshare import errors
from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.exit_code import ExitCode, exit_code_of
from appshare.command_line.input_error import InputError
from appshare.command_line.output import Output, counted, sentence
from appshare.command_line.progress import Unseen, shown_progress
from appshare.operator.access import AccessOptions
from appshare.operator.client import OperatorClient
from appshare.operator.connection import open_client
from appshare.operator.model import CataloguePackage
from appshare.operator.package_upload import PackageUpload


@dataclass(frozen=True)
class _Added:
    """A file that is in the catalogue now."""

    file: Path
    package: CataloguePackage
    already_present: bool


@dataclass(frozen=True)
class _Failed:
    """A file that was not added, and why; the reason is empty when the file could not be read."""

    file: Path
    reason: str
    message: str


@click.command(
    cls=Command,
    examples="""
    appshare-admin packages add notes.apk
    appshare-admin packages add downloads/ --json
    """,
)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="FILE...")
@json_option
@click.pass_obj
@asynchronous
async def add(options: AccessOptions, files: Sequence[Path], output: Output) -> ExitCode:
    """Add package FILEs to the catalogue, one after the other; a folder stands for the *.apk files in it.

    A package that is there already is stored once. Exit code 1 when a file was refused; the others are added.
    """
    waiting = _package_files(files)
    added: list[_Added] = []
    failed: list[_Failed] = []
    code = ExitCode.DONE
    async with open_client(options) as client:
        while waiting and code is not ExitCode.UNREACHABLE:
            path = waiting.pop(0)
            try:
                added.append(await _add(client, path, output))
            except errors.UnauthenticatedError:
                raise  # no other file would fare better
            except (OSError, errors.AppShareError) as error:
                failed.append(_Failed(path, getattr(error, "reason", ""), sentence(error)))
                unreachable = exit_code_of(error) is ExitCode.UNREACHABLE
                code = ExitCode.UNREACHABLE if unreachable else ExitCode.FAILED
    if output.as_json:
        output.document({"added": added, "failed": failed, "not_tried": waiting})
    else:
        _print_failed(output, failed, waiting)
    return code


async def _add(client: OperatorClient, path: Path, output: Output) -> _Added:
    upload = PackageUpload.of(path)
    with ExitStack() as stack:
        progress = Unseen() if output.as_json else stack.enter_context(shown_progress(upload.name))
        progress.begin(upload.size, 0)
        result = await client.add_package(upload, progress.advance)
    if not output.as_json:
        package, what = result.package, "was there already" if result.already_present else "added"
        output.text(f"{path}: {package.package_name} {package.version_name} ({package.version_code}) {what}")
    return _Added(path, result.package, result.already_present)


def _package_files(paths: Iterable[Path]) -> list[Path]:
    """The files, with those in folders, each once and in order.

    Raises:
        InputError: a folder without a package.
    """
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(path.rglob("*.apk")) if path.is_dir() else [path]
        if not inside:
            raise InputError(f"{path}: no *.apk in this folder")
        found.update(dict.fromkeys(inside))
    return list(found)


def _print_failed(output: Output, failed: Sequence[_Failed], not_tried: Sequence[Path]) -> None:
    if failed:
        output.note("Not added:")
    for each in failed:
        output.note(f"  {each.file}: {each.message}")
    if not_tried:
        output.note(f"Not tried, since the server cannot be reached: {counted(len(not_tried), 'file')}.")
