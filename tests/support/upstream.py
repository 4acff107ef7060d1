"""A repository as fdroidserver makes it, signed anew after every change, and a real HTTP server for it."""

import base64
import hashlib
import io
import json
import shutil
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7, pkcs12

TESTS = Path(__file__).parents[1]
REPOSITORY = TESTS / "upstreams" / "repo"
NOTES = "org.appshare.sample.notes"
LONG = "notes-1.0.apk"
"""The file of the repository that is long enough to be watched while it comes in."""

PATIENCE = 60.0
"""Seconds until something that must happen is taken not to happen; the tests fail then."""


class Signer:
    """One who signs repositories."""

    def __init__(self, path: Path) -> None:
        key, certificate, _ = pkcs12.load_key_and_certificates(path.read_bytes(), b"appshare")
        assert key is not None
        assert certificate is not None
        self.key: Any = key
        self.certificate = certificate
        self.fingerprint = certificate.fingerprint(hashes.SHA256()).hex()


OWNER = Signer(TESTS / "upstreams" / "repository.p12")
SOMEBODY_ELSE = Signer(TESTS / "packages" / "keys" / "other.p12")


def signed_jar(
    content: Mapping[str, bytes],
    signers: Sequence[Signer] = (OWNER,),
    *,
    digest: str = "SHA-256",
    files: Sequence[str] = ("REPOSITO",),
    changed: Mapping[str, bytes] | None = None,
) -> bytes:
    """A JAR with a signature.

    Args:
        signers: who sign together.
        digest: of the manifest, as JARs name it.
        files: the names of the signature files, each of them signed.
        changed: what takes the place of entries after they were signed.
    """

    def value(data: bytes) -> str:
        made = hashlib.new(digest.replace("-", "").lower(), data, usedforsecurity=False)
        return base64.b64encode(made.digest()).decode()

    def section(name: str, data: bytes) -> str:
        return f"Name: {name}\r\n{digest}-Digest: {value(data)}\r\n\r\n"

    described = {name: section(name, data) for name, data in content.items()}
    manifest = ("Manifest-Version: 1.0\r\n\r\n" + "".join(described.values())).encode()
    signature = f"Signature-Version: 1.0\r\n{digest}-Digest-Manifest: {value(manifest)}\r\n\r\n".encode()
    signature += "".join(section(name, each.encode()) for name, each in described.items()).encode()
    entries = dict(content) | {"META-INF/MANIFEST.MF": manifest}
    for file in files:
        entries |= {f"META-INF/{file}.SF": signature, f"META-INF/{file}.RSA": _pkcs7(signature, signers)}
    jar = io.BytesIO()
    with zipfile.ZipFile(jar, "w") as archive:
        for name, data in (entries | dict(changed or {})).items():
            archive.writestr(name, data)
    return jar.getvalue()


def _pkcs7(content: bytes, signers: Sequence[Signer]) -> bytes:
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    for signer in signers:
        builder = builder.add_signer(signer.certificate, signer.key, hashes.SHA256())
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    return builder.sign(Encoding.DER, options)


