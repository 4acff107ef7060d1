"""Invitations: links that say where a cloud is and, where no public authority vouches for it, how to know it.

`appshare://HOST:PORT` or `appshare://HOST:PORT?sha256=DIGEST`, the digest that of the server's certificate.
"""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl, quote, urlsplit

from appshare.command_line.input_error import InputError
from appshare.command_line.server_address import ServerAddress
from appshare.rpc.address import Address

SCHEME = "appshare://"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Invitation:
    """Where a cloud is.

    Attributes:
        fingerprint: the SHA-256 of its certificate, lower-case hexadecimal; None: the certificate proves itself.
    """

    address: Address
    fingerprint: str | None = None

    @classmethod
    def parse(cls, link: str) -> Self:
        """Reads a link; parameters that it does not know mean nothing.

        Raises:
            InputError: it is no invitation, or a part of it was lost.
        """
        if not link.startswith(SCHEME):
            raise InputError(f"this is no invitation: it does not begin with {SCHEME}")
        try:
            parts = urlsplit(link)
            address = Address.parse(parts.netloc)
        except ValueError as error:
            raise InputError(f"this is no invitation: {error}") from None
        fingerprint = dict(parse_qsl(parts.query, keep_blank_values=True)).get("sha256")
        if fingerprint is not None and not _SHA256.fullmatch(fingerprint := fingerprint.replace(":", "").lower()):
            raise InputError("a part of the invitation's fingerprint is missing; copy the whole link")
        return cls(address, fingerprint)

    @property
    def server(self) -> str:
        """The address as `--server` takes it: with a fingerprint it is TLS everywhere."""
        return str(ServerAddress(self.address, tls=bool(self.fingerprint) or not self.address.is_loopback))

    def __str__(self) -> str:
        where = quote(str(self.address), safe=":[]")
        return f"{SCHEME}{where}" + (f"?sha256={self.fingerprint}" if self.fingerprint else "")
