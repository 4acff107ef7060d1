"""Invitations: who follows one knows the server by its certificate, and speaks to no other."""

import hashlib
import json
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from tests.support.certificates import files_of, make_certificates
from tests.unit.device_agent.conftest import serving_in_thread
from tests.unit.device_agent.gateway import Cloud

from appshare.command_line.exit_code import ExitCode
from appshare.command_line.input_error import InputError
from appshare.device_agent.agent_home import Account, AgentHome
from appshare.device_agent.invitation import Invitation
from appshare.device_agent.model import Session
from appshare.operator.certificate_authority import CertificateAuthority, new_key
from appshare.operator.certificate_folder import CertificateFolder
from appshare.rpc.address import Address
from appshare.rpc.certificates import CertificateFiles
from appshare.rpc.identity import GATEWAY

Appshare = Callable[..., Result]

DIGEST = "0123456789abcdef" * 4
NUMBER = "+8613800138000"


@pytest.mark.parametrize(
    ("link", "invitation"),
    [
        ("appshare://cloud.example.org:7400", Invitation(Address("cloud.example.org", 7400))),
        (f"appshare://10.0.0.7:7400?sha256={DIGEST}", Invitation(Address("10.0.0.7", 7400), DIGEST)),
        (f"appshare://[::1]:7400?new=1&sha256={DIGEST.upper()}", Invitation(Address("::1", 7400), DIGEST)),
    ],
)
def test_links_are_read_and_written(link: str, invitation: Invitation) -> None:
    assert Invitation.parse(link) == invitation
    assert Invitation.parse(str(invitation)) == invitation


@pytest.mark.parametrize(
    "link",
    [
        "https://cloud.example.org",
        "appshare://",
        "appshare://host",
        "appshare://host:99999",
        "appshare://host:7400?sha256=",
        f"appshare://host:7400?sha256={DIGEST[:-1]}",
        "appshare://[::1",
    ],
)
def test_a_link_that_lost_a_part_is_none(link: str) -> None:
    with pytest.raises(InputError):
        Invitation.parse(link)


@pytest.mark.parametrize(
    ("link", "server"),
    [
        ("appshare://127.0.0.1:7400", "127.0.0.1:7400"),
        ("appshare://cloud.example.org:7400", "https://cloud.example.org:7400"),
        (f"appshare://127.0.0.1:7400?sha256={DIGEST}", "https://127.0.0.1:7400"),
    ],
)
def test_only_this_machine_is_spoken_to_in_plain_text(link: str, server: str) -> None:
    assert Invitation.parse(link).server == server


@pytest.fixture
def certificates(tmp_path: Path) -> CertificateFolder:
    return make_certificates(tmp_path / "certificates")


@pytest.fixture
def address(cloud: Cloud, certificates: CertificateFolder) -> Iterator[str]:
    with serving_in_thread(cloud, files_of(certificates, GATEWAY, with_ca=False)) as address:
        yield address


