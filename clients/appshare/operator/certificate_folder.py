"""The certificates of a cloud on disk: a folder for the authority, and one for each process with all that it needs."""

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from appshare.command_line.input_error import InputError
from appshare.operator.certificate_authority import CertificateAuthority, expire_time_of, names_of, new_key
from appshare.rpc.certificates import CertificateFiles, UnusableCertificateError
from appshare.rpc.identity import GATEWAY, ROLES

_CA, _CERTIFICATE, _KEY = "ca.pem", "certificate.pem", "key.pem"
_HERE = ("localhost", "127.0.0.1", "::1")
_HOST = re.compile(r"(?:\*\.)?[0-9A-Za-z_](?:[0-9A-Za-z_.-]{0,251}[0-9A-Za-z_])?|[0-9A-Fa-f:.]{2,45}")


@dataclass(frozen=True)
class RoleCertificate:
    """The certificate of a process, as it is on disk."""

    role: str
    folder: Path
    names: tuple[str, ...]
    expire_time: datetime


class CertificateFolder:
    """`ca/` with the authority's key, which no process needs, and for each role `ca.pem`, `certificate.pem`, `key.pem`.

    Keys can be read by their owner only. A file is whole or not there; what a crash has left undone, `complete` does.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ca_key, self._ca = path / "ca" / _KEY, path / "ca" / _CA

    def require_unused(self) -> None:
        """Refuses to touch what is there.

        Raises:
            InputError: a file of ours is there already.
        """
        own = [self._ca_key, *(self.path / role / _CERTIFICATE for role in ROLES)]
        there = next((path for path in own if path.exists()), None)
        if there:
            raise InputError(
                f"{there} is there already: `appshare-admin certs renew` renews the certificates, --if-missing makes"
                " only what is missing, and nothing overwrites the authority"
            )

    def complete(self, names: Mapping[str, Sequence[str]]) -> list[RoleCertificate]:
        """Makes what is missing or of no use: the authority, and the certificate of each role under all its names.

        Raises:
            InputError: a name is no host name or address, or what is there is damaged.
            OSError: a file cannot be written.
        """
        authority = self._authority()
        for role in ROLES:
            had = self._names(role)
            if not self._is_usable(role) or not had.issuperset(names.get(role, ())):
                self._issue(authority, role, (role, *_HERE, *sorted(had), *names.get(role, ())))
        return self.certificates()

    def renew(self) -> list[RoleCertificate]:
        """Replaces the key and certificate of every role; the names stay, and so does the authority.

        Raises:
            InputError: there are none, or they are damaged.
            OSError: a file cannot be written.
        """
        if not self._ca_key.exists():
            raise InputError(f"there is no authority in {self.path}: make one with `appshare-admin certs init`")
        authority, before = self._authority(), self.certificates()
        for each in before:
            self._issue(authority, each.role, each.names)
        return self.certificates()

    def certificates(self) -> list[RoleCertificate]:
        """What is there, the gateway's first.

        Raises:
            InputError: one is missing or damaged.
        """
        return [self._read(role) for role in ROLES]

    def _authority(self) -> CertificateAuthority:
        if not self._ca_key.exists():
            _write(self._ca_key, new_key(), mode=0o600)
        key = self._ca_key.read_bytes()
        try:
            if self._ca.exists():
                return CertificateAuthority.load(key, self._ca.read_bytes())
            authority = CertificateAuthority.create(key, datetime.now(UTC))
        except ValueError as error:
            raise InputError(f"the authority in {self._ca.parent} is damaged: {error}") from error
        _write(self._ca, authority.certificate_pem, mode=0o644)
        return authority

    def _issue(self, authority: CertificateAuthority, role: str, names: Sequence[str]) -> None:
        try:
            issued = authority.issue(role, list(dict.fromkeys(names)), datetime.now(UTC))
        except ValueError as error:
            raise InputError(f"{role}: {error}") from error
        folder = self.path / role
        _write(folder / _CA, authority.certificate_pem, mode=0o644)
        _write(folder / _KEY, issued.key, mode=0o600)
        _write(folder / _CERTIFICATE, issued.certificate, mode=0o644)

    def _names(self, role: str) -> set[str]:
        try:
            return set(self._read(role).names)
        except InputError:
            return set()

    def _is_usable(self, role: str) -> bool:
        folder = self.path / role
        try:
            CertificateFiles(folder / _CERTIFICATE, folder / _KEY, folder / _CA).read()
        except UnusableCertificateError:  # a renewal that was cut off leaves a key without its certificate
            return False
        return True

    def _read(self, role: str) -> RoleCertificate:
        path = self.path / role / _CERTIFICATE
        try:
            content = path.read_bytes()
            return RoleCertificate(role, path.parent, tuple(names_of(content)), expire_time_of(content))
        except FileNotFoundError:
            raise InputError(f"{path} is missing: `appshare-admin certs init --if-missing` makes it") from None
        except ValueError as error:
            raise InputError(f"{path} is damaged: {error}") from error


def read_names(texts: Sequence[str]) -> dict[str, list[str]]:
    """Reads names as they are typed: "HOST" for the gateway, "ROLE=HOST" for another process.

    Raises:
        InputError: an unknown role, or no host name or address.
    """
    names: dict[str, list[str]] = {}
    for text in texts:
        role, is_for_role, host = text.rpartition("=")
        if is_for_role and role not in ROLES:
            raise InputError(f"--name {text}: there is no process {role}; there are {', '.join(ROLES)}")
        if not _HOST.fullmatch(host):
            raise InputError(f"--name {text}: {host} is no host name and no IP address")
        names.setdefault(role or GATEWAY, []).append(_canonical(host))
    return names


def _canonical(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host


def _write(path: Path, content: bytes, *, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
