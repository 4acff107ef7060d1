"""What the commands on certificates have in common."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from appshare.command_line.output import Output
from appshare.operator.certificate_folder import CertificateFolder, RoleCertificate


def folder_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--out`; the command gets a `folder`."""

    def choose(_ctx: click.Context, _parameter: click.Parameter, path: Path) -> CertificateFolder:
        return CertificateFolder(path)

    return click.option(
        "--out",
        "folder",
        type=click.Path(file_okay=False, path_type=Path),
        required=True,
        callback=choose,
        help="The folder of the certificates: ca/, and one for each process.",
    )(command)


def show_certificates(folder: CertificateFolder, certificates: Sequence[RoleCertificate], output: Output) -> None:
    """Prints the certificates."""
    if output.as_json:
        ca = folder.path / "gateway" / "ca.pem"
        output.document({"ca": ca, "certificates": [asdict(each) for each in certificates]})
        return
    output.table(
        ["Process", "Until", "Names", "Folder"],
        [
            [each.role, each.expire_time.date().isoformat(), ", ".join(each.names), str(each.folder)]
            for each in certificates
        ],
    )
