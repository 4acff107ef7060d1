"""What an operator speaks of; protobuf stops before these."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from appshare.fit.answer import PackageFile


@dataclass(frozen=True)
class CataloguePackage:
    """A package of the catalogue; the fields are those of `catalogue.proto`.

    Attributes:
        max_sdk: 0 for no limit.
        abis: empty for every ABI.
        signer_sha256: empty when no signature was verified.
        debug_certificate: signed with a key that is no secret.
        kind: a name of `PackageKind` in `catalogue.proto`, for example "SPLIT_SET".
        labels: the label in other languages, by BCP-47 tag.
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
    kind: str
    modules: tuple[str, ...]
    locales: tuple[str, ...]
    required_features: tuple[str, ...]
    device_model: str
    labels: dict[str, str]
    icon_sha256: str
    permissions: tuple[str, ...]
    debuggable: bool = False
    test_only: bool = False
    debug_certificate: bool = False


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
class DeviceCount:
    """How many devices are registered.

    Attributes:
        numbers: that have at least one of them.
    """

    devices: int
    numbers: int


@dataclass(frozen=True)
class ProcessStatus:
    """How a process does, since it started.

    Attributes:
        memory: resident bytes.
        store: bytes of the files that it keeps.
        failed_calls: of the ended calls those that ended by a fault of the server.
        figures: what else it counts, by name.
    """

    version: str
    start_time: datetime
    memory: int
    store: int
    running_calls: int
    ended_calls: int
    failed_calls: int
    figures: dict[str, float]


@dataclass(frozen=True)
class ServiceStatus:
    """How a process of the cloud does.

    Attributes:
        status: None: it does not answer.
    """

    name: str
    status: ProcessStatus | None


@dataclass(frozen=True)
class SigningKey:
    """A key that signs devices' access tokens, or has signed some.

    Attributes:
        over_time: when its last token is over; None while it signs.
        withdrawn: its tokens are refused already.
    """

    key_id: str
    create_time: datetime
    over_time: datetime | None
    withdrawn: bool


@dataclass(frozen=True)
class Operator:
    """Somebody who may call the operator port.

    Attributes:
        is_this_operator: the one that calls.
    """

    name: str
    create_time: datetime
    is_this_operator: bool


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
class KeptPackages:
    """What is kept of the packages that came from upstreams; sizes in bytes, `size_limit` is 0 without a bound."""

    package_count: int
    total_size: int
    size_limit: int


@dataclass(frozen=True)
class Upstreams:
    """The upstreams, in the order in which they are searched, and what is kept of them."""

    upstreams: tuple[UpstreamState, ...]
    kept: KeptPackages


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
