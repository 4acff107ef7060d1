"""Plain text to this machine, TLS to every other."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from appshare.command_line.server_address import ServerAddress


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("127.0.0.1:7400", "127.0.0.1:7400"),
        ("localhost:7400", "localhost:7400"),
        ("[::1]:7400", "[::1]:7400"),
        ("192.0.2.1:7400", "https://192.0.2.1:7400"),
        ("cloud.example:7400", "https://cloud.example:7400"),
        ("https://cloud.example", "https://cloud.example:443"),
        ("https://cloud.example/", "https://cloud.example:443"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]:443"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("https://127.0.0.1:7400", "https://127.0.0.1:7400"),
    ],
)
def test_only_this_machine_is_spoken_to_in_plain_text(text: str, shown: str) -> None:
    assert str(ServerAddress.parse(text)) == shown
    assert str(ServerAddress.parse(shown)) == shown


@pytest.mark.parametrize("text", ["", "cloud.example", "http://cloud.example:80", "https://", "https://a:b", "a:99999"])
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not host:port"):
        ServerAddress.parse(text)


def certificate_for_localhost() -> tuple[bytes, bytes]:
    """A key and a certificate that signs itself, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem, certificate.public_bytes(serialization.Encoding.PEM)


def test_a_server_is_reached_by_tls_when_its_certificate_is_trusted(tmp_path: Path) -> None:
    key, certificate = certificate_for_localhost()
    roots = tmp_path / "roots.pem"
    roots.write_bytes(certificate)
    server = grpc.server(None)
    port = server.add_secure_port("localhost:0", grpc.ssl_server_credentials([(key, certificate)]))
    server.start()
    command = [
        sys.executable,
        "-m",
        "appshare.device_agent",
        "--home",
        str(tmp_path / "home"),
        "register",
        "+8613800138000",
    ]
    command += ["--server", f"https://localhost:{port}"]
    trusted = os.environ | {"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(roots)}
    try:
        # The server has no methods: "failed" means that the two have spoken, "unreachable" that they have not.
        assert subprocess.run(command, check=False, env=trusted, timeout=60).returncode == 1
        assert subprocess.run(command, check=False, timeout=60).returncode == 5
    finally:
        server.stop(None)
