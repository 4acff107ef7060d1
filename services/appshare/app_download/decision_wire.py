"""Messages of the operator's decisions to words of the domain and back."""

import re

from appshare.app_download.adaptation_table import ListedRow
from appshare.app_download.fitting.operator_rows import ANY, DeviceCondition, NumberRange, OperatorRow, RowEffect
from appshare.app_download.fitting.split_sets.abi import ABIS
from appshare.app_download.model import PROFILE_RANGES
from appshare.app_download.signer_pin import SignerPin
from appshare.rpc.fields import invalid_field, require_length, require_printable
from appshare.v1 import adaptation_pb2, package_decision_pb2

LONGEST_PATTERN = 100
"""Characters of a name or pattern of devices."""

HIGHEST_VERSION_CODE = 2**63 - 1
"""versionCodeMajor is a signed number of 32 bits."""

_MOST_SIGNERS = 10
"""Android takes no more."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_EFFECTS = {effect: adaptation_pb2.RowEffect.Value(f"ROW_EFFECT_{effect}") for effect in RowEffect}
_EFFECTS_READ = {number: effect for effect, number in _EFFECTS.items()}
_RANGES = {
    "sdk": "sdk_version",
    "density": "screen_density",
    "short_side": "screen_width_px",
    "long_side": "screen_height_px",
}
"""The ranges of a condition, and what they are about in a profile."""


def write_pin(package_name: str, pin: SignerPin) -> package_decision_pb2.SignerPin:
    """A pin."""
    return package_decision_pb2.SignerPin(
        package_name=package_name,
        signer_sha256=pin.signer_sha256,
        former_sha256=sorted(pin.former),
        by_operator=pin.by_operator,
    )


def read_signer(text: str) -> str:
    """The signer of a request as a manifest names it: digests in ascending order.

    Raises:
        errors.InvalidArgumentError: INVALID_FIELD.
    """
    digests = sorted({digest.strip().lower() for digest in text.split(",")})
    if len(digests) > _MOST_SIGNERS or not all(map(_SHA256.fullmatch, digests)):
        raise invalid_field(
            "signer_sha256", f"SHA-256 of 1 to {_MOST_SIGNERS} certificates, each 64 hexadecimal digits, with commas"
        )
    return ",".join(digests)


def read_version_code(number: int, field: str) -> int:
    """A version code.

    Raises:
        errors.InvalidArgumentError: INVALID_FIELD.
    """
    if number > HIGHEST_VERSION_CODE:
        raise invalid_field(field, f"no app has a version code above {HIGHEST_VERSION_CODE}")
    return number


def write_operator_row(listed: ListedRow) -> adaptation_pb2.OperatorRow:
    """A row of the operator."""
    row = listed.row
    message = adaptation_pb2.OperatorRow(
        row_id=row.row_id,
        package_name=row.package_name,
        position=row.position,
        effect=_EFFECTS[row.effect],
        devices=_write_condition(row.devices),
        idle=listed.idle,
    )
    if row.package_id:
        message.package_id = row.package_id
    elif row.version_code is not None:
        message.version_code = row.version_code
    return message


def read_operator_row(message: adaptation_pb2.OperatorRow) -> OperatorRow:
    """The row of a request, without an id.

    Raises:
        errors.InvalidArgumentError: INVALID_FIELD.
    """
    if message.effect not in _EFFECTS_READ:
        raise invalid_field("row.effect", "deny, prefer or force")
    version_code = message.version_code if message.WhichOneof("builds") == "version_code" else None
    return OperatorRow(
        row_id="",
        package_name=message.package_name,
        position=message.position,
        effect=_EFFECTS_READ[message.effect],
        version_code=None if version_code is None else read_version_code(version_code, "row.version_code"),
        package_id=message.package_id,
        devices=_read_condition(message.devices),
    )


def _write_condition(condition: DeviceCondition) -> adaptation_pb2.DeviceCondition:
    ranges = {name: getattr(condition, name) for name in _RANGES}
    return adaptation_pb2.DeviceCondition(
        manufacturer=condition.manufacturer,
        model=condition.model,
        abis=condition.abis,
        **{name: _write_range(each) for name, each in ranges.items() if each != ANY},
    )


def _write_range(numbers: NumberRange) -> adaptation_pb2.NumberRange:
    return adaptation_pb2.NumberRange(lowest=numbers.lowest, highest=numbers.highest or 0)


def _read_condition(message: adaptation_pb2.DeviceCondition) -> DeviceCondition:
    condition = DeviceCondition(
        manufacturer=_read_pattern(message.manufacturer, "row.devices.manufacturer"),
        model=_read_pattern(message.model, "row.devices.model"),
        abis=tuple(dict.fromkeys(message.abis)),
        **{name: _read_range(getattr(message, name), name) for name in _RANGES},
    )
    for abi in condition.abis:
        if abi not in ABIS:
            raise invalid_field("row.devices.abis", f"Android has these: {', '.join(ABIS)}")
    widest = condition.long_side.highest
    if widest is not None and condition.short_side.lowest > widest:
        raise invalid_field("row.devices.short_side", "no screen's shorter side is longer than its longer one")
    return condition


def _read_pattern(text: str, field: str) -> str:
    return require_printable(require_length(text, field, LONGEST_PATTERN), field)


def _read_range(message: adaptation_pb2.NumberRange, name: str) -> NumberRange:
    """A range that devices can be in."""
    numbers = NumberRange(message.lowest, message.highest or None)
    _, most = PROFILE_RANGES[_RANGES[name]]
    if numbers.lowest > (numbers.highest or most) or (numbers.highest or 0) > most:
        raise invalid_field(f"row.devices.{name}", f"a range of numbers up to {most}, the lower one first")
    return numbers
