"""The ZIP around a split set: what of it devices may need, and its table of contents.

It goes to no device, only its packages do: it may be in the ZIP64 format, which Android does not install.

`.apks` as bundletool writes them have a table of contents; `.xapk` and `.apkm` hold the splits of one phone. What else
is in them (`manifest.json`, `info.json`, icons) is not looked at: the manifests of the parts say it, and are signed.
"""

from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from appshare.app_download.package_reading.archive import DAMAGE, MANIFEST, open_sound, read_entry
from appshare.app_download.package_reading.limits import ReadingLimits
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason, shown
from appshare.app_download.package_reading.toc_reading import read_binary, read_json
from appshare.app_download.package_set import plain_name
from appshare.app_download.table_of_contents import TableOfContents

_TABLES_OF_CONTENTS = {"toc.pb": read_binary, "toc.json": read_json}
_PACKAGE = ".apk"
_SETS = (".apks", ".xapk", ".apkm")
_FINDER = "__MACOSX/"
"""Where macOS puts what it knows of files beside them, under the same names."""
_CHUNK = 1 << 20
_EXPANSIONS = "Android/obb/"
"""Where an `.xapk` has files that lie beside the app; no installation of packages brings them to a device."""
_LONGEST_NAME = 255
"""Bytes of a file name, on all devices."""


def is_set(package: BinaryIO, limits: ReadingLimits) -> bool:
    """Whether the archive holds packages and is none itself; raises PackageRefused if it is not sound."""
    with open_sound(package, limits) as archive:
        names = archive.namelist()
    endings = (_PACKAGE, *_SETS)
    return MANIFEST not in names and any(name in _TABLES_OF_CONTENTS or name.endswith(endings) for name in names)


class SetArchive:
    """The packages of a set by their paths; raises PackageRefused where the archive is not sound.

    Attributes:
        table_of_contents: None if the set has none.
        paths: Where the packages stand that some device may need, in alphabetical order.
    """

    def __init__(self, package: BinaryIO, limits: ReadingLimits) -> None:
        self._archive = open_sound(package, limits)
        self._names = self._archive.namelist()
        self.table_of_contents = self._read_table_of_contents(limits)
        self.paths = tuple(sorted(self._needed()))
        self._check(limits)

    def size(self, path: str) -> int:
        """The bytes of a package."""
        return self._archive.getinfo(path).file_size

    def chunks(self, path: str) -> Iterator[bytes]:
        """The content of a package, stored or deflated in the set; unpacked only as far as the reader has come."""
        try:
            with self._archive.open(path) as content:
                while chunk := content.read(_CHUNK):
                    yield chunk
        except DAMAGE:
            message = f"{shown(path)} cannot be unpacked"
            raise PackageRefused(RefusalReason.MALFORMED_ARCHIVE, message) from None

    def _read_table_of_contents(self, limits: ReadingLimits) -> TableOfContents | None:
        tables = [name for name in self._names if name in _TABLES_OF_CONTENTS]
        if len(tables) > 1:
            raise _malformed("it has two tables of contents")
        if not tables:
            return None
        return _TABLES_OF_CONTENTS[tables[0]](read_entry(self._archive, tables[0], limits.toc_bytes))

    def _needed(self) -> set[str]:
        if self.table_of_contents is not None:
            return set(self.table_of_contents.installable_paths())
        if any(name.startswith(_EXPANSIONS) for name in self._names):
            raise _malformed("it has expansion files, which cannot be shared")
        if inner := next((name for name in self._names if name.endswith(_SETS)), None):
            raise _malformed(f"{shown(inner)} in it is a set itself; unpack the archive and add that")
        return {name for name in self._names if name.endswith(_PACKAGE) and not name.startswith(_FINDER)}

    def _check(self, limits: ReadingLimits) -> None:
        if not self.paths:
            raise _malformed("it holds no package")
        if len(self.paths) > limits.set_parts:
            raise PackageRefused(RefusalReason.TOO_LARGE, f"more than {limits.set_parts} packages")
        if missing := set(self.paths) - set(self._names):
            raise _malformed(f"{shown(min(missing))} is in the table of contents only")
        for path in self.paths:
            if self.size(path) > limits.part_bytes:
                raise PackageRefused(RefusalReason.TOO_LARGE, f"{shown(path)} has more than {limits.part_bytes} bytes")
        if sum(map(self.size, self.paths)) > limits.set_bytes:
            raise PackageRefused(RefusalReason.TOO_LARGE, f"unpacks to more than {limits.set_bytes} bytes")
        self._check_names()

    def _check_names(self) -> None:
        """Devices put the files into one folder, in which capitals may not count."""
        count = Counter(plain_name(path).casefold() for path in self.paths)
        for path in self.paths:
            name = plain_name(path)
            if count[name.casefold()] > 1:
                raise _malformed(f"two of its packages are called {shown(name)}")
            if not _is_file_name(name):
                raise _malformed(f"{shown(path)} is no name for a package")


def _is_file_name(name: str) -> bool:
    return 0 < len(name.encode(errors="replace")) <= _LONGEST_NAME and name.isprintable() and "\\" not in name


def _malformed(problem: str) -> PackageRefused:
    return PackageRefused(RefusalReason.MALFORMED_SET, f"the split set cannot be read: {problem}")
