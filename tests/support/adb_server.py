"""An adb server on this machine with phones that a test describes: the wire protocol that real clients speak."""

import re
import shlex
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.android import ANSWERS, PERSONAL

_VERSION = 41
_FEATURES = "shell_v2,cmd,stat_v2,abb_exec"
_EXIT_SUFFIX = re.compile(r"; echo (\S+:)\$\?$")


class UnpluggedError(Exception):
    """The cable is out."""


@dataclass
class FakePhone:
    """A phone.

    Attributes:
        state: as `adb devices` shows it.
        answers: what commands print; others fail as unknown ones do.
        complaints: what commands print that fail.
        unplugged_after: bytes of packages that come through before the cable is pulled out.
        refusal: what a commit answers instead of Success.
        installed: the files of each app that was installed, in their order.
        open_sessions: files of install sessions that are neither committed nor abandoned.
        commands: everything that was run.
    """

    state: str = "device"
    features: str = _FEATURES
    answers: dict[str, str] = field(default_factory=lambda: ANSWERS | PERSONAL)
    complaints: dict[str, str] = field(default_factory=dict)
    unplugged_after: int | None = None
    refusal: str = ""
    installed: list[list[bytes]] = field(default_factory=list)
    open_sessions: dict[str, list[bytes]] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)

    def run(self, command: str, wire: Any) -> tuple[str, int]:
        """Runs a command of the phone's shell; returns what it prints and its exit code."""
        self.commands.append(command)
        words = shlex.split(command)
        if words[:2] == ["cmd", "package"]:
            words = ["pm", *words[2:]]
        if words[0] == "pm" and words[1].startswith("install-"):
            return self._install(words[1:], wire), 0
        if command in self.answers:
            return self.answers[command], 0
        return self.complaints.get(command, f"/system/bin/sh: {words[0]}: inaccessible or not found\n"), 127

    def _install(self, words: list[str], wire: Any) -> str:
        match words:
            case ["install-create", "-r", "-S", _]:
                session = str(1000 + len(self.commands))
                self.open_sessions[session] = []
                return f"Success: created install session [{session}]\n"
            case ["install-write", "-S", size, session, _, "-"]:
                self.open_sessions[session].append(self._receive(int(size), wire))
                return f"Success: streamed {size} bytes\n"
            case ["install-commit", session]:
                if self.refusal:
                    return self.refusal
                self.installed.append(self.open_sessions.pop(session))
                return "Success\n"
            case ["install-abandon", session]:
                self.open_sessions.pop(session, None)
                return "Success\n"
        return f"Error: Unknown command: {words}"

    def _receive(self, size: int, wire: Any) -> bytes:
        if self.unplugged_after is not None and self.unplugged_after < size:
            wire.read(self.unplugged_after)
            self.state = "absent"
            raise UnpluggedError
        content: bytes = wire.read(size)
        assert len(content) == size
        return content


class _Handler(socketserver.StreamRequestHandler):
    """One connection of a client: a request to the server, or to a phone behind it."""

    server: "_Server"

    def handle(self) -> None:
        try:
            self._handle()
        except (UnpluggedError, ConnectionError):
            return

    def _handle(self) -> None:
        request = self._request()
        match request.split(":", 2):
            case ["host", "version"]:
                self._answer(f"{_VERSION:04x}")
            case ["host", "devices"]:
                self._answer("".join(f"{serial}\t{phone.state}\n" for serial, phone in self._phones()))
            case ["host-serial", serial, "features"]:
                phone = self._phone(serial)
                if phone:
                    self._answer(phone.features)
            case ["host", "transport", serial]:
                phone = self._phone(serial)
                if phone:
                    self.wfile.write(b"OKAY")
                    self._serve(phone)
            case _:
                self._fail(f"unknown host service {request}")

    def _serve(self, phone: FakePhone) -> None:
        service, _, command = self._request().partition(":")
        if service not in ("exec", "shell"):
            self._fail("closed")
            return
        self.wfile.write(b"OKAY")
        suffix = _EXIT_SUFFIX.search(command)
        said, code = phone.run(_EXIT_SUFFIX.sub("", command), self.rfile)
        self.wfile.write(said.encode() + (f"{suffix[1]}{code}\n".encode() if suffix else b""))

    def _phones(self) -> list[tuple[str, FakePhone]]:
        return [(serial, phone) for serial, phone in self.server.phones.items() if phone.state != "absent"]

    def _phone(self, serial: str) -> FakePhone | None:
        phone = dict(self._phones()).get(serial)
        if phone is None:
            self._fail(f"device '{serial}' not found")
        return phone

    def _request(self) -> str:
        return self.rfile.read(int(self.rfile.read(4) or b"0", 16)).decode()

    def _answer(self, text: str) -> None:
        self.wfile.write(b"OKAY" + f"{len(text):04x}{text}".encode())

    def _fail(self, text: str) -> None:
        self.wfile.write(b"FAIL" + f"{len(text):04x}{text}".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, phones: dict[str, FakePhone]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.phones = phones


@contextmanager
def running_adb_server(phones: dict[str, FakePhone]) -> Iterator[int]:
    """Serves phones by their serial numbers; yields the port."""
    with _Server(phones) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
