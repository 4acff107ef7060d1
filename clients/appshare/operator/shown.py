"""Values as operators see them."""

import re
from collections.abc import Sequence

from appshare.operator.model import CataloguePackage, NumberKeyRotation, SigningKey, StorageFinding

_SCREEN = re.compile(r"(\w+) (\d+) dpi")

_KINDS = {"WHOLE": "whole", "SPLIT_SET": "split set", "HELD_SET": "splits"}
_MOST_NAMES = 2

_ID_LENGTH = 12
"""Characters of a package id: enough to tell packages apart, and for `packages remove`."""


def shown_sdks(min_sdk: int, max_sdk: int) -> str:
    """A range of SDK versions, for example "21-28" or "21+"."""
    return f"{min_sdk}-{max_sdk}" if max_sdk else f"{min_sdk}+"


def shown_kind(package: CataloguePackage) -> str:
    """What a package is made of, for example "split set: base, scanner"."""
    modules = f": {', '.join(package.modules)}" if len(package.modules) > 1 else ""
    model = f" of a {package.device_model}" if package.device_model else ""
    return _KINDS.get(package.kind, package.kind.lower()) + model + modules


def shown_files(names: Sequence[str]) -> str:
    """The files of a package; of many the first one."""
    return ", ".join(names) if len(names) <= _MOST_NAMES else f"{names[0]} and {len(names) - 1} more"


def shown_id(package_id: str) -> str:
    """The beginning of a package id."""
    return package_id[:_ID_LENGTH]


def shown_screens(screens: Sequence[str]) -> str:
    """Screens by size class, for example "small, normal: 120, 160 dpi" for four of them."""
    densities: dict[str, list[str]] = {}
    for screen in screens:
        match = _SCREEN.fullmatch(screen)
        if not match:
            return ", ".join(screens)
        densities.setdefault(match.group(1), []).append(match.group(2))
    sizes: dict[str, list[str]] = {}
    for size, of_size in densities.items():
        sizes.setdefault(", ".join(of_size), []).append(size)
    return "; ".join(f"{', '.join(of_density)}: {density} dpi" for density, of_density in sizes.items()) or "any"


def shown_rotation(rotation: NumberKeyRotation) -> str:
    """How far the rotation of the number key is."""
    if rotation.running:
        books = f"{rotation.books_done:,} of {rotation.books_total:,} contact books"
        return f"Key {rotation.generation} is in use; {books} are stored under the next one."
    return f"Key {rotation.generation} is in use; no rotation is under way."


def shown_use(key: SigningKey) -> str:
    """What a signing key is good for still."""
    if key.over_time is None:
        return "signs"
    return "withdrawn" if key.withdrawn else f"accepted until {key.over_time:%Y-%m-%d %H:%M} UTC"


def shown_finding(finding: StorageFinding) -> str:
    """What is wrong with a stored file."""
    of = f" of {finding.package_name}, package {shown_id(finding.package_id)}" if finding.package_id else ""
    return f"{finding.fault.lower()}: {finding.sha256}, {finding.size:,} bytes{of}"
