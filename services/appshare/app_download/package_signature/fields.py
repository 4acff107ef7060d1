"""The fields of an APK Signing Block: little-endian, most of them with their length in front."""

import struct
from collections.abc import Iterator

from appshare.app_download.package_signature.faults import invalid

_NUMBER = struct.Struct("<I")


class Fields:
    """Reads one field after the other; raises PackageRefused where the bytes end too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self) -> int:
        """The next 32 bits, unsigned."""
        number: int = _NUMBER.unpack(self._take(_NUMBER.size))[0]
        return number

    def prefixed(self) -> bytes:
        """The next bytes, with their length in front."""
        return self._take(self.number())

    def sequence(self) -> Iterator["Fields"]:
        """The elements of the next sequence: the whole has its length in front, and so has each element."""
        elements = Fields(self.prefixed())
        while not elements.at_end():
            yield Fields(elements.prefixed())

    def rest(self) -> bytes:
        """All bytes that are left."""
        return self._take(len(self._data) - self._at)

    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self._at == len(self._data)

    def _take(self, size: int) -> bytes:
        start, self._at = self._at, self._at + size
        if self._at > len(self._data):
            raise invalid("a length in the signing block goes beyond what it is the length of")
        return self._data[start : self._at]
