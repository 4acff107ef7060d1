"""What an operator speaks of; protobuf stops before these."""

from dataclasses import dataclass
from enum import StrEnum

from appshare.fit.answer import PackageFile


@dataclass(frozen=True)
class CataloguePackage:
    """A package of the catalogue; the fields are those of `catalogue.proto`.

    Attributes:
        max_sdk: 0 for no limit.
        abis: empty for every ABI.
        signer_sha256: empty when no signature was verified.
    """

    package_id: str
    files: tuple[PackageFile, ...]
    package_name: str
    label: str
    version_name: str
    version_code: int
    min_sdk: int
    target_sdk: int
    max_sdk: int
    abis: tuple[str, ...]
    signer_sha256: str


@dataclass(frozen=True)
class AddedPackage:
    """What came of adding a package.

    Attributes:
        already_present: it was there before; nothing was stored.
    """

    package: CataloguePackage
    already_present: bool


@dataclass(frozen=True)
class AdaptationRow:
    """A row of the adaptation table: which package file serves which devices.

    Attributes:
        model: of the device; empty for any.
        max_sdk: 0 for no limit.
        screens: empty for any.
        abis: empty for any.
    """

    package_name: str
    version_code: int
    version_name: str
    model: str
    min_sdk: int
    max_sdk: int
    screens: tuple[str, ...]
    abis: tuple[str, ...]
    package_id: str
    file_names: tuple[str, ...]


@dataclass(frozen=True)
class NumberKeyRotation:
    """The key under which phone numbers are stored, and its replacement.

    Attributes:
        generation: how many keys have been in use, the present one with them.
        running: a rotation is under way.
        books_done: contact books that are stored under the next key, of `books_total`.
    """

    generation: int
    running: bool
    books_done: int
    books_total: int


class StorageFault(StrEnum):
    """What is wrong with a stored file: no longer there, not what was stored, or of no package."""

    MISSING = "MISSING"
    DAMAGED = "DAMAGED"
    ORPHANED = "ORPHANED"


@dataclass(frozen=True)
class StorageFinding:
    """A stored file with which something is wrong.

    Attributes:
        size: in bytes: as stored, or as it should be.
        package_name: of the app that needs it; empty for an orphan, like `package_id`.
    """

    fault: StorageFault
    sha256: str
    size: int
    package_name: str
    package_id: str


@dataclass(frozen=True)
class StorageProgress:
    """How far a check of the storage is, in files and in bytes."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
