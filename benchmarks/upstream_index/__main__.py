"""`make benchmark-index`: a large index is fetched, read and searched; time, and the memory of the two processes.

Beside them two bare figures: hashing the same bytes, and reading them as JSON in one go.
"""

import asyncio
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from threading import Event, Thread
from time import perf_counter

import click
from tests.support.upstream import NOTES, OWNER, Repository, UpstreamServer

from appshare.rpc.call import Callee, open_channel
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import upstream_pb2
from appshare.v1.app_download_pb2_grpc import AppDownloadServiceStub
from benchmarks.served import running_process

_SERVICE = Callee("AppDownload")
_LANGUAGES = [
    f"{language}-{place}" for language in ("de", "en", "es", "fr", "ja", "pt", "ru", "zh") for place in "ABCD"
]
_VERSIONS = 5
_SEARCHES = 20
_POLL = 0.02
"""Seconds between two looks at the memory of the processes."""
_MIB = 1 << 20


class Peaks:
    """The largest memory that a process and its children had, in MiB."""

    def __init__(self, process_id: int) -> None:
        self._process_id = process_id
        self.service = 0.0
        self.reader = 0.0

    def look(self) -> None:
        """Looks once; what a process had between two looks, the kernel has kept."""
        self.service = max(self.service, _peak(self._process_id))
        children = Path(f"/proc/{self._process_id}/task/{self._process_id}/children").read_text(encoding="utf-8")
        self.reader = max([self.reader, *(_peak(int(child)) for child in children.split())])

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Looks again and again while the context is open."""
        over = Event()

        def watch() -> None:
            while not over.wait(_POLL):
                self.look()

        thread = Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _peak(process_id: int) -> float:
    try:
        status = Path(f"/proc/{process_id}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


def fill(repository: Repository, size: int) -> int:
    """Lists made-up apps until the index has about so many bytes; returns how many."""
    chance = Random(7)  # noqa: S311  # makes names, not secrets
    package = repository.index["packages"][NOTES]
    version = next(iter(package["versions"].values()))
    written = apps = 0
    while written < size:
        apps += 1
        name = f"org.example.{chance.randbytes(4).hex()}.app{apps}"
        words = {language: f"{chance.randbytes(6).hex()} {language}" for language in _LANGUAGES}
        metadata = package["metadata"] | {"name": words, "summary": words, "description": words}
        digests = [chance.randbytes(32).hex() for _ in range(_VERSIONS)]
        versions = {
            digest: version | {"file": version["file"] | {"sha256": digest, "name": f"/{name}_{code}.apk"}}
            for code, digest in enumerate(digests, 1)
        }
        listed = {"metadata": metadata, "versions": versions}
        repository.index["packages"][name] = listed
        written += len(json.dumps(listed)) + len(name)
    repository.publish()
    return apps


async def measure(folder: Path, size: int) -> None:
    """Prints what it costs."""
    repository = Repository(folder / "repository")
    apps = fill(repository, size)
    index = repository.folder / "index-v2.json"
    click.echo(f"{apps:,} apps, {apps * _VERSIONS:,} builds, {index.stat().st_size / _MIB:.1f} MiB")
    arguments = ("-m", "appshare.app_download", "--listen", "127.0.0.1:0", "--log-format", "json")
    options = ("--data", str(folder / "data"), "--upstream-refresh-minutes", "0")
    with (
        UpstreamServer(repository.folder).running() as server,
        running_process(*arguments, *options, speaks_on="stderr") as (line, process_id),
    ):
        peaks = Peaks(process_id)
        peaks.look()
        idle = peaks.service
        async with open_channel(json.loads(line)["listen"]) as channel:
            stub = AppDownloadServiceStub(channel)
            facts = upstream_pb2.Upstream(name="large", address=server.address, fingerprint=OWNER.fingerprint)
            begin = perf_counter()
            with peaks.watched():
                request = upstream_pb2.RegisterUpstreamRequest(upstream=facts)
                async for _ in _SERVICE.stream(stub.RegisterUpstream, request, idle_limit=300):
                    pass
            click.echo(f"fetched, verified and read in {perf_counter() - begin:.1f} s")
            click.echo(f"peak memory: service {peaks.service:.0f} MiB ({idle:.0f} idle), reader {peaks.reader:.0f} MiB")
            for text in ("example", "ja-C 00"):
                begin = perf_counter()
                for _ in range(_SEARCHES):
                    await _SERVICE.unary(stub.ReadNames, pb.ReadNamesRequest(text=text))
                click.echo(f"names with {text!r}: {(perf_counter() - begin) / _SEARCHES * 1000:.1f} ms")
    _bare(index)


def _bare(index: Path) -> None:
    begin = perf_counter()
    with index.open("rb") as content:
        hashlib.file_digest(content, "sha256")
    click.echo(f"bare: SHA-256 {perf_counter() - begin:.2f} s")
    program = (
        "import json, resource, sys, time\n"
        "begin = time.perf_counter()\n"
        "json.load(open(sys.argv[1], 'rb'))\n"
        "print(time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)\n"
    )
    said = subprocess.run([sys.executable, "-c", program, str(index)], check=True, capture_output=True, text=True)  # noqa: S603
    seconds, peak = map(float, said.stdout.split())
    click.echo(f"bare: json.load in one go {seconds:.1f} s, peak memory {peak:.0f} MiB")


@click.command()
@click.option("--mib", default=50, help="Size of the index.")
def main(mib: int) -> None:
    """Measure what a large index costs."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), mib * _MIB))


if __name__ == "__main__":
    main()
