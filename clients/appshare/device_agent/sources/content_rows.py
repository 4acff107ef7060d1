"""What Android's `content query` prints: a row per line, its columns with their names."""

import re
from collections.abc import Iterator, Sequence

from appshare.device_agent.sources.source import CommandFailedError

_NOTHING = "No result found."
_NULL = "NULL"
_ROW = re.compile(r"^Row: \d+ ", re.MULTILINE)


def read_rows(text: str, columns: Sequence[str], free: str) -> Iterator[tuple[str, ...]]:
    """The rows with these columns, in the order in which they were asked for; NULL is an empty text.

    Args:
        free: the column with what people write. Values stand there as they are, so this one may hold a line break, a
            comma, or what looks like a column; the others are found from the ends of the row.

    Raises:
        CommandFailedError: these are no rows; the phone has said why.
    """
    text = text.strip().replace("\r\n", "\n")
    if not text.startswith("Row: "):
        if not text or text.startswith(_NOTHING):
            return
        raise CommandFailedError(f"the phone does not tell: {' '.join(text.split())[:200]}")
    form = re.compile(", ".join(f"{column}=({'.*' if column == free else '.*?'})" for column in columns), re.DOTALL)
    for row in _ROW.split(text)[1:]:
        match = form.fullmatch(row.removesuffix("\n"))
        if match:
            yield tuple("" if value == _NULL else value.strip() for value in match.groups())
