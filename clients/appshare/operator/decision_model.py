"""What an operator decides about packages; protobuf stops before these."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class SignerPin:
    """Whose packages of an app are accepted.

    Attributes:
        signer_sha256: of several signers with commas between.
        former_sha256: certificates that the signer had before; their packages are accepted as well.
        by_operator: the operator chose the signer; otherwise the first package did, or its successor.
    """

    package_name: str
    signer_sha256: str
    former_sha256: tuple[str, ...]
    by_operator: bool


@dataclass(frozen=True)
class VersionFloor:
    """The lowest version code of an app that is allowed."""

    package_name: str
    version_code: int


class RowEffect(StrEnum):
    """What a row does with builds on devices; see `adaptation.proto`."""

    DENY = "deny"
    PREFER = "prefer"
    FORCE = "force"


@dataclass(frozen=True)
class NumberRange:
    """Numbers from one to another, both included; `highest` 0: no limit. From 0 on without a limit: no condition."""

    lowest: int = 0
    highest: int = 0


@dataclass(frozen=True)
class DeviceCondition:
    """Which devices a row is about; empty or 0 for any.

    Attributes:
        manufacturer: a name, or a pattern with "*" and "?".
        model: the same.
        sdk: API levels.
        density: dots per inch.
        short_side: pixels of the shorter side of the screen.
        long_side: pixels of the longer one.
        abis: the device runs one of them.
    """

    manufacturer: str = ""
    model: str = ""
    sdk: NumberRange = NumberRange()
    density: NumberRange = NumberRange()
    short_side: NumberRange = NumberRange()
    long_side: NumberRange = NumberRange()
    abis: tuple[str, ...] = ()


@dataclass(frozen=True)
class OperatorRow:
    """An operator's row of the adaptation table.

    Attributes:
        row_id: empty until the server has given one.
        position: among the rows of the app, from 1 on; 0 in a new row: behind the others.
        version_code: of the builds that it is about; None: of any version.
        package_id: of the one build that it is about; empty: not that one alone.
        idle: why it decides nothing; empty: it does.
    """

    row_id: str
    package_name: str
    position: int
    effect: RowEffect
    version_code: int | None
    package_id: str
    devices: DeviceCondition
    idle: str = ""
