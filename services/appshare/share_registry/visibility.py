"""Who sees what: the only place that knows the rule.

An app admits whoever holds one of its keys; a viewer holds keys to the apps of an owner. Stores keep keys and compare
them; what they mean is said here.
"""

from collections.abc import Iterable

from appshare.share_registry.model import Audience, AudienceKind, Key, Keyring, Level, RelatedDevice

_EVERYONE = Key("everyone")
_FRIENDS = Key("friends")
_SELECTED = Key("selected")
"""Nobody holds it: an audience of selected devices is one also when none of them is left."""

_DEVICE_PREFIX = "device:"


def level_towards(device_id: str, other: RelatedDevice) -> Level:
    """The level of friendship between a device and another; no device is its own friend."""
    return Level.NONE if other.device_id == device_id else other.level


def is_friend(level: Level) -> bool:
    """Whether a level is that of a friend."""
    return level >= Level.LIKELY


def keys_admitted(audience: Audience) -> frozenset[Key]:
    """The keys of which a viewer needs one to see an app with the audience."""
    match audience.kind:
        case AudienceKind.NOBODY:
            return frozenset()
        case AudienceKind.FRIENDS:
            return frozenset({_FRIENDS})
        case AudienceKind.EVERYONE:
            return frozenset({_EVERYONE})
        case AudienceKind.SELECTED:
            return frozenset({_SELECTED, *map(key_of_device, audience.selected)})


def keys_held(viewer_id: str, level: Level) -> frozenset[Key]:
    """The keys that a viewer holds to the apps of an owner at a level; who is named loses that with the friendship."""
    if is_friend(level):
        return frozenset({_EVERYONE, _FRIENDS, key_of_device(viewer_id)})
    return frozenset({_EVERYONE})


def keyring(viewer_id: str, owners: Iterable[RelatedDevice]) -> Keyring:
    """The keys that a viewer holds to the apps of owners, each given with its level as owner."""
    return {owner.device_id: keys_held(viewer_id, level_towards(viewer_id, owner)) for owner in owners}


def key_of_device(device_id: str) -> Key:
    """The key that an app admits whose audience names the device."""
    return Key(_DEVICE_PREFIX + device_id)


def audience_of(keys: frozenset[Key]) -> Audience:
    """The audience of an app that admits the keys: the inverse of `keys_admitted`."""
    if not keys:
        return Audience(AudienceKind.NOBODY)
    if _FRIENDS in keys:
        return Audience(AudienceKind.FRIENDS)
    if _EVERYONE in keys:
        return Audience(AudienceKind.EVERYONE)
    named = keys - {_SELECTED}
    return Audience(AudienceKind.SELECTED, frozenset(key.removeprefix(_DEVICE_PREFIX) for key in named))
