"""Certificates of servers and clients: read from files, proved usable, read again when the files change."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from prometheus_client import Gauge

_WARN_BEFORE = timedelta(days=30)
"""How long before its end a certificate is worth a warning."""

_WARN_EVERY = timedelta(days=1)

_DAYS_LEFT = Gauge("appshare_certificate_days_left", "Days until a certificate in use ends, by its file.", ["file"])

_log = structlog.get_logger(__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class UnusableCertificateError(OSError):
    """The files hold no certificate that can be used; the message says which file and what to do."""


@dataclass(frozen=True)
class Certificates:
    """What a process shows, and whom it trusts; all in PEM.

    Attributes:
        chain: its own certificate, then those between it and the root.
        ca: the authorities that must have signed what others show; None: others need to show nothing.
        name: a name or IP address that the certificate is for.
    """

    chain: bytes
    key: bytes
    ca: bytes | None
    name: str
    expire_time: datetime


@dataclass(frozen=True)
class CertificateFiles:
    """Where a process finds its certificate, its private key without a password, and the authorities it trusts."""

    certificate: Path
    key: Path
    ca: Path | None = None

    def read(self) -> Certificates:
        """Reads the files.

        Raises:
            UnusableCertificateError: one of them is missing or damaged, key and certificate are not of one pair, or the
                certificate has ended.
        """
        chain, key = _read(self.certificate), _read(self.key)
        own = _load_certificates(self.certificate, chain)[0]
        self._require_pair(own, key)
        if own.not_valid_after_utc <= datetime.now(UTC):
            raise UnusableCertificateError(f"the certificate {self.certificate} has ended: renew it")
        return Certificates(chain, key, self._read_ca(), _name_of(own), own.not_valid_after_utc)

    def stamp(self) -> tuple[tuple[int, ...] | None, ...]:
        """What differs when one of the files has changed."""
        return tuple(_stamp(path) for path in (self.certificate, self.key, self.ca) if path)

    def _read_ca(self) -> bytes | None:
        if self.ca is None:
            return None
        ca = _read(self.ca)
        _load_certificates(self.ca, ca)
        return ca

    def _require_pair(self, own: x509.Certificate, key: bytes) -> None:
        try:
            private_key = load_pem_private_key(key, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise UnusableCertificateError(f"{self.key} holds no private key in PEM without a password") from None
        if private_key.public_key() != own.public_key():
            raise UnusableCertificateError(f"{self.key} is not the private key of {self.certificate}")


class WatchedCertificates:
    """The certificates of files that may change while the process runs.

    Attributes:
        current: the last usable ones.

    Raises:
        UnusableCertificateError: the files hold no usable ones at the start.
    """

    def __init__(self, files: CertificateFiles, *, now: Callable[[], datetime] = _utc_now) -> None:
        self._files = files
        self._now = now
        self._stamp = files.stamp()
        self._take(files.read())
        _DAYS_LEFT.labels(str(files.certificate)).set_function(lambda: self._left() / timedelta(days=1))

    def renewed(self) -> Certificates | None:
        """The certificates that the files hold now, once after each change; None when there is nothing to change.

        Files that cannot be used are reported in the log and leave everything as it was. A certificate near its end is
        a warning in the log, every day.
        """
        stamp = self._files.stamp()
        if stamp == self._stamp:
            if self._now() >= self._warn_next:
                self._tell()
            return None
        self._stamp = stamp
        try:
            self._take(self._files.read())
        except UnusableCertificateError as error:
            _log.error("certificate not renewed, the one before stays in use", problem=str(error))
            return None
        return self.current

    def _take(self, certificates: Certificates) -> None:
        self.current = certificates
        self._tell()

    def _tell(self) -> None:
        ends = self.current.expire_time
        tell = _log.warning if self._left() <= _WARN_BEFORE else _log.info
        tell("certificate in use", file=str(self._files.certificate), ends=ends.isoformat())
        self._warn_next = max(self._now() + _WARN_EVERY, ends - _WARN_BEFORE)

    def _left(self) -> timedelta:
        return self.current.expire_time - self._now()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnusableCertificateError(f"{path} cannot be read: {error.strerror}") from None


def _load_certificates(path: Path, content: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError:
        raise UnusableCertificateError(f"{path} holds no certificate in PEM") from None


def _name_of(certificate: x509.Certificate) -> str:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    found = names.get_values_for_type(x509.DNSName) + [str(ip) for ip in names.get_values_for_type(x509.IPAddress)]
    # A name that a wildcard stands for is as good as any other.
    return found[0].replace("*", "any", 1) if found else ""


def _stamp(path: Path) -> tuple[int, ...] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