class Repository:
    """A copy of the sample repository that a test changes; every change is signed.

    Attributes:
        folder: what is served.
        timestamp: of the entry.
        index: of which the file is made.
    """

    def __init__(self, folder: Path) -> None:
        shutil.copytree(REPOSITORY, folder)
        self.folder = folder
        self.index = json.loads((folder / "index-v2.json").read_bytes())
        self.timestamp: int = self.index["repo"]["timestamp"]

    @property
    def versions(self) -> dict[str, Any]:
        """The versions of the sample app by digest."""
        versions: dict[str, Any] = self.index["packages"][NOTES]["versions"]
        return versions

    def version(self, file_name: str) -> dict[str, Any]:
        """What the index says of a file."""
        [found] = [each for each in self.versions.values() if each["file"]["name"] == f"/{file_name}"]
        return dict(found)

    def publish(self, *, later: int = 1000, signers: Sequence[Signer] = (OWNER,), **changes: Any) -> None:
        """Writes and signs the index.

        Args:
            later: milliseconds by which it is newer than the one before.
            changes: of what the entry says of the index.
        """
        self.timestamp += later
        content = json.dumps(self.index).encode()
        (self.folder / "index-v2.json").write_bytes(content)
        index = {"name": "/index-v2.json", "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        entry = {"timestamp": self.timestamp, "version": 20002, "index": index | {"numPackages": 1} | changes}
        self.write_entry(signed_jar({"entry.json": json.dumps(entry).encode()}, signers))

    def write_entry(self, jar: bytes) -> None:
        (self.folder / "entry.jar").write_bytes(jar)

    def change_file(self, file_name: str, content: bytes) -> None:
        """Puts other bytes in the place of a package, and their size and digest into the index."""
        sha256 = hashlib.sha256(content).hexdigest()
        [old] = [key for key, each in self.versions.items() if each["file"]["name"] == f"/{file_name}"]
        version = self.versions.pop(old)
        self.versions[sha256] = version | {"file": version["file"] | {"sha256": sha256, "size": len(content)}}
        (self.folder / file_name).write_bytes(content)


class UpstreamServer:
    """Serves folders by HTTP, with ranges and ETags, and fails as told.

    Attributes:
        address: of the repository.
        asked: the requests so far: path and headers.
        cuts: by file name, after how many bytes the connection breaks, one number a request.
        gates: by file name, after how many bytes the file waits, and for what.
        answers: by file name, a status and headers instead of the file.
        ranges: whether parts of files are given.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.cuts: dict[str, list[int]] = {}
        self.gates: dict[str, tuple[int, threading.Event]] = {}
        self.answers: dict[str, tuple[int, dict[str, str]]] = {}
        self.ranges = True
        self._noted = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"served": self}))
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}/repo"

    def requests_for(self, file_name: str) -> int:
        """How often a file was asked for."""
        return sum(path == f"/repo/{file_name}" for path, _ in self.asked)

    def wait_for(self, file_name: str) -> None:
        """Waits until a file was asked for."""
        with self._noted:
            assert self._noted.wait_for(lambda: self.requests_for(file_name), PATIENCE)

    def note(self, path: str, headers: dict[str, str]) -> None:
        """Keeps a request."""
        with self._noted:
            self.asked.append((path, headers))
            self._noted.notify_all()

    @contextmanager
    def running(self) -> Iterator["UpstreamServer"]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            for _, gate in self.gates.values():
                gate.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection as the server is told to."""

    protocol_version = "HTTP/1.1"
    served: UpstreamServer

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        self.served.note(self.path, dict(self.headers))
        path = self.served.folder / name
        if name in self.served.answers:
            status, headers = self.served.answers[name]
            self._head(status, headers | {"Content-Length": "0"})
        elif path.is_file():
            self._send(name, path.read_bytes())
        else:
            self._head(404, {"Content-Length": "0"})

    def _send(self, name: str, content: bytes) -> None:
        etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == etag:
            self._head(304, {"ETag": etag})
            return
        start, status, headers = 0, 200, {"ETag": etag}
        if self.served.ranges and (wanted := self.headers.get("Range")):
            start, status = int(wanted.removeprefix("bytes=").rstrip("-")), 206
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        rest = content[start:]
        self._head(status, headers | {"Content-Length": str(len(rest))})
        self._write(name, rest)

    def _write(self, name: str, content: bytes) -> None:
        if name in self.served.gates:
            size, gate = self.served.gates[name]
            self.wfile.write(content[:size])
            gate.wait(PATIENCE)
            content = content[size:]
        cuts = self.served.cuts.get(name)
        if cuts:
            content = content[: cuts.pop(0)]
            self.close_connection = True
        self.wfile.write(content)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        pass
