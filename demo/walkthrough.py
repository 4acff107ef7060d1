"""`make walkthrough-python`, `make walkthrough-node`: the programs of docs/integrating.md on a cloud of their own."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from demo.samples import gather_samples
from demo.server_process import ServerProcess, running_server_process

_EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"


@click.command()
@click.argument("language", type=click.Choice(["python", "node"]))
def main(language: str) -> None:
    """Start a cloud with the sample packages and play a walkthrough on it, which ends with its exit code."""
    with tempfile.TemporaryDirectory(prefix="appshare-walkthrough-") as name:
        folder = Path(name)
        with running_server_process(folder / "data", folder / "server.log") as server:
            _add_packages(server, gather_samples(folder / "packages"))
            played = subprocess.run([_EXAMPLES / language / "run.sh"], check=False, env=_environment(server))
    sys.exit(played.returncode)


def _add_packages(server: ServerProcess, packages: Path) -> None:
    admin = [sys.executable, "-m", "appshare.operator", "--data", str(server.data)]
    subprocess.run([*admin, "packages", "add", str(packages)], check=True)


def _environment(server: ServerProcess) -> dict[str, str]:
    """Where the cloud is, and this Python as `python3`, since the machine's own may be too old."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return os.environ | {"APPSHARE_ADDRESS": server.devices, "APPSHARE_LOG": str(server.log), "PATH": path}


if __name__ == "__main__":
    main()
