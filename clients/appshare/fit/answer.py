"""The answer to "which build fits this device?"."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class PackageFile:
    """A file to install.

    Attributes:
        name: as the server gives it; check it before a file gets that name.
        size: bytes.
        sha256: lower-case hexadecimal.
        split_name: empty for a whole package or a base.
    """

    name: str
    size: int
    sha256: str
    split_name: str = ""


@dataclass(frozen=True)
class Fit:
    """The build that fits; all its files are installed together.

    Attributes:
        explanation: why this build, one sentence per rule that decided.
        upstream: where the files come from when they are downloaded; empty: the catalogue has them.
    """

    package_name: str
    version_name: str
    version_code: int
    signer_sha256: str
    files: tuple[PackageFile, ...]
    explanation: tuple[str, ...] = ()
    upstream: str = ""


@dataclass(frozen=True)
class NoFitReason:
    """One reason why nothing fits.

    Attributes:
        kind: a name of `NoFitKind` in `fit.proto`, for example "MIN_SDK".
        message: a sentence for a person.
    """

    kind: str
    message: str
    device_has: tuple[str, ...] = ()
    packages_want: tuple[str, ...] = ()


@dataclass(frozen=True)
class NoFit:
    """There is no build for the device."""

    reasons: tuple[NoFitReason, ...]


@dataclass(frozen=True)
class AppStoreLink:
    """Where an iPhone gets the app."""

    url: str


FitAnswer: TypeAlias = Fit | NoFit | AppStoreLink
