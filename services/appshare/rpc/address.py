"""Where a server listens."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Self

_FORM = re.compile(r"(?:\[(?P<ipv6>[^\[\]]+)\]|(?P<host>[^\[\]:/\s]+)):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True)
class Address:
    """A host and a TCP port; port 0 lets the system choose one.

    Attributes:
        host: a name or an IP address, an IPv6 address without brackets.
    """

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads "host:port" or "[ipv6]:port".

        Raises:
            ValueError: another form, or a port out of range.
        """
        match = _FORM.fullmatch(text)
        if match is None or int(match["port"]) > 65535:  # noqa: PLR2004  # TCP
            raise ValueError(f"not host:port: {text}")
        return cls(match["ipv6"] or match["host"], int(match["port"]))

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
