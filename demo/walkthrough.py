"""`make walkthrough-python`, `make walkthrough-node`: the programs of docs/integrating.md on a cloud of their own."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from demo.samples import gather_samples
from demo.server_process import ServerProcess, running_server_process

_DOCUMENT = Path(__file__).parents[1] / "docs" / "integrating.md"
_EXAMPLES = _DOCUMENT.parent / "examples"


@click.command()
@click.argument("language", type=click.Choice(["python", "node"]))
def main(language: str) -> None:
    """Start a cloud with the sample packages and play a walkthrough on it.

    The exit code is the walkthrough's; 1 when it prints something else than docs/integrating.md says.
    """
    with tempfile.TemporaryDirectory(prefix="appshare-walkthrough-") as name:
        folder = Path(name)
        with running_server_process(folder / "data", folder / "server.log") as server:
            _add_packages(server, gather_samples(folder / "packages"))
            printed, exit_code = _play(_EXAMPLES / language / "run.sh", _environment(server))
    if exit_code == 0 and not printed.endswith(_expected()):
        raise click.ClickException(f"{_DOCUMENT.name} says that something else is printed")
    sys.exit(exit_code)


def _play(program: Path, environment: dict[str, str]) -> tuple[str, int]:
    """What a program prints, which is shown as it comes, and its exit code."""
    lines = []
    with subprocess.Popen([program], env=environment, stdout=subprocess.PIPE, text=True) as playing:
        for line in playing.stdout or ():
            click.echo(line, nl=False)
            lines.append(line)
    return "".join(lines), playing.returncode


def _expected() -> str:
    """What the document says that the programs print."""
    [block] = re.findall(r"Both print:\n\n```\n(.*?)```", _DOCUMENT.read_text(encoding="utf-8"), flags=re.DOTALL)
    return str(block)


def _add_packages(server: ServerProcess, packages: Path) -> None:
    admin = [sys.executable, "-m", "appshare.operator", "--data", str(server.data)]
    subprocess.run([*admin, "packages", "add", str(packages)], check=True)


def _environment(server: ServerProcess) -> dict[str, str]:
    """Where the cloud is, and this Python as `python3`, since the machine's own may be too old."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return os.environ | {"APPSHARE_ADDRESS": server.devices, "APPSHARE_LOG": str(server.log), "PATH": path}


if __name__ == "__main__":
    main()
