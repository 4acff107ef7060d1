"""What the commands on backups have in common."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from appshare.command_line.output import Output
from appshare.command_line.progress import shown_progress
from appshare.operator.backup.backup_folder import BackupFolder
from appshare.operator.backup.durable import Seen, unseen
from appshare.operator.backup.snapshot import Snapshot


def backup_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds FOLDER; the command gets it as `backup`."""

    def choose(_ctx: click.Context, _parameter: click.Parameter, path: Path) -> BackupFolder:
        return BackupFolder(path)

    folder = click.Path(file_okay=False, path_type=Path)
    return click.argument("backup", metavar="FOLDER", type=folder, callback=choose)(command)


def snapshot_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--snapshot`."""
    return click.option("--snapshot", "name", metavar="NAME", help="As listed. [default: the newest]")(command)


@contextmanager
def following(label: str, total: int, output: Output) -> Iterator[Seen]:
    """Shows how far the reading of so many bytes is, unless the command prints JSON."""
    if output.as_json:
        yield unseen
        return
    with shown_progress(label) as progress:
        progress.begin(total, 0)
        yield progress.advance


def described(snapshot: Snapshot) -> dict[str, object]:
    """A snapshot for JSON."""
    return {
        "name": snapshot.name,
        "taken": snapshot.taken,
        "size": snapshot.size,
        "files": len(snapshot.files),
        "packages": len(snapshot.packages),
    }


def row_of(snapshot: Snapshot) -> list[str]:
    """A snapshot for a table."""
    taken = snapshot.taken.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return [snapshot.name, taken, f"{snapshot.size:,}", str(len(snapshot.files)), str(len(snapshot.packages))]
