"""What the operator has decided on each build of an app, for one device."""

from collections.abc import Sequence
from dataclasses import dataclass

from appshare.app_download.fitting.fit_rules import Miss
from appshare.app_download.fitting.operator_rows import OperatorRow, RowEffect
from appshare.app_download.model import DeviceProfile, NoFitKind
from appshare.app_download.package import Package

NOT_CHECKED_BY_ANDROID = frozenset({NoFitKind.MAX_SDK, NoFitKind.SCREEN, NoFitKind.FEATURE, NoFitKind.GL_ES})
"""Rules by which stores leave packages out, and which no device asks for when it installs one."""

_NO_ROW = 1 << 31
"""The rank of builds that no row puts before others."""

_DONE_BY = {RowEffect.PREFER: "prefers", RowEffect.FORCE: "forces"}


@dataclass(frozen=True, slots=True)
class Ruling:
    """The operator's decision on one build.

    Attributes:
        misses: what keeps it from the device.
        lifted: rules of fit that are not asked.
        rank: of the builds that fit, those of the lowest rank are chosen from.
        why: what decided, for the explanation; empty: nothing did.
    """

    misses: tuple[Miss, ...] = ()
    lifted: frozenset[NoFitKind] = frozenset()
    rank: int = _NO_ROW
    why: str = ""


NO_RULING = Ruling()


def rulings(
    profile: DeviceProfile, packages: Sequence[Package], rows: Sequence[OperatorRow], lowest_version: int
) -> list[Ruling]:
    """The ruling on each package, in the order of the packages.

    Of the rows, which are in their order, the first one that is about both the device and the package decides.

    Args:
        profile: the device.
        packages: of one app.
        rows: those of the app.
        lowest_version: the lowest version code that the operator allows; no row changes that.
    """
    about_device = [row for row in rows if row.devices.holds(profile)]
    return [_ruling(package, about_device, lowest_version) for package in packages]


def _ruling(package: Package, rows: Sequence[OperatorRow], lowest_version: int) -> Ruling:
    version = package.manifest.version_code
    too_low: tuple[Miss, ...] = ()
    if version < lowest_version:
        too_low = (Miss(NoFitKind.MIN_VERSION, (str(lowest_version),), (str(version),)),)
    row = next((row for row in rows if row.is_about(package)), None)
    if row is None:
        return Ruling(misses=too_low) if too_low else NO_RULING
    if row.effect is RowEffect.DENY:
        return Ruling(misses=(*too_low, Miss(NoFitKind.DENIED, (), (f"row {row.position}: {row.devices}",))))
    return Ruling(
        misses=too_low,
        lifted=NOT_CHECKED_BY_ANDROID if row.effect is RowEffect.FORCE else frozenset(),
        rank=row.position,
        why=f"row {row.position} of the operator {_DONE_BY[row.effect]} it: {row.devices}",
    )
