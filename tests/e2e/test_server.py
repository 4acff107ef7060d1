"""`appshare-server`: started, stopped and started again."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from demo.server_process import ServerProcess, running_server_process, wait_until_gone

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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_all_runs_four_processes_and_stops_them_together(server: ServerProcess, number: signal.Signals) -> None:
    children = server.children()
    assert set(children) == SERVICES
    assert server.stop(number) == 0
    assert not [pid for pid in children.values() if Path(f"/proc/{pid}").exists()]
    log = server.log.read_text(encoding="utf-8")
    assert log.count('"event": "stopping"') == len(SERVICES) + 1
    assert "defect" not in log


def test_a_service_that_crashes_is_started_again(server: ServerProcess) -> None:
    killed = server.kill_child("share-registry")
    assert wait_until_gone(killed)
    again = server.kill_child("share-registry")
    assert again != killed
    assert '"event": "crashed"' in server.log.read_text(encoding="utf-8")


def test_the_children_end_when_the_supervisor_is_killed(server: ServerProcess) -> None:
    children = server.children()
    server.process.kill()
    server.process.wait()
    for process_id in children.values():
        assert wait_until_gone(process_id)


def test_every_process_says_where_it_listens_and_where_its_data_is(server: ServerProcess) -> None:
    log = server.log.read_text(encoding="utf-8")
    for service in SERVICES:
        [ready] = [
            line for line in log.splitlines() if '"event": "ready"' in line and f'"service": "{service}"' in line
        ]
        assert "127.0.0.1:" in ready
        assert str(server.data) in ready


def test_two_servers_do_not_use_one_data_folder(server: ServerProcess, tmp_path: Path) -> None:
    second = run("all", "--free-ports", "--data", str(tmp_path / "data"))
    assert second.returncode == 1
    assert "another process is using" in second.stderr
    assert "Traceback" not in second.stderr


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


def test_health_says_whether_a_process_serves(server: ServerProcess) -> None:
    assert run("health", server.devices).returncode == 0
    address = server.devices
    server.stop()
    stopped = run("health", address)
    assert (stopped.returncode, stopped.stdout.strip()) == (1, "UNAVAILABLE")
    assert run("health", "nonsense").returncode == 2


def test_a_restart_keeps_keys_and_tokens(tmp_path: Path) -> None:
    kept = []
    for _start in range(2):
        with running_server_process(tmp_path / "data", tmp_path / "server.log") as server:
            names = ("relation-radar/number.key", "gateway/signing-keys.json", "gateway/operator.token")
            kept.append([(server.data / name).read_bytes() for name in names])
            assert all((server.data / name).stat().st_mode & 0o077 == 0 for name in names)
    assert kept[0] == kept[1]


def test_what_a_stranger_sends_is_not_in_the_log(server: ServerProcess) -> None:
    """gRPC would log why a peer goes away, in the peer's own words."""
    for address in (server.devices, server.operators):
        host, _, port = address.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=60) as stranger:
            stranger.sendall(PREFACE + goaway(b"+8613800138000\n{}"))
            stranger.shutdown(socket.SHUT_WR)
            while stranger.recv(4096):
                pass
    assert server.stop() == 0
    lines = server.log.read_text(encoding="utf-8").splitlines()
    assert all(json.loads(line)["event"] for line in lines)
    assert not [line for line in lines if "13800138000" in line]


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def goaway(text: bytes) -> bytes:
    """A frame that says that this side goes, and why."""
    content = bytes(4) + b"\x00\x00\x00\x0b" + text
    return len(content).to_bytes(3, "big") + b"\x07" + bytes(5) + content
