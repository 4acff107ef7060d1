"""TLS of servers and channels, with certificates that are renewed while they run."""

from typing import Any

import grpc

from appshare.rpc.certificates import CertificateFiles, Certificates, WatchedCertificates


def server_credentials(files: CertificateFiles) -> grpc.ServerCredentials:
    """Credentials of a server; each handshake uses what the files hold then, as long as it can be used.

    With authorities in the files a client must show a certificate that one of them has signed.

    Raises:
        UnusableCertificateError: the files hold no usable certificate.
    """
    watched = WatchedCertificates(files)

    def renewed() -> Any:  # None: what was given before stays in use
        certificates = watched.renewed()
        return _configuration(certificates) if certificates else None

    return grpc.dynamic_ssl_server_credentials(
        _configuration(watched.current), renewed, require_client_authentication=files.ca is not None
    )


def channel_credentials(certificates: Certificates) -> grpc.ChannelCredentials:
    """Credentials of a client that shows its certificate and trusts servers of its authorities only."""
    return grpc.ssl_channel_credentials(certificates.ca, certificates.key, certificates.chain)


def own_credentials(certificates: Certificates) -> grpc.ChannelCredentials:
    """Credentials of a client that calls the server that shows these very certificates, and trusts no other."""
    return grpc.ssl_channel_credentials(certificates.chain, certificates.key, certificates.chain)


def _configuration(certificates: Certificates) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration([(certificates.key, certificates.chain)], certificates.ca)
