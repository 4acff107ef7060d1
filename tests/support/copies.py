"""Copies of every service as real processes on this machine, on one PostgreSQL database and one NATS server.

Gateways have the addresses of the radars and of AppDownload; the registries are at one port of two addresses, and the
gateways know a name that resolves to both.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from demo.server_process import ServerProcess
from tests.support.limits import LIFTED
from tests.support.name_server import NameServer
from tests.support.s3_server import BUCKET

from appshare.process.lifetime import supervised_environment
from appshare.rpc.address import Address
from appshare.server.held_ports import HeldPorts

ANY = Address("127.0.0.1", 0)
HOSTS = ("127.0.0.1", "127.0.0.2")
"""Of this machine."""


class Copy:
    """A process that can be stopped, killed and started again at the same address.

    Attributes:
        address: where it answers.
    """

    def __init__(
        self, name: str, address: Address, arguments: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self.address = address
        self._command = [sys.executable, "-m", "appshare.server", name, f"--listen={address}", *arguments]
        self._environment = {**supervised_environment(), **environment}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process_id(self) -> int:
        assert self._process
        return self._process.pid

    def begin(self) -> None:
        """Starts it; `ready` waits for it."""
        with self._log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=self._environment
            )

    def ready(self) -> None:
        """Returns when it serves."""
        assert self._process
        assert self._process.stdout
        if self._process.stdout.readline() != b"ready\n":
            raise RuntimeError(f"a copy did not start:\n{self._log.read_text(encoding='utf-8')[-4000:]}")

    def end(self, how: signal.Signals) -> None:
        """Stops or kills it, and waits until it is gone."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(60)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()


@dataclass
class Copies:
    """Two of each."""

    radars: list[Copy]
    registries: list[Copy]
    downloads: list[Copy]
    gateways: list[Copy]
    data: Path
    log: Path

    @property
    def server(self) -> ServerProcess:
        """What finds codes in the log."""
        return ServerProcess(None, self.data, self.log)  # type: ignore[arg-type]  # of no process


@contextmanager
def running_copies(
    folder: Path, *, database: str, nats: str, bucket: Mapping[str, str], gateway: Sequence[str] = ()
) -> Iterator[Copies]:
    """Runs the copies.

    Args:
        folder: for keys and the log.
        database: URL of PostgreSQL.
        nats: URL of NATS; empty: PostgreSQL carries also the wake-ups.
        bucket: the variables by which the S3 server is used that has the packages.
        gateway: more flags for the gateways.
    """
    environment = {"APPSHARE_DATABASE": database, "APPSHARE_NATS": nats, "GRPC_VERBOSITY": "NONE", **LIFTED, **bucket}
    environment["APPSHARE_WAITING_PER_SENDER"] = "100"
    environment |= {name: value for name, value in os.environ.items() if name.startswith("PG")}
    log = folder / "log"
    log.touch()
    with ExitStack() as stack:
        ports = stack.enter_context(HeldPorts())
        names = stack.enter_context(NameServer(HOSTS).running())

        def copies_at(addresses: Iterable[Address], name: str, *more: str) -> list[Copy]:
            flags = [f"--data={folder}", "--log-format=json", "--database-connections=4", *more]
            return [Copy(name, address, flags, environment, log) for address in addresses]

        def two(name: str, *more: str) -> list[Copy]:
            return copies_at((ports.take(ANY), ports.take(ANY)), name, *more)

        registry_port = ports.take(ANY).port
        radars = two("relation-radar")
        registries = copies_at((Address(host, registry_port) for host in HOSTS), "share-registry")
        downloads = two("app-download", f"--packages-url=s3://{BUCKET}/{uuid4()}", "--chunk-kib=16")
        behind = [
            f"--relation-radar={','.join(str(each.address) for each in radars)}",
            f"--share-registry=dns://{names.address}/registries.test:{registry_port}",
            f"--app-download={','.join(str(each.address) for each in downloads)}",
            "--private-network",  # what a name stands for could be elsewhere
            f"--keys-folder={folder / 'keys'}",
            "--log-format=json",
            *gateway,
        ]
        gateways = [
            Copy(
                "gateway",
                ports.take(ANY),
                [f"--data={folder / str(number)}", f"--operator-listen={ports.take(ANY)}", *behind],
                environment,
                log,
            )
            for number in range(2)
        ]
        copies = Copies(radars, registries, downloads, gateways, folder, log)
        for together in ([*radars, *registries, *downloads], gateways):
            for copy in together:
                stack.callback(copy.end, signal.SIGKILL)
                copy.begin()
            for copy in together:
                copy.ready()
        yield copies
