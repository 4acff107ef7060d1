"""Where a cloud is. Numbers and tokens go in plain text to this machine only; to any other it is TLS."""

from dataclasses import dataclass
from typing import Self

from appshare.rpc.address import Address

_TLS_SCHEME = "https://"
_TLS_PORT = 443


@dataclass(frozen=True)
class ServerAddress:
    """A server as people write it: `host:port`, or `https://host[:port]` for TLS on this machine too.

    The certificate must be signed by an authority that gRPC trusts; `--ca` names others.
    """

    address: Address
    tls: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads an address.

        Raises:
            ValueError: another form.
        """
        if text.startswith(_TLS_SCHEME):
            where = text.removeprefix(_TLS_SCHEME).rstrip("/")
            has_port = where.rpartition("]")[2].count(":") == 1
            return cls(Address.parse(where if has_port else f"{where}:{_TLS_PORT}"), tls=True)
        address = Address.parse(text)
        return cls(address, tls=not address.is_loopback)

    def __str__(self) -> str:
        return f"{_TLS_SCHEME}{self.address}" if self.tls else str(self.address)
