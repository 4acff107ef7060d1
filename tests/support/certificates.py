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
