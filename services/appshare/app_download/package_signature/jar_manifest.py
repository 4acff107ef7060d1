"""The text format of MANIFEST.MF and of signature files: sections of attributes.

The format is that of the JAR File Specification; where it leaves a choice, this reads as Android does.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from appshare.app_download.package_signature.faults import invalid

_CONTINUATION = b" "
_NAME = "name"


@dataclass(frozen=True, slots=True)
class Section:
    """Some attributes, and where they stand in the file."""

    entry: str | None
    """The entry that the section is about, if its first attribute names one."""
    attributes: Mapping[str, str]
    """By name in lower case; of equal names the first counts."""
    start: int
    end: int
    """Behind the empty line after the section."""

    def get(self, name: str) -> str | None:
        """The value of an attribute."""
        return self.attributes.get(name.lower())


class JarManifest:
    """META-INF/MANIFEST.MF: the digests of the entries; raises PackageRefused if it is not clear what they are."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.main, *others = [*sections(text)] or [Section(None, {}, 0, 0)]
        self.entries = {section.entry: section for section in others if section.entry is not None}
        if len(self.entries) < len(others):
            raise invalid("MANIFEST.MF has a section twice, or one without a name")

    def digest(self, algorithm: str, start: int = 0, end: int | None = None) -> bytes:
        """The digest of a part, or of the whole; an algorithm as hashlib calls it."""
        return hashlib.new(algorithm, self.text[start:end], usedforsecurity=False).digest()


def sections(text: bytes) -> Iterator[Section]:
    """The sections of a file in order, the main one first."""
    lines: list[bytearray] = []
    start = end = 0
    for line in text.splitlines(keepends=True):
        end += len(line)
        content = line.rstrip(b"\r\n")
        if content and lines and content.startswith(_CONTINUATION):
            lines[-1] += content.removeprefix(_CONTINUATION)
        elif content:
            lines.append(bytearray(content))
        else:
            if lines:
                yield _section(lines, start, end)
            lines, start = [], end
    if lines:
        yield _section(lines, start, end)


def _section(lines: list[bytearray], start: int, end: int) -> Section:
    attributes = [_attribute(line) for line in lines]
    name, value = attributes[0]
    return Section(value if name == _NAME else None, dict(reversed(attributes)), start, end)


def _attribute(line: bytearray) -> tuple[str, str]:
    name, _, value = as_text(line).partition(": ")
    return name.lower(), value


def as_text(name: bytes | bytearray) -> str:
    """Text that is the same exactly where the bytes are, whether they are UTF-8 or not."""
    return name.decode(errors="surrogateescape")
