"""What an operator speaks of; protobuf stops before these."""

from dataclasses import dataclass
from datetime import datetime

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


@dataclass(frozen=True)
class Upstream:
    """A signed repository that is searched for what the catalogue does not have.

    Attributes:
        mirrors: where the same files are.
        fingerprint: SHA-256 of the certificate that signs it, in lower-case hexadecimal.
        plain_http: it may be asked without TLS beyond the server's machine.
    """

    name: str
    address: str
    mirrors: tuple[str, ...]
    fingerprint: str
    plain_http: bool


@dataclass(frozen=True)
class UpstreamState:
    """An upstream and how it is doing.

    Attributes:
        index_time: when its signer made the index in use; None: there is none yet.
        skipped_version_count: builds that no phone is given: betas, unsafe ones, what is no package.
        check_time: when it was looked at last; None: never.
        failure_count: since the last refresh that worked.
        failure: the reason of the last one; empty when it worked.
    """

    upstream: Upstream
    index_time: datetime | None
    app_count: int
    version_count: int
    skipped_version_count: int
    check_time: datetime | None
    failure_count: int
    failure: str
    failure_message: str


@dataclass(frozen=True)
class UpstreamProgress:
    """How far a refresh is; `bytes_total` is 0 as long as nobody knows."""

    bytes_total: int
    bytes_done: int
    apps_read: int


@dataclass(frozen=True)
class FoundApp:
    """An app that a search found, in its newest version there.

    Attributes:
        upstream: where it is; empty: in the catalogue.
    """

    package_name: str
    label: str
    version_name: str
    version_code: int
    upstream: str


@dataclass(frozen=True)
class FoundApps:
    """What a search found; `truncated` when there is more."""

    apps: tuple[FoundApp, ...]
    truncated: bool