def fingerprint(certificates: CertificateFolder) -> str:
    pem = (certificates.path / GATEWAY / "certificate.pem").read_text(encoding="ascii")
    first = pem[: pem.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n"
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


def test_an_invited_device_registers_and_goes_on_without_knowing_the_authority(
    address: str, certificates: CertificateFolder, run: Appshare, cloud: Cloud, home: AgentHome
) -> None:
    link = f"appshare://{address}?sha256={fingerprint(certificates)}"
    started = run("register", link, NUMBER, "--json")
    assert started.exit_code == ExitCode.DONE, started.output
    assert run("register", "--code", "123456").exit_code == ExitCode.DONE
    assert home.account().server == f"https://{address}"
    assert run("devices").exit_code == ExitCode.DONE
    assert json.loads(run("invite", "--json").stdout)["link"] == link


def test_a_server_under_another_name_is_known_by_its_certificate(
    cloud: Cloud, run: Appshare, home: AgentHome, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    issued = CertificateAuthority.create(new_key(), now).issue(GATEWAY, ["cloud.example.org"], now)
    files = CertificateFiles(tmp_path / "certificate.pem", tmp_path / "key.pem")
    files.certificate.write_bytes(issued.certificate)
    files.key.write_bytes(issued.key)
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(issued.certificate.decode())).hexdigest()
    with serving_in_thread(cloud, files) as address:
        assert run("register", f"appshare://{address}?sha256={digest}", NUMBER).exit_code == ExitCode.DONE
        assert run("register", "--code", "123456").exit_code == ExitCode.DONE
        assert run("devices").exit_code == ExitCode.DONE
    assert home.account().server_name == "cloud.example.org"


def test_a_server_with_another_certificate_gets_nothing(
    address: str, run: Appshare, cloud: Cloud, home: AgentHome
) -> None:
    result = run("register", f"appshare://{address}?sha256={DIGEST}", NUMBER, "--json")
    assert result.exit_code == ExitCode.FAILED
    error = json.loads(result.stdout)["error"]
    assert error["reason"] == "CERTIFICATE_MISMATCH"
    assert "Nothing was sent" in error["message"]
    assert cloud.requests == []


def test_a_certificate_that_changed_is_told_and_a_new_invitation_helps(
    address: str, certificates: CertificateFolder, run: Appshare, home: AgentHome, session: Session, tmp_path: Path
) -> None:
    other = make_certificates(tmp_path / "other")
    old = (other.path / GATEWAY / "certificate.pem").read_text(encoding="ascii")
    home.save_account(Account(f"https://{address}", session, old))
    refused = run("devices")
    assert refused.exit_code == ExitCode.UNREACHABLE
    assert "a certificate that is not trusted here" in refused.stderr
    assert "register LINK" in refused.stderr
    again = run("register", f"appshare://{address}?sha256={fingerprint(certificates)}")
    assert again.exit_code == ExitCode.DONE, again.output
    assert run("devices").exit_code == ExitCode.DONE
    assert home.account().session == session


def test_who_trusts_the_authority_invites_by_the_certificate(
    address: str, certificates: CertificateFolder, run: Appshare, home: AgentHome, session: Session
) -> None:
    ca = (certificates.path / "ca" / "ca.pem").read_text(encoding="ascii")
    home.save_account(Account(f"https://{address}", session, ca))
    result = run("invite")
    assert f"appshare://{address}?sha256={fingerprint(certificates)}" in result.stdout
    assert "▀" in result.stdout
    assert "this machine only" in result.stderr


@pytest.mark.usefixtures("address")
def test_nobody_invites_to_a_server_that_is_not_trusted(
    address: str, run: Appshare, home: AgentHome, session: Session, tmp_path: Path
) -> None:
    other = (make_certificates(tmp_path / "other").path / "ca" / "ca.pem").read_text(encoding="ascii")
    home.save_account(Account(f"https://{address}", session, other))
    assert run("invite").exit_code == ExitCode.UNREACHABLE


def test_a_server_without_a_certificate_is_none_to_be_invited_to(cloud: Cloud, run: Appshare) -> None:
    with serving_in_thread(cloud) as plain:
        result = run("register", f"appshare://{plain}?sha256={DIGEST}", NUMBER)
    assert result.exit_code == ExitCode.UNREACHABLE
    assert "no server with a certificate" in result.stderr


@pytest.mark.parametrize("words", [["appshare://a:1", "appshare://b:1"], [NUMBER, NUMBER], ["appshare://127.0.0.1:1"]])
def test_a_link_and_a_number_are_wanted(run: Appshare, words: list[str]) -> None:
    assert run("register", *words).exit_code == ExitCode.WRONG_USAGE


def test_on_a_terminal_the_number_is_asked_for(
    cloud: Cloud, run: Appshare, monkeypatch: pytest.MonkeyPatch, home: AgentHome
) -> None:
    monkeypatch.setattr("appshare.device_agent.commands.register.is_terminal", lambda: True)
    with serving_in_thread(cloud) as plain:
        result = run("register", f"appshare://{plain}", typed=f"{NUMBER}\n123456\n")
    assert result.exit_code == ExitCode.DONE, result.output
    assert cloud.requests[0].number == NUMBER
