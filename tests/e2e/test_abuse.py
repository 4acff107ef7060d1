"""Some hundred hostile connections at a time; `make abuse` opens ten thousand, and measures."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo.server_process import ServerProcess, running_server_process
from tests.e2e.abuse.run import ENVIRONMENT, Attacked, abuse
from tests.support.certificates import ca_of, make_certificates, tls_environment

CONNECTIONS = 200
SECONDS = 0.5
MOST_KIB = 100
"""Of the gateway's memory, for a connection that only waits; a third of it is usual."""


@pytest.fixture(params=["plain text", "TLS"])
def ca(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes | None:
    if request.param == "plain text":
        return None
    certificates = make_certificates(tmp_path / "certificates")
    for name, value in tls_environment(certificates).items():
        monkeypatch.setitem(os.environ, name, value)
    return ca_of(certificates)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ca: bytes | None) -> Iterator[ServerProcess]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setitem(os.environ, name, value)
    with running_server_process(tmp_path / "data", tmp_path / "server.log") as running:
        yield running


async def test_honest_callers_are_served_whatever_hostile_ones_do(server: ServerProcess, ca: bytes | None) -> None:
    processes = server.children()
    attacks = [attacked async for attacked in abuse(server, CONNECTIONS, SECONDS, ca)]
    for attacked in attacks:
        assert attacked.connections
        for served in (attacked.known, attacked.new):
            assert (bool(served.seconds), served.refused) == (True, []), attacked.name
    assert server.children() == processes
    assert '"event": "defect"' not in server.log.read_text(encoding="utf-8")
    waiting = [attacked for attacked in attacks if attacked.connections == CONNECTIONS]
    assert waiting
    assert {attacked.name for attacked in waiting if attacked.kib_per_connection > MOST_KIB} == set()


def test_memory_is_told_for_each_connection() -> None:
    assert Attacked("a", connections=10, before=100, during=300).kib_per_connection == 20
