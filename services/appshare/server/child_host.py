"""The host from which the processes of `all`, and the workers of a service, are forked."""

import os
import sys
from typing import Any

from setproctitle import setproctitle

from appshare.process.forking.host import serve
from appshare.server.__main__ import load_command, main


def run_host() -> None:
    """Run the program: its arguments are the commands of `appshare-server` that it loads."""
    for name in sys.argv[1:]:
        load_command(name)
    setproctitle("appshare-server: host of the processes")
    serve(_run, farewell=None)  # a server notices by its standard input


def _run(request: dict[str, Any]) -> None:
    """The life of a server process; ends it with the exit code of its command."""
    command = request["command"]
    setproctitle(" ".join(["appshare-server", *command]))
    os.environ.update(request["environment"])
    main(command, "appshare-server")


if __name__ == "__main__":
    run_host()
