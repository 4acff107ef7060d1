"""The operator's rows of the adaptation table as operators see them."""

from collections.abc import Iterable

from appshare.command_line.output import Output
from appshare.operator.decision_model import DeviceCondition, OperatorRow
from appshare.operator.ranges import shown_range
from appshare.operator.shown import shown_id


def shown_row(row: OperatorRow) -> str:
    """A row in one line, for example "deny version 21 on model SM-G97*, SDK 29+"."""
    return f"{row.effect} {shown_builds(row)} on {shown_devices(row.devices)}"


def shown_builds(row: OperatorRow) -> str:
    """Which builds the row is about."""
    if row.package_id:
        return f"package {shown_id(row.package_id)}"
    return "all builds" if row.version_code is None else f"version {row.version_code}"


def shown_devices(devices: DeviceCondition) -> str:
    """The conditions on devices."""
    conditions = {
        "manufacturer": devices.manufacturer,
        "model": devices.model,
        "SDK": shown_range(devices.sdk),
        "ABI": " or ".join(devices.abis),
    }
    told = [f"{name} {condition}" for name, condition in conditions.items() if condition]
    return ", ".join([*told, *_screens(devices)]) or "every device"


def shown_screen_conditions(devices: DeviceCondition) -> str:
    """The conditions on screens alone."""
    return ", ".join(_screens(devices)) or "any"


def note_idle(output: Output, rows: Iterable[OperatorRow]) -> None:
    """Tells which rows decide nothing, and why."""
    for row in rows:
        if row.idle:
            output.note(f"{row.package_name}, row {row.position} decides nothing: {row.idle}.")


def _screens(devices: DeviceCondition) -> list[str]:
    sides = shown_range(devices.short_side), shown_range(devices.long_side)
    conditions = {"short side": sides[0], "long side": sides[1]}
    return [
        *(f"{dpi} dpi" for dpi in [shown_range(devices.density)] if dpi),
        *(f"{name} {pixels} px" for name, pixels in conditions.items() if pixels),
    ]
