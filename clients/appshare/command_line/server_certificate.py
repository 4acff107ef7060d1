"""The certificate that a server shows, looked at apart from the calls: gRPC does not tell why it trusts none."""

import hashlib
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from appshare.rpc.address import Address

_PATIENCE = 10.0
"""Seconds for the connection and for the handshake: a phone's, on a bad network, take some of them."""


@dataclass(frozen=True)
class ServerCertificate:
    """A certificate as a server shows it.

    Attributes:
        names: the host names and IP addresses that it is for.
    """

    pem: str
    sha256: str
    names: tuple[str, ...]
    end: datetime


def fetch_certificate(address: Address) -> ServerCertificate:
    """The certificate that a server shows, whether or not anybody trusts it.

    Raises:
        OSError: the server cannot be reached, or does not speak TLS.
        ValueError: it shows none that can be read.
    """
    context = _context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # whether it is the right one, the caller decides by its fingerprint
    return _shown(address, context, None)


def fetch_trusted_certificate(address: Address, ca: str | None, server_name: str | None) -> ServerCertificate:
    """The certificate that a server shows, if it is trusted; the arguments are those of `distrust`.

    Raises:
        OSError: the server cannot be reached, does not speak TLS, or is not trusted.
        ValueError: it shows none that can be read.
    """
    return _shown(address, _context(ca), server_name)


def read_certificate(der: bytes) -> ServerCertificate:
    """Reads a certificate.

    Raises:
        ValueError: it is damaged.
    """
    certificate = x509.load_der_x509_certificate(der)
    return ServerCertificate(
        pem=ssl.DER_cert_to_PEM_cert(der),
        sha256=hashlib.sha256(der).hexdigest(),
        names=_names(certificate),
        end=certificate.not_valid_after_utc,
    )


def distrust(address: Address, ca: str | None, server_name: str | None) -> str | None:
    """Why the certificate that a server shows is not trusted; None: it is, or the server cannot be asked.

    Args:
        ca: the authorities, or the one certificate, to trust, in PEM; None: the public authorities.
        server_name: the name that the certificate must be for, where it is not the address's host.
    """
    try:
        with _handshake(address, _context(ca), server_name):
            return None
    except ssl.SSLCertVerificationError as error:
        return error.verify_message or str(error)
    except (OSError, ValueError):
        return None


def name_to_expect(certificate: ServerCertificate, host: str) -> str | None:
    """A name that the certificate is for, to be expected instead of a host that it does not name; None: it names it."""
    if host in certificate.names:
        return None
    return next((name for name in certificate.names if "*" not in name), None)


def _context(ca: str | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=ca)
    context.set_alpn_protocols(["h2"])  # gRPC speaks nothing else
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the server's own certificate may be the one to trust
    return context


def _shown(address: Address, context: ssl.SSLContext, server_name: str | None) -> ServerCertificate:
    with _handshake(address, context, server_name) as connection:
        der = connection.getpeercert(binary_form=True)
    return read_certificate(der or b"")


def _handshake(address: Address, context: ssl.SSLContext, server_name: str | None) -> ssl.SSLSocket:
    connection = socket.create_connection((address.host, address.port), timeout=_PATIENCE)
    try:
        return context.wrap_socket(connection, server_hostname=server_name or address.host)
    except BaseException:
        connection.close()
        raise


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress)))
