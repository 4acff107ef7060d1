"""Address books as phones and mail programs export them: vCard 2.1, 3.0 and 4.0, read as tolerantly as possible.

Only lines that carry a name or a number are looked at: a photo that is cut in half harms nobody. A broken card costs
only itself. The work is linear in the size of the file, whatever is in it: cards come from strangers.
"""

import binascii
import codecs
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

_PROPERTY = re.compile(rb"(?:[A-Za-z0-9-]+\.)?(BEGIN|END|FN|N|NICKNAME|ORG|TEL|UID)[;: \t]", re.IGNORECASE)
"""What is looked at; a group may stand before the name ("item1.TEL")."""

_HEADER = re.compile(rb'(?:[^":]|"[^"]*")*:')
_FIELD = re.compile(r"(?:^|;)((?:\\.|[^;\\])*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)

_LARGER_CHARSETS = {"shift_jis": "cp932", "gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "cp1252"}
"""What programs write under the name of a smaller charset (WHATWG Encoding Standard)."""


@dataclass(frozen=True)
class Card:
    """What was understood of a card.

    Attributes:
        line: on which it begins.
        name: as people write it; empty when it has none.
        uid: empty when it has none.
        skipped: what of it could not be used, and why.
    """

    line: int
    name: str
    numbers: tuple[str, ...]
    uid: str = ""
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True)
class SkippedCard:
    """A card that could not be read."""

    line: int
    reason: str


@dataclass(frozen=True)
class CardFile:
    """What was understood of a file, in its order."""

    cards: tuple[Card, ...]
    skipped: tuple[SkippedCard, ...]


def read_cards(data: bytes, *, charset: str = "cp1252") -> CardFile:
    """Reads a file of cards.

    Args:
        charset: of texts that are not UTF-8 and do not say what they are.
    """
    whole, cut = _blocks(_logical_lines(_as_ascii_superset(data)))
    return CardFile(
        tuple(_read_card(block, charset) for block in whole),
        tuple(SkippedCard(block.line, "the card ends before its END:VCARD") for block in cut),
    )


@dataclass(frozen=True)
class _Line:
    """A line without its folds.

    Attributes:
        name: of its property, in capitals.
    """

    number: int
    name: bytes
    content: bytes


@dataclass
class _Block:
    """The lines from a BEGIN:VCARD to its END:VCARD, without those of cards within it."""

    line: int
    lines: list[_Line] = field(default_factory=list)
    inner: list["_Block"] = field(default_factory=list)
    ended: bool = False


def _as_ascii_superset(data: bytes) -> bytes:
    """The data in an encoding that keeps ASCII, and so the structure of cards, as it is."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace").encode()
    return data.removeprefix(codecs.BOM_UTF8)


def _logical_lines(data: bytes) -> Iterator[_Line]:
    """The lines that are looked at."""
    for number, content in _unfolded(data):
        match = _PROPERTY.match(content)
        if match:
            yield _Line(number, match.group(1).upper(), content)


def _unfolded(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Lines with what was folded away from them: vCard's folds, and the soft line breaks of quoted-printable."""
    start, pieces, soft_break = 0, [b""], False
    for number, line in enumerate(data.splitlines(), start=1):
        if soft_break:
            pieces.append(line)
        elif line.startswith((b" ", b"\t")):
            pieces.append(line[1:])
        else:
            yield start, b"".join(pieces)
            start, pieces = number, [line]
        soft_break = line.endswith(b"=") and b"quoted-printable" in pieces[0].lower()
        if soft_break:
            pieces[-1] = pieces[-1].removesuffix(b"=")
    yield start, b"".join(pieces)


def _blocks(lines: Iterator[_Line]) -> tuple[list[_Block], list[_Block]]:
    """The cards that have an end, and those that have none.

    A card without an end would hold all that follow it, so these are not taken as cards within it.
    """
    file = _Block(0)
    unended = [file]
    for line in lines:
        if line.name == b"BEGIN":
            block = _Block(line.number)
            unended[-1].inner.append(block)
            unended.append(block)
        elif line.name != b"END":
            unended[-1].lines.append(line)
        elif len(unended) > 1:
            unended.pop().ended = True
    whole = [block for parent in unended for block in parent.inner if block.ended]
    return whole, unended[1:]


def _read_card(block: _Block, charset: str) -> Card:
    texts: dict[bytes, list[str]] = {}
    skipped = [f"line {inner.line}: a card within the card" for inner in block.inner]
    for line in block.lines:
        text = _read_value(line.content, charset)
        if text is None:
            skipped.append(f"line {line.number}: no colon behind {line.name.decode()}")
        elif line.name == b"TEL" and not any(map(str.isdecimal, text)):
            skipped.append(f"line {line.number}: no digit in the number: {text}")
        else:
            texts.setdefault(line.name, []).append(text)
    return Card(
        line=block.line,
        name=_name(texts),
        numbers=tuple(dict.fromkeys(map(_number, texts.get(b"TEL", [])))),
        uid=texts.get(b"UID", [""])[0].strip(),
        skipped=tuple(skipped),
    )


def _read_value(content: bytes, charset: str) -> str | None:
    """The decoded value of a line, its backslashes as they are; None when it has no value."""
    header_match = _HEADER.match(content)
    header, colon, value = content.partition(b":")
    if header_match:
        header, value = content[: header_match.end() - 1], content[header_match.end() :]
    if not colon:
        return None
    parameters = header.upper().split(b";")[1:]
    if b"QUOTED-PRINTABLE" in parameters or b"ENCODING=QUOTED-PRINTABLE" in parameters:
        value = binascii.a2b_qp(value)
    declared = next((each.partition(b"=")[2] for each in parameters if each.startswith(b"CHARSET=")), b"")
    return _decode(value, declared.strip(b'"').decode("ascii", "replace"), charset)


def _decode(value: bytes, declared: str, fallback: str) -> str:
    for charset in (declared, "utf-8"):
        try:
            name = codecs.lookup(charset).name
            return value.decode(_LARGER_CHARSETS.get(name, name))
        except (LookupError, ValueError):
            continue  # no such charset, or not what the value is in
    return value.decode(fallback, "replace")


def _name(texts: dict[bytes, list[str]]) -> str:
    """The first of FN, N, NICKNAME and ORG that says something."""
    candidates = [
        *map(_plain, texts.get(b"FN", [])),
        *(_name_of_parts([_plain(part) for part in _FIELD.findall(text)]) for text in texts.get(b"N", [])),
        *map(_plain, texts.get(b"NICKNAME", [])),
        *(_plain(text.replace(";", " ")) for text in texts.get(b"ORG", [])),
    ]
    return next(filter(None, candidates), "")


def _name_of_parts(parts: Sequence[str]) -> str:
    """A name from its family, given and additional parts, in the order in which people write it."""
    family, given, additional = (*parts, "", "", "")[:3]
    if any(unicodedata.east_asian_width(character) == "W" for character in family):
        return f"{family}{given}{additional}"
    return " ".join(filter(None, (given, additional, family)))


def _number(text: str) -> str:
    """A number as it is dialled: vCard 4.0 writes it as a tel URI, with parameters behind it."""
    number = _plain(text)
    if number.lower().startswith("tel:"):
        return unquote(number[len("tel:") :].partition(";")[0])
    return number


def _plain(text: str) -> str:
    """A text without escapes, and with single spaces."""
    unescaped = _ESCAPE.sub(lambda match: " " if match.group(1) in "nN" else match.group(1), text)
    return " ".join(unescaped.split())
