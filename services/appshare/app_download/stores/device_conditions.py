"""The conditions on devices of an operator's row, as stores keep them."""

import json
from dataclasses import asdict
from typing import Any

from appshare.app_download.fitting.operator_rows import DeviceCondition, NumberRange


def write_devices(devices: DeviceCondition) -> str:
    """The conditions as JSON: ranges as objects, tuples as lists."""
    return json.dumps(asdict(devices))


def read_devices(text: str) -> DeviceCondition:
    """The inverse of `write_devices`."""
    fields: dict[str, Any] = json.loads(text)
    read: dict[str, Any] = {
        name: NumberRange(**value) if isinstance(value, dict) else value for name, value in fields.items()
    }
    return DeviceCondition(**{**read, "abis": tuple(fields["abis"])})
