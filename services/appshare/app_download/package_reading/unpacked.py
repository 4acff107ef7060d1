"""Where the reading process leaves the parts of a set for the one that started it."""

from pathlib import Path


def unpacked_part(folder: Path, index: int) -> Path:
    """The file of a part, by its place in the report: the names in a set are not to be trusted with paths."""
    return folder / f"{index}.apk"
