"""The certificates of a cloud, made as its operator makes them."""

from pathlib import Path

from appshare.operator.certificate_folder import CertificateFolder
from appshare.rpc.certificates import CertificateFiles


def make_certificates(folder: Path) -> CertificateFolder:
    """A CA and a certificate for each process."""
    made = CertificateFolder(folder)
    made.complete({})
    return made


def files_of(certificates: CertificateFolder, role: str, *, with_ca: bool = True) -> CertificateFiles:
    """The files of a process; with the CA it demands certificates of others."""
    folder = certificates.path / role
    return CertificateFiles(folder / "certificate.pem", folder / "key.pem", folder / "ca.pem" if with_ca else None)


def tls_environment(certificates: CertificateFolder) -> dict[str, str]:
    """Has a cloud show the gateway's certificate to devices."""
    gateway = certificates.path / "gateway"
    return {
        "APPSHARE_TLS_CERTIFICATE": str(gateway / "certificate.pem"),
        "APPSHARE_TLS_KEY": str(gateway / "key.pem"),
    }


def ca_of(certificates: CertificateFolder) -> bytes:
    """The authority that has signed them, in PEM."""
    return (certificates.path / "ca" / "ca.pem").read_bytes()
