"""`appshare-admin packages add`."""

from collections.abc import Iterable, Sequence, Set
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
from appshare.operator.shown import shown_files

_PACKAGES = {".apk", ".apks", ".xapk", ".apkm"}
"""What a folder is searched for; a .zip may be anything."""
_SPLITS = {".apk"}


@dataclass(frozen=True)
class _Added:
    """A package that is in the catalogue now, and the files that it was added from."""

    file: Path
    files: tuple[Path, ...]
    package: CataloguePackage
    already_present: bool


@dataclass(frozen=True)
class _Failed:
    """Files that were not added, and why; the reason is empty when one could not be read."""

    file: Path
    files: tuple[Path, ...]
    reason: str
    message: str


@click.command(
    cls=Command,
    examples="""
    appshare-admin packages add notes.apk
    appshare-admin packages add downloads/ --json
    appshare-admin packages add --together base.apk split_config.de.apk --device-model "Pixel 8"
    """,
)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="FILE...")
@click.option("--together", is_flag=True, help="All FILEs are splits of one package, as a phone holds them.")
@click.option("--device-model", default="", help="Model of the phone that the splits come from.")
@json_option
@click.pass_obj
@asynchronous
async def add(
    options: AccessOptions, *, files: Sequence[Path], together: bool, device_model: str, output: Output
) -> ExitCode:
    """Add package FILEs to the catalogue, one after the other; a folder stands for the packages in it.

    A FILE is an *.apk, or a split set: *.apks, *.xapk, *.apkm, or a *.zip of packages. A package that is there already
    is stored once. Exit code 1 when one was refused; the others are added.
    """
    waiting = [tuple(_search(files, _SPLITS))] if together else [(path,) for path in _search(files, _PACKAGES)]
    added: list[_Added] = []
    failed: list[_Failed] = []
    code = ExitCode.DONE
    async with open_client(options) as client:
        while waiting and code is not ExitCode.UNREACHABLE:
            paths = waiting.pop(0)
            try:
                added.append(await _add(client, paths, device_model, output))
            except errors.UnauthenticatedError:
                raise  # no other file would fare better
            except (OSError, errors.AppShareError) as error:
                failed.append(_Failed(paths[0], paths, getattr(error, "reason", ""), sentence(error)))
                unreachable = exit_code_of(error) is ExitCode.UNREACHABLE
                code = ExitCode.UNREACHABLE if unreachable else ExitCode.FAILED
    not_tried = [path for paths in waiting for path in paths]
    if output.as_json:
        output.document({"added": added, "failed": failed, "not_tried": not_tried})
    else:
        _print_failed(output, failed, not_tried)
    return code


async def _add(client: OperatorClient, paths: tuple[Path, ...], device_model: str, output: Output) -> _Added:
    upload = PackageUpload.of(*paths, device_model=device_model)
    with ExitStack() as stack:
        label = shown_files([path.name for path in paths])
        progress = Unseen() if output.as_json else stack.enter_context(shown_progress(label))
        progress.begin(upload.size, 0)
        result = await client.add_package(upload, progress.advance)
    if not output.as_json:
        package, what = result.package, "was there already" if result.already_present else "added"
        added = f"{package.package_name} {package.version_name} ({package.version_code})"
        output.text(f"{shown_files(list(map(str, paths)))}: {added} {what}")
    return _Added(paths[0], paths, result.package, result.already_present)


def _search(paths: Iterable[Path], endings: Set[str]) -> list[Path]:
    """The files, with those of certain endings in folders, each once and in order.

    Raises:
        InputError: a folder without a package.
    """
    found: dict[Path, None] = {}
    for path in paths:
        inside = [path]
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.suffix.lower() in endings and file.is_file())
        if not inside:
            raise InputError(f"{path}: no {', '.join(f'*{ending}' for ending in sorted(endings))} in this folder")
        found.update(dict.fromkeys(inside))
    return list(found)


def _print_failed(output: Output, failed: Sequence[_Failed], not_tried: Sequence[Path]) -> None:
    if failed:
        output.note("Not added:")
    for each in failed:
        output.note(f"  {shown_files(list(map(str, each.files)))}: {each.message}")
    if any(each.reason == errors.Reason.PACKAGE_INCOMPLETE and len(each.files) == 1 for each in failed):
        output.note("Splits of one package are added in one go: appshare-admin packages add --together FILE...")
    if not_tried:
        output.note(f"Not tried, since the server cannot be reached: {counted(len(not_tried), 'file')}.")
