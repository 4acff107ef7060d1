"""Files that a reader of packages must survive: each of them is refused."""

import io
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.support.binary_xml import nested

from appshare.errors import Reason

_MIB = 1 << 20
_SAMPLE = Path(__file__).parents[1] / "packages" / "chat-1.0.apk"
_MANIFEST = "AndroidManifest.xml"
_ENTRIES = 1_000_000


def archive(*entries: tuple[str, bytes]) -> bytes:
    """A ZIP archive, packed."""
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of doubled names
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
            for name, content in entries:
                target.writestr(name, content)
    return file.getvalue()


def claiming(package: bytes, size: int) -> bytes:
    """The package; every entry claims to unpack to so many bytes, in both headers."""
    changed = bytearray(package)
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        position = package.find(signature)
        while position >= 0:
            changed[position + offset : position + offset + 4] = size.to_bytes(4, "little")
            position = package.find(signature, position + 1)
    return bytes(changed)


def a_million_entries() -> bytes:
    """54 MB of directory; the end record, which has 16 bits for the number, cannot say how many."""
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 33, 0, 0, 0, len(_MANIFEST), 0) + _MANIFEST.encode()
    entry = b"PK\x01\x02" + struct.pack("<6H3I5H2I", 20, 20, 0, 0, 0, 33, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0)
    directory = b"".join(entry + b"%08x" % number for number in range(_ENTRIES))
    claimed = _ENTRIES & 0xFFFF
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, claimed, claimed, len(directory), len(local), 0)
    return local + directory + end


def a_deep_resource_table() -> bytes:
    """Tables within tables."""
    depth, header = 100_000, 12
    return b"".join(struct.pack("<HHII", 2, header, (depth - index) * header, 1) for index in range(depth))


HOSTILE: Mapping[str, tuple[Callable[[], bytes], Reason]] = {
    "a bomb": (lambda: archive((_MANIFEST, bytes(64 * _MIB))), Reason.PACKAGE_TOO_LARGE),
    "a bomb of resources": (
        lambda: archive((_MANIFEST, nested(1)), ("resources.arsc", bytes(65 * _MIB))),
        Reason.PACKAGE_TOO_LARGE,
    ),
    "a bomb that says it is none": (
        lambda: claiming(archive((_MANIFEST, bytes(64 * _MIB))), 1000),
        Reason.PACKAGE_MALFORMED,
    ),
    "four gigabytes claimed": (lambda: claiming(archive((_MANIFEST, b"m")), 0xFFFFFFF0), Reason.PACKAGE_TOO_LARGE),
    "many times two gigabytes claimed": (
        lambda: claiming(archive(*((name, b"x") for name in (_MANIFEST, "a", "b", "c", "d"))), 0x7FFFFFFF),
        Reason.PACKAGE_TOO_LARGE,
    ),
    "a million entries": (a_million_entries, Reason.PACKAGE_TOO_LARGE),
    "two manifests": (lambda: archive((_MANIFEST, nested(1)), (_MANIFEST, nested(2))), Reason.PACKAGE_AMBIGUOUS),
    "a path out of the package": (
        lambda: archive((_MANIFEST, nested(1)), ("../../etc/cron.d/x", b"x")),
        Reason.PACKAGE_MALFORMED,
    ),
    "janus": (lambda: b"dex\n035\0" + _SAMPLE.read_bytes(), Reason.PACKAGE_AMBIGUOUS),
    "a deep manifest": (lambda: archive((_MANIFEST, nested(50_000))), Reason.PACKAGE_MALFORMED),
    "a deep resource table": (
        lambda: archive((_MANIFEST, nested(1)), ("resources.arsc", a_deep_resource_table())),
        Reason.PACKAGE_UNSIGNED,
    ),
}
"""Files by what they are, each with the reason for which it is refused."""
