"""A cloud that speaks TLS and is measured: real processes, told by the environment."""

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from demo.server_process import ServerProcess, running_server_process
from tests.support.certificates import make_certificates

from appshare.operator.certificate_folder import CertificateFolder

# The server that the module starts is for all of its tests.
pytestmark = pytest.mark.xdist_group("tls")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> CertificateFolder:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, certificates: CertificateFolder, module_store: None
) -> Iterator[ServerProcess]:
    folder, gateway = tmp_path_factory.mktemp("tls"), certificates.path / "gateway"
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as environment:  # of the processes; the commands of the tests have another
            environment.setenv("APPSHARE_TLS_CERTIFICATE", str(gateway / "certificate.pem"))
            environment.setenv("APPSHARE_TLS_KEY", str(gateway / "key.pem"))
            environment.setenv("APPSHARE_METRICS_LISTEN", "127.0.0.1:0")
            running = stack.enter_context(running_server_process(folder / "data", folder / "log"))
        yield running


def run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_devices_trust_the_ca_that_they_are_given_and_remember_it(
    server: ServerProcess, certificates: CertificateFolder, tmp_path: Path
) -> None:
    home, where = ("--home", str(tmp_path / "home")), ("--server", f"https://{server.devices}")
    unknown = run("appshare.device_agent", *home, "register", "+8613800138001", *where)
    assert unknown.returncode == 5
    ca = certificates.path / "ca" / "ca.pem"
    started = run("appshare.device_agent", *home, "register", "+8613800138001", *where, "--ca", str(ca))
    assert started.returncode == 0, started.stderr
    [registration_id] = set(re.findall(r'"registration_id": "([^"]+)"', server.log.read_text(encoding="utf-8")))
    completed = run("appshare.device_agent", *home, "register", "--code", server.code(registration_id))
    assert completed.returncode == 0, completed.stderr
    assert run("appshare.device_agent", *home, "friends").returncode == 0


def test_the_operator_on_the_machine_needs_no_ca(server: ServerProcess) -> None:
    listed = run("appshare.operator", "--data", str(server.data), "packages", "list")
    assert listed.returncode == 0, listed.stderr


def test_health_is_asked_with_the_certificate_of_the_process(
    server: ServerProcess, certificates: CertificateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APPSHARE_TLS_CERTIFICATE", str(certificates.path / "gateway" / "certificate.pem"))
    monkeypatch.setenv("APPSHARE_TLS_KEY", str(certificates.path / "gateway" / "key.pem"))
    assert run("appshare.server", "health", server.devices).stdout == "SERVING\n"
    monkeypatch.delenv("APPSHARE_TLS_CERTIFICATE")
    assert run("appshare.server", "health", server.devices, "--time-limit=2").returncode == 1
    readiness = run("appshare.server", "health", server.operators, "--service=readiness")
    assert readiness.stdout == "SERVING\n"


def test_every_process_serves_its_metrics(server: ServerProcess) -> None:
    log = server.log.read_text(encoding="utf-8")
    found = re.findall(r'"listen": "(127\.0\.0\.1:\d+)", "event": "metrics"', log)
    assert len(found) == 4
    fetched = [urllib.request.urlopen(f"http://{where}/metrics").read().decode() for where in found]  # ours
    for service in ("relation-radar", "share-registry", "app-download", "gateway"):
        assert any(f'appshare_store_bytes{{service="{service}"}}' in text for text in fetched)
    assert all("appshare_calls_total" in text for text in fetched)


def test_a_certificate_that_cannot_be_used_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    files = [f"--tls-certificate={tmp_path / 'empty.pem'}", f"--tls-key={tmp_path / 'empty.pem'}"]
    started = run("appshare.server", "gateway", "--data", str(tmp_path / "data"), "--listen=127.0.0.1:0", *files)
    assert started.returncode == 1
    assert f"Error: {tmp_path / 'empty.pem'} holds no certificate in PEM" in started.stderr


def test_traces_without_their_packages_are_refused_with_what_to_install(tmp_path: Path) -> None:
    hidden = tmp_path / "opentelemetry"
    hidden.mkdir()
    (hidden / "__init__.py").touch()  # stands before the installed one
    command = [sys.executable, "-m", "appshare.server", "share-registry", "--listen=127.0.0.1:0"]
    started = subprocess.run(
        [*command, "--data", str(tmp_path / "data"), "--otlp-endpoint=http://127.0.0.1:1"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    assert started.returncode == 1
    assert "pip install 'appshare[traces]'" in started.stderr
