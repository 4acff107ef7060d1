"""What a snapshot says of itself: its files and the packages that belong to it, each with size and digest."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from appshare.command_line.input_error import InputError

MANIFEST = "manifest.json"
_LAYOUT = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it was copied; `size` in bytes, `sha256` in lower-case hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a cloud kept at one time.

    Attributes:
        name: of its folder in the backup, for example "20261123T092000.250Z".
        files: by their paths in the data folder.
        packages: the package files, by digest.
    """

    name: str
    taken: datetime
    files: Mapping[str, Kept]
    packages: Mapping[str, Kept]

    @property
    def size(self) -> int:
        """Bytes of all that it holds."""
        return sum(kept.size for kept in (*self.files.values(), *self.packages.values()))


def write_manifest(snapshot: Snapshot) -> str:
    """The snapshot as the text of its manifest."""
    content = {
        "layout": _LAYOUT,
        "taken": snapshot.taken.isoformat(),
        "files": {path: [kept.size, kept.sha256] for path, kept in snapshot.files.items()},
        "packages": {digest: kept.size for digest, kept in snapshot.packages.items()},
    }
    return json.dumps(content, indent=1)


def read_snapshot(folder: Path) -> Snapshot:
    """The snapshot in a folder.

    Raises:
        InputError: its manifest cannot be understood.
    """
    try:
        content: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if content["layout"] != _LAYOUT:
            raise InputError(f"{folder} was made by a newer version of this command; restore it with that one")
        return Snapshot(
            folder.name,
            datetime.fromisoformat(content["taken"]),
            {_inside(path): Kept(int(size), str(digest)) for path, (size, digest) in content["files"].items()},
            {_inside(digest): Kept(int(size), digest) for digest, size in content["packages"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{folder / MANIFEST} is damaged; take another snapshot of the backup") from None


def _inside(path: str) -> str:
    """A path that stays in its folder: a backup may have been in other hands."""
    if Path(path).is_absolute() or ".." in Path(path).parts:
        raise ValueError(path)
    return path
