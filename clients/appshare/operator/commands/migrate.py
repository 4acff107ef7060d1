"""`appshare-admin migrate`."""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.exit_code import ExitCode
from appshare.command_line.input_error import InputError
from appshare.command_line.output import Output
from appshare.operator import moving
from appshare.operator.access import AccessOptions
from appshare.operator.moving import Moved, Seen

_POSTGRESQL = ("postgresql://", "postgres://")
_SQLITE = "sqlite:"
_PAUSE = 2.0
"""Seconds between two words about how far it is."""


@click.command(
    cls=Command,
    examples="""
    appshare-admin migrate --from /srv/appshare --to postgresql://appshare@db.internal/appshare
    appshare-admin migrate --to sqlite:restored --from postgresql://appshare@db.internal/appshare
    """,
)
@click.option(
    "--to",
    "target",
    required=True,
    envvar="APPSHARE_DATABASE",
    metavar="URL",
    help="postgresql://user@host/database, or sqlite:FOLDER for the way back. Its password is better in PGPASSWORD, or"
    " in the file of PGPASSFILE: other users of a machine see arguments. [APPSHARE_DATABASE]",
)
@click.option("--from", "source", metavar="FOLDER|URL", help="Where it is now. [default: the servers' --data]")
@click.option(
    "--packages",
    "bucket",
    metavar="s3://BUCKET/PREFIX",
    help="Copy the package files into a bucket first, with AWS_* from the environment; without it they stay.",
)
@click.option("--replace", is_flag=True, help="Let go of what is at the target already.")
@json_option
@click.pass_obj
@asynchronous
async def migrate(
    options: AccessOptions, target: str, source: str | None, bucket: str | None, output: Output, *, replace: bool
) -> ExitCode:
    """Move what the services keep from SQLite to PostgreSQL, or back.

    Each service's database is copied as it is at one moment, while the servers work on it, into tables beside those in
    use; rows are counted and compared on both sides, and only then the tables take their place, all of a service at
    once. Nothing changes on the side that is copied.

    Run it as often as you like; for the switch, stop the servers, run it once more, and start them with
    APPSHARE_DATABASE. A target that was changed since the last run, or that is of another deployment, is refused.

    The keys stay in files (number.key, signing-keys.json, operators.json): give the servers the same folder, or copy
    them. Exit code 1: a package file is damaged and was not copied.
    """
    seen: Seen = _unseen if output.as_json else _Telling(output).tell
    data = Path(source) if source else options.data
    copied, damaged = 0, list[str]()
    if bucket and target.startswith(_POSTGRESQL):
        copied, damaged = await moving.packages_to_bucket(data, bucket, partial(seen, "app_download", "package files"))
    if target.startswith(_POSTGRESQL):
        moved = await moving.to_postgresql(data, target, seen, replace=replace)
    elif target.startswith(_SQLITE) and source and source.startswith(_POSTGRESQL):
        moved = await moving.to_sqlite(source, Path(target.removeprefix(_SQLITE)), seen, replace=replace)
    elif target.startswith(_SQLITE):
        raise InputError("to move to SQLite, say with --from postgresql://… where it is now")
    else:
        raise InputError("say with --to where to: postgresql://user@host/database, or sqlite:FOLDER")
    packages = {"package_files": copied, "damaged_packages": damaged} if bucket else {}
    _show(moved, packages, output)
    for digest in damaged:
        output.note(f"Package {digest} is damaged here: remove it and add it again.")
    return ExitCode.FAILED if damaged else ExitCode.DONE


def _show(moved: Sequence[Moved], packages: Mapping[str, object], output: Output) -> None:
    if output.as_json:
        output.document({"services": [_described(each) for each in moved], **packages})
        return
    rows = [
        [each.service, name, f"{content.rows:,}", content.digest]
        for each in moved
        for name, content in each.contents.items()
    ]
    output.table(["Service", "Table", "Rows", "Digest, the same on both sides"], rows)
    if packages:
        output.text(f"Package files in the bucket or copied into it: {packages['package_files']}.")


class _Telling:
    """Tells now and then how far it is."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._last = time.monotonic()

    def tell(self, service: str, table: str, rows: int) -> None:
        """Rows of a table have been copied."""
        if time.monotonic() - self._last > _PAUSE:
            self._last = time.monotonic()
            self._output.note(f"{service}.{table}: {rows:,} rows")


def _unseen(_service: str, _table: str, _rows: int) -> None:
    """Tells nobody."""


def _described(moved: Moved) -> dict[str, Any]:
    tables = {name: {"rows": content.rows, "digest": content.digest} for name, content in moved.contents.items()}
    return {"service": moved.service, "tables": tables}
