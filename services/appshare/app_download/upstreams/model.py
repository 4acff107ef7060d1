"""The words of upstreams: repositories, what they publish, and what became of fetching it."""

from dataclasses import dataclass, field

from appshare.app_download.model import Artifact


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Which index of an upstream is the current one, as its signer says."""

    timestamp: int
    """Milliseconds since the epoch."""
    index_path: str
    """Below the upstream's address, without a slash in front."""
    index_sha256: str
    index_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A repository that the operator has added."""

    name: str
    address: str
    """Where it is, without a slash at the end."""
    mirrors: tuple[str, ...] = ()
    """Where the same files are."""
    fingerprint: str
    """SHA-256 of the certificate that signs it."""
    plain_http: bool = False
    """Whether it may be asked without TLS beyond this machine."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """In the order in which they are tried."""
        return self.address, *self.mirrors


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The state of an upstream that was verified and is in use."""

    timestamp: int = 0
    """Of the entry, in milliseconds since the epoch; 0: nothing was accepted yet."""
    index_sha256: str = ""
    etag: str = ""
    """By which the upstream says that the entry is the same."""
    apps: int = 0
    versions: int = 0
    skipped: int = 0
    """Versions of the index that no phone can be given: betas, what is no package, what is not described."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the last refreshes of an upstream went; times in seconds since the epoch."""

    checked_at: float = 0.0
    """0: never."""
    failures: int = 0
    """Since the last one that worked."""
    reason: str = ""
    """Of the last failure; empty after one that worked."""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A repository and how it is doing."""

    source: Source
    accepted: Accepted = field(default_factory=Accepted)
    health: Health = field(default_factory=Health)


@dataclass(frozen=True, slots=True)
class ListedApp:
    """An app of an index.

    Attributes:
        words: what a search looks through, in one case: package name, names and summaries in all languages.
        preferred_signer: the signer whose builds the repository recommends; empty: it does not say.
    """

    package_name: str
    label: str
    words: str
    preferred_signer: str
    versions: tuple["ListedVersion", ...]


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """A build of an index: the file, and where it lies below the upstream's address."""

    path: str
    artifact: Artifact
    """Its manifest holds what an index tells, which is less than the file does: nothing of screens and densities."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A build that an upstream offers."""

    source: Source
    path: str
    artifact: Artifact


@dataclass(frozen=True, slots=True)
class FoundApp:
    """An app that a search found.

    Attributes:
        upstream: where it is; empty: in the catalogue.
    """

    package_name: str
    label: str
    version_name: str
    version_code: int
    upstream: str


@dataclass(frozen=True, slots=True)
class FoundName:
    """The name of an app that a search found.

    Attributes:
        listed: whether an upstream lists it; else only the catalogue has it.
    """

    package_name: str
    listed: bool
