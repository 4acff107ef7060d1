"""Which screen density serves a device best: bundletool's rule, which is Android's own for resources."""

from collections.abc import Collection

BUCKETS = {
    "ldpi": 120,
    "mdpi": 160,
    "tvdpi": 213,
    "hdpi": 240,
    "xhdpi": 320,
    "xxhdpi": 480,
    "xxxhdpi": 640,
}
"""Android's named densities, in dpi."""

DEFAULT = BUCKETS["mdpi"]
"""What a density of 0 means, of a device as of a resource."""

ANY = 0xFFFE
"""Resources that scale to any density (`anydpi`)."""

NONE = 0xFFFF
"""Resources that are never scaled (`nodpi`)."""

_NAMES = {dpi: name for name, dpi in BUCKETS.items()}


def best(device: int, offered: Collection[int]) -> int:
    """The offered density that a device of so many dpi should use; `offered` must not be empty.

    Between a lower and a higher one, Android prefers scaling down: the lower wins only if it is clearly nearer.
    """
    if ANY in offered:
        return ANY
    device = device or DEFAULT
    lower = max((dpi for dpi in offered if dpi <= device), default=None)
    higher = min((dpi for dpi in offered if dpi >= device), default=None)
    if lower is None or higher is None:
        return max(offered) if higher is None else min(offered)
    return lower if (2 * lower - device) * higher > device * device else higher


def bucket(device: int) -> int:
    """The named density, in dpi, that a device of so many dpi belongs to."""
    return best(device, BUCKETS.values())


def name(dpi: int) -> str:
    """`xxhdpi` for 480; a density without a name is given in dpi."""
    return _NAMES.get(dpi, f"{dpi}dpi")
