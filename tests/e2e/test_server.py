"""`appshare-server`: started, stopped and started again."""

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from demo.server_process import ServerProcess, running_server_process, wait_until_gone

# The servers that the module starts are for all of its tests.
pytestmark = pytest.mark.xdist_group("server")

SERVICES = {"relation-radar", "share-registry", "app-download", "gateway"}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "appshare.server", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | environment,
    )


@dataclass(frozen=True)
class Life:
    """What was seen of a server from its start to its end.

    Attributes:
        secrets: the files that hold them, with their modes, by name.
        health: the answer of the gateway about itself, while it ran and afterwards.
        second: what came of a second server on the same folder.
        left: its processes that did not end with it.
    """

    data: Path
    children: dict[str, int]
    secrets: dict[str, tuple[bytes, int]]
    health: tuple[subprocess.CompletedProcess[str], subprocess.CompletedProcess[str]]
    second: subprocess.CompletedProcess[str]
    exit_code: int
    left: list[int]
    log: str


def live(folder: Path, number: signal.Signals) -> Life:
    """Starts a server, looks at it, and stops it by a signal."""
    log = folder / f"{number.name}.log"
    with running_server_process(folder / "data", log) as server:
        children = server.children()
        running = run("health", server.devices)
        second = run("all", "--free-ports", "--data", str(server.data))
        names = ("relation-radar/number.key", "gateway/signing-keys.json", "gateway/operator.token")
        files = {name: server.data / name for name in names}
        for address in (server.devices, server.operators):
            go_away_loudly(address)
        exit_code = server.stop(number)
        return Life(
            server.data,
            children,
            {name: (file.read_bytes(), file.stat().st_mode) for name, file in files.items()},
            (running, run("health", server.devices)),
            second,
            exit_code,
            [pid for pid in children.values() if Path(f"/proc/{pid}").exists()],
            log.read_text(encoding="utf-8"),
        )


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory, module_store: None) -> dict[signal.Signals, Life]:
    """Two servers, one after the other on one folder, by the signal that stopped them."""
    folder = tmp_path_factory.mktemp("server")
    return {number: live(folder, number) for number in (signal.SIGINT, signal.SIGTERM)}


@pytest.fixture(scope="module")
def life(lives: dict[signal.Signals, Life]) -> Life:
    return lives[signal.SIGINT]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_all_runs_four_processes_and_stops_them_together(
    lives: dict[signal.Signals, Life], number: signal.Signals
) -> None:
    life = lives[number]
    assert set(life.children) == SERVICES
    assert life.exit_code == 0
    assert life.left == []
    assert life.log.count('"event": "stopping"') == len(SERVICES) + 1
    assert "defect" not in life.log


def test_what_crashes_is_started_again_and_all_end_when_the_supervisor_is_killed(server: ServerProcess) -> None:
    killed = server.kill_child("share-registry")
    assert wait_until_gone(killed)
    again = server.kill_child("share-registry")
    assert again != killed
    assert '"event": "crashed"' in server.log.read_text(encoding="utf-8")
    children = server.children()
    assert set(children) >= SERVICES - {"share-registry"}

    os.kill(server.host, signal.SIGKILL)
    for process_id in children.values():
        assert wait_until_gone(process_id)
    while run("health", server.devices).returncode:
        pass  # another host is started, and from it the services

    children = server.children()
    server.process.kill()
    server.process.wait()
    for process_id in children.values():
        assert wait_until_gone(process_id)


def test_every_process_says_where_it_listens_and_where_its_data_is(life: Life) -> None:
    for service in SERVICES:
        [ready] = [
            line for line in life.log.splitlines() if '"event": "ready"' in line and f'"service": "{service}"' in line
        ]
        assert "127.0.0.1:" in ready
        assert str(life.data) in ready


def test_two_servers_do_not_use_one_data_folder(life: Life) -> None:
    assert life.second.returncode == 1
    assert "another process is using" in life.second.stderr
    assert "Traceback" not in life.second.stderr


def test_a_taken_port_is_a_clear_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        result = run("relation-radar", "--listen", address, "--data", str(tmp_path))
    assert result.returncode == 1
    assert f"cannot listen on {address}" in result.stderr
    assert "Traceback" not in result.stderr


def test_plain_text_beyond_this_machine_is_refused_with_what_to_do(tmp_path: Path) -> None:
    for command in (["gateway", "--listen", "0.0.0.0:0"], ["gateway", "--operator-listen", "0.0.0.0:0"]):
        result = run(*command, "--data", str(tmp_path))
        assert result.returncode == 2
        assert "--private-network" in result.stderr


def test_a_setting_comes_from_a_flag_or_the_environment(tmp_path: Path) -> None:
    for arguments, environment in (
        (("relation-radar", "--hub-limit", "many"), {}),
        (("relation-radar",), {"APPSHARE_HUB_LIMIT": "many"}),
    ):
        result = run(*arguments, "--data", str(tmp_path), **environment)
        assert result.returncode == 2
        assert "--hub-limit (APPSHARE_HUB_LIMIT)" in result.stderr


def test_health_says_whether_a_process_serves(life: Life) -> None:
    running, stopped = life.health
    assert running.returncode == 0
    assert (stopped.returncode, stopped.stdout.strip()) == (1, "UNAVAILABLE")
    assert run("health", "nonsense").returncode == 2


def test_a_restart_keeps_keys_and_tokens(lives: dict[signal.Signals, Life]) -> None:
    first, second = (life.secrets for life in lives.values())
    assert first == second
    assert all(mode & 0o077 == 0 for _, mode in first.values())


def test_what_a_stranger_sends_is_not_in_the_log(life: Life) -> None:
    """gRPC would log why a peer goes away, in the peer's own words."""
    lines = life.log.splitlines()
    assert all(json.loads(line)["event"] for line in lines)
    assert not [line for line in lines if "13800138000" in line]


def go_away_loudly(address: str) -> None:
    """Says why it goes, and waits until the server has gone too."""
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=60) as stranger:
        stranger.sendall(PREFACE + goaway(b"+8613800138000\n{}"))
        stranger.shutdown(socket.SHUT_WR)
        while stranger.recv(4096):
            pass


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def goaway(text: bytes) -> bytes:
    """A frame that says that this side goes, and why."""
    content = bytes(4) + b"\x00\x00\x00\x0b" + text
    return len(content).to_bytes(3, "big") + b"\x07" + bytes(5) + content
