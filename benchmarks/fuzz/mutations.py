"""Real packages, damaged at random; the same number gives the same file."""

import io
import warnings
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

_TAIL = 1 << 14
"""Bytes at the end of a package, where the directory and the signatures are."""

_INTERESTING = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
"""Numbers at which readers stumble."""

_DESCRIBING = ("AndroidManifest.xml", "resources.arsc", "toc.pb", "META-INF/MANIFEST.MF")
"""Entries that the reader looks into."""


@dataclass(frozen=True, slots=True)
class Case:
    """One damaged package."""

    number: int
    original: Path
    what: str
    content: bytes


def make_case(number: int, originals: Sequence[Path]) -> Case:
    """The case of a number: a package, and what is done to it."""
    random = Random(number)  # noqa: S311  # damage needs no secrecy
    original = random.choice(originals)
    content = original.read_bytes()
    names = []
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        mutate = random.choice(_MUTATIONS)
        names.append(mutate.__name__.strip("_"))
        content = mutate(random, content)
    return Case(number, original, "+".join(names), content)


def _flip_anywhere(random: Random, content: bytes) -> bytes:
    return _flipped(random, content, 0, len(content))


def _flip_in_the_tail(random: Random, content: bytes) -> bytes:
    return _flipped(random, content, max(0, len(content) - _TAIL), len(content))


def _write_a_number(random: Random, content: bytes) -> bytes:
    """One at which readers stumble, in the last part, little-endian as ZIP and Android have it."""
    size = random.choice((2, 4, 8))
    value = (random.choice(_INTERESTING) & ((1 << 8 * size) - 1)).to_bytes(size, "little")
    position = random.randint(max(0, len(content) - _TAIL), max(0, len(content) - size))
    return content[:position] + value + content[position + size :]


def _cut_off(random: Random, content: bytes) -> bytes:
    return content[: random.randint(0, len(content))]


def _leave_out(random: Random, content: bytes) -> bytes:
    begin, end = _section(random, content)
    return content[:begin] + content[end:]


def _repeat(random: Random, content: bytes) -> bytes:
    begin, end = _section(random, content)
    return content[:end] + content[begin:end] + content[end:]


def _overwrite_with_another_section(random: Random, content: bytes) -> bytes:
    begin, end = _section(random, content)
    position = random.randint(0, len(content))
    return content[:position] + content[begin:end] + content[position + end - begin :]


def _damage_an_entry(random: Random, content: bytes) -> bytes:
    """The archive stays sound, so that the damage reaches those who read the entry."""

    def damage(name: str, data: bytes) -> bytes:
        return random.choice(_INSIDE)(random, data) if name in _DESCRIBING else data

    return _packed_again(content, damage)


def _claim_sizes(random: Random, content: bytes) -> bytes:
    """Another size in an entry of the central directory than the entry has."""
    positions = _all(content, b"PK\x01\x02")
    if not positions:
        return content
    position = random.choice(positions) + random.choice((20, 24, 28, 30, 32, 42))
    return content[:position] + random.choice(_INTERESTING).to_bytes(4, "little") + content[position + 4 :]


_INSIDE: tuple[Callable[[Random, bytes], bytes], ...] = (
    _flip_anywhere,
    _write_a_number,
    _cut_off,
    _leave_out,
    _repeat,
    _overwrite_with_another_section,
)
_MUTATIONS = (*_INSIDE, _flip_in_the_tail, _damage_an_entry, _damage_an_entry, _damage_an_entry, _claim_sizes)


def _flipped(random: Random, content: bytes, begin: int, end: int) -> bytes:
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8, 64)) if begin < end else 0):
        changed[random.randrange(begin, end)] ^= 1 << random.randrange(8)
    return bytes(changed)


def _section(random: Random, content: bytes) -> tuple[int, int]:
    begin = random.randint(0, len(content))
    return begin, min(len(content), begin + random.choice((1, 4, 64, 4096)))


def _all(content: bytes, wanted: bytes) -> list[int]:
    found: list[int] = []
    position = content.find(wanted)
    while position >= 0 and len(found) < 1000:
        found.append(position)
        position = content.find(wanted, position + 1)
    return found


def _packed_again(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The entries in an archive of their own; what is no archive, or a very damaged one, stays as it is."""
    packed = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of doubled names
            with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(packed, "w") as target:
                for entry in source.infolist():
                    target.writestr(entry.filename, change(entry.filename, source.read(entry)))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError, zlib.error):
        return content
    return packed.getvalue()
