"""Owners with apps that they share with their friends."""

import asyncio
from functools import cache
from random import Random

from appshare.share_registry.model import App, Audience, AudienceKind, Platform, PushPolicy, PushPreference
from appshare.share_registry.store import RegistryStore
from appshare.share_registry.visibility import keys_admitted

APPS = 60
FRIENDS = 50

_POPULAR = 100
_OTHERS = 20_000
_SETS = 1_000
_OWNERS_AT_ONCE = 64
_FRIENDS_KEYS = keys_admitted(Audience(AudienceKind.FRIENDS))


def owner_id(index: int) -> str:
    return f"owner-{index:016d}"


def apps_of(index: int) -> list[App]:
    """One of a thousand sets of 60 apps, 25 of which are among the hundred that most people have."""
    return _set_of_apps(index % _SETS)


@cache
def _set_of_apps(number: int) -> list[App]:
    random = Random(number)  # noqa: S311 - the same apps in every run
    numbers = {*random.sample(range(_POPULAR), 25)}
    numbers |= {*random.sample(range(_POPULAR, _POPULAR + _OTHERS), APPS - len(numbers))}
    return [_app(number, random.randrange(1, 5)) for number in sorted(numbers)]


def friends_of(index: int, owners: int) -> list[str]:
    return [owner_id((index + step) % owners) for step in range(1, FRIENDS + 1)]


async def fill(store: RegistryStore, owners: int) -> None:
    """Has so many owners publish their apps to their friends, some at a time."""
    for first in range(0, owners, _OWNERS_AT_ONCE):
        await asyncio.gather(*(_publish(store, each) for each in range(first, min(first + _OWNERS_AT_ONCE, owners))))


async def _publish(store: RegistryStore, index: int) -> None:
    device_id = owner_id(index)
    async with store.change(device_id) as change:
        await change.replace_default_keys(device_id, _FRIENDS_KEYS)
        await change.replace_push_preference(device_id, PushPreference(PushPolicy.FRIENDS))
        await change.put_apps(device_id, apps_of(index))


def _app(number: int, version: int) -> App:
    return App(
        Platform.ANDROID, f"org.example.app{number:05}", f"App {number}", f"{version}.0", version, f"{number:064x}", ""
    )
