"""The private CA and the certificates that its operator makes, renews and lists."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from appshare.command_line.input_error import InputError
from appshare.operator.__main__ import main
from appshare.operator.certificate_folder import CertificateFolder, read_names
from appshare.rpc.certificates import CertificateFiles
from appshare.rpc.identity import ROLES


def certs(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["certs", *map(str, arguments)])


def own(folder: Path, role: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / role / "certificate.pem").read_bytes())


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    folder = tmp_path / "certs"
    assert certs("init", "--out", folder, "--name", "cloud.example.org", "--name", "203.0.113.7").exit_code == 0
    return folder


def test_every_process_gets_what_it_needs_and_nothing_else(made: Path) -> None:
    files = {f"{role}/{name}" for role in ROLES for name in ("ca.pem", "certificate.pem", "key.pem")}
    assert set(content(made)) == files | {"ca/ca.pem", "ca/key.pem"}
    keys = list(made.rglob("key.pem"))
    assert len({path.read_bytes() for path in keys}) == len(keys) == 5
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}


def test_the_certificates_are_signed_by_the_ca_for_their_names(made: Path) -> None:
    ca = x509.load_pem_x509_certificate((made / "ca" / "ca.pem").read_bytes())
    verifier = PolicyBuilder().store(Store([ca])).time(datetime.now(UTC))
    for name in (x509.DNSName("cloud.example.org"), x509.DNSName("localhost")):
        verifier.build_server_verifier(name).verify(own(made, "gateway"), [])
    for role in ROLES:
        verifier.build_server_verifier(x509.DNSName(role)).verify(own(made, role), [])
        assert (made / role / "ca.pem").read_bytes() == (made / "ca" / "ca.pem").read_bytes()


def test_a_certificate_names_its_role_and_serves_for_nothing_else(made: Path) -> None:
    for role in ROLES:
        extensions = own(made, role).extensions
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.UniformResourceIdentifier) == [f"spiffe://appshare/{role}"]
        assert not extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        purposes = set(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
        assert purposes == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
        key = own(made, role).public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        assert key.curve.name == "secp256r1"


def test_lifetimes_are_those_that_the_help_promises(made: Path) -> None:
    ca = x509.load_pem_x509_certificate((made / "ca" / "ca.pem").read_bytes())
    now = datetime.now(UTC)
    assert timedelta(days=3640) < ca.not_valid_after_utc - now < timedelta(days=3651)
    assert timedelta(days=390) < own(made, "gateway").not_valid_after_utc - now < timedelta(days=399)


def test_what_is_there_is_not_overwritten(made: Path) -> None:
    before = content(made)
    refused = certs("init", "--out", made)
    assert refused.exit_code == 2
    assert "is there already" in refused.output
    assert "certs renew" in refused.output
    assert content(made) == before


def test_if_missing_leaves_what_is_there(made: Path) -> None:
    before = content(made)
    assert certs("init", "--if-missing", "--out", made, "--name", "cloud.example.org").exit_code == 0
    assert content(made) == before


def test_if_missing_adds_a_name_to_those_that_are_there(made: Path) -> None:
    before = content(made)
    added = certs("init", "--if-missing", "--out", made, "--name", "other.example.org", "--json")
    assert {"cloud.example.org", "203.0.113.7", "other.example.org"} < set(
        json.loads(added.output)["certificates"][0]["names"]
    )
    changed = {name for name, held in content(made).items() if before[name] != held}
    assert changed == {"gateway/certificate.pem", "gateway/key.pem"}


@pytest.mark.parametrize("lost", ["ca/ca.pem", "gateway/certificate.pem", "gateway/key.pem", "app-download/ca.pem"])
def test_if_missing_makes_what_a_crash_has_left_out(made: Path, lost: str) -> None:
    (made / lost).unlink()
    assert certs("init", "--if-missing", "--out", made).exit_code == 0
    for role in ROLES:
        CertificateFiles(*(made / role / name for name in ("certificate.pem", "key.pem", "ca.pem"))).read()


def test_if_missing_makes_anew_what_a_renewal_left_half_done(made: Path) -> None:
    (made / "gateway" / "key.pem").write_bytes((made / "app-download" / "key.pem").read_bytes())
    assert certs("init", "--if-missing", "--out", made).exit_code == 0
    CertificateFiles(made / "gateway" / "certificate.pem", made / "gateway" / "key.pem").read()


def test_renewing_keeps_the_names_and_the_ca(made: Path) -> None:
    before = content(made)
    listed = json.loads(certs("list", "--out", made, "--json").output)
    assert certs("renew", "--out", made).exit_code == 0
    after = content(made)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {f"{role}/{name}" for role in ROLES for name in ("certificate.pem", "key.pem")}
    again = json.loads(certs("list", "--out", made, "--json").output)
    names = [[each["names"] for each in document["certificates"]] for document in (listed, again)]
    assert names[0] == names[1]
    assert "cloud.example.org" in names[0][0]
    assert "203.0.113.7" in names[0][0]


def test_there_is_nothing_to_renew_before_there_is_a_ca(tmp_path: Path) -> None:
    refused = certs("renew", "--out", tmp_path)
    assert refused.exit_code == 2
    assert "certs init" in refused.output


@pytest.mark.parametrize("damage", [b"", b"not PEM"])
@pytest.mark.parametrize("name", ["ca/key.pem", "ca/ca.pem", "gateway/certificate.pem"])
def test_damaged_files_are_named(made: Path, name: str, damage: bytes) -> None:
    (made / name).write_bytes(damage)
    refused = certs("renew", "--out", made)
    assert refused.exit_code == 2
    assert "damaged" in refused.output


def test_names_are_for_the_gateway_or_for_the_process_that_is_named() -> None:
    names = read_names(["cloud.example.org", "*.example.org", "relation-radar=10.0.0.5", "gateway=2001:DB8:0::1"])
    assert names == {
        "gateway": ["cloud.example.org", "*.example.org", "2001:db8::1"],
        "relation-radar": ["10.0.0.5"],
    }


@pytest.mark.parametrize("name", ["", "radar=host", "a b", "https://a", "relation-radar=", "a/b", "ünï.example"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="--name"):
        read_names([name])


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    refused = certs("init", "--out", tmp_path / "file" / "certs")
    assert refused.exit_code == 1
    assert "Not a directory" in refused.output


def test_a_folder_says_what_it_holds(made: Path) -> None:
    assert [each.role for each in CertificateFolder(made).certificates()] == list(ROLES)
