"""Where a server listens."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Self

_FORM = re.compile(r"(?:\[(?P<ipv6>[^\[\]]+)\]|(?P<host>[^\[\]:/\s]+)):(?P<port>[0-9]{1,5})")
_RESOLVED = re.compile(r"dns://(?P<resolver>[^/]+)/(?P<name>[^/,]+)")


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
    def is_ip(self) -> bool:
        """Whether the host is an IP address, and no name."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return True

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return ipaddress.ip_address(self.host).is_loopback if self.is_ip else self.host == "localhost"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Addresses:
    """Where the copies of a service are: behind one name that resolves to all of them, or each at an IP address.

    Attributes:
        all: one, or several IP addresses of one family, each with its port.
        resolver: the DNS server that knows the name; None: those of the machine.
    """

    all: tuple[Address, ...]
    resolver: Address | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads "host:port", several "ip:port" with commas between them, or "dns://ip:port/name:port".

        Raises:
            ValueError: another form, a name among several, or a DNS server that is itself a name.
        """
        if match := _RESOLVED.fullmatch(text):
            resolver = Address.parse(match["resolver"])
            if not resolver.is_ip:
                raise ValueError(f"the DNS server is given by its IP address: {text}")
            return cls((Address.parse(match["name"]),), resolver)
        found = cls(tuple(Address.parse(each.strip()) for each in text.split(",")))
        if len(found.all) > 1 and found._family is None:
            raise ValueError(f"several addresses are IP addresses of one family, or one name for all of them: {text}")
        return found

    @property
    def target(self) -> str:
        """Where gRPC finds them; it looks a name up again when copies come and go."""
        if self.resolver:
            return str(self)
        listed = ",".join(map(str, self.all))
        return f"{self._family}:{listed}" if self._family else f"dns:///{listed}"

    @property
    def _family(self) -> str | None:
        """ipv4 or ipv6; None: a name is among them, or both families are."""
        try:
            versions = {ipaddress.ip_address(each.host).version for each in self.all}
        except ValueError:
            return None
        return f"ipv{versions.pop()}" if len(versions) == 1 else None

    def __str__(self) -> str:
        listed = ",".join(map(str, self.all))
        return f"dns://{self.resolver}/{listed}" if self.resolver else listed
