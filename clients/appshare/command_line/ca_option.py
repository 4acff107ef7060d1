"""`--ca`: the authorities that a server's certificate may be from."""

from pathlib import Path

import click

from appshare.command_line.input_error import InputError

_BEGIN = b"-----BEGIN CERTIFICATE-----"

CA_FILE = click.Path(dir_okay=False, path_type=Path)
CA_HELP = (
    "File with the authorities to trust, PEM, as `appshare-admin certs init` makes it. [APPSHARE_CA; default: public]"
)


def read_ca(path: Path | None) -> bytes | None:
    """The authorities in a file; None: no file was named.

    Raises:
        InputError: it holds none.
        OSError: it cannot be read.
    """
    if path is None:
        return None
    content = path.read_bytes()
    if _BEGIN not in content:
        raise InputError(f"--ca: {path} holds no certificate in PEM")
    return content
