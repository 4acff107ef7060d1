"""Who a device means, and how those devices stand to it."""

import asyncio
from collections.abc import Sequence

from appshare import errors
from appshare.gateway.backends import RADAR, Backends
from appshare.v1.friendship_pb2 import PersonRef
from appshare.v1.relation_radar_pb2 import Acquaintance, FindDevicesRequest
from appshare.v1.share_registry_pb2 import RelatedDevice

_AT_ONCE = 16
"""How many people of one request the radar is asked about at the same time."""


async def find_devices(
    backends: Backends, device_id: str, person: PersonRef, *, time_limit: float
) -> Sequence[Acquaintance]:
    """The devices of a person, as the radar sees them for the device that asks."""
    request = FindDevicesRequest(device_id=device_id, person=person)
    response = await RADAR.unary(backends.radar.FindDevices, request, time_limit=time_limit)
    return response.acquaintances


async def find_devices_of_all(
    backends: Backends, device_id: str, people: Sequence[PersonRef], *, time_limit: float
) -> list[Sequence[Acquaintance]]:
    """The devices of each person, in the order of the people."""
    turn = asyncio.Semaphore(_AT_ONCE)

    async def find(person: PersonRef) -> Sequence[Acquaintance]:
        async with turn:
            return await find_devices(backends, device_id, person, time_limit=time_limit)

    return await asyncio.gather(*map(find, people))


def as_owners(acquaintances: Sequence[Acquaintance]) -> list[RelatedDevice]:
    """The devices as owners that the asking device views."""
    return [RelatedDevice(device_id=each.device_id, level=each.as_viewer) for each in acquaintances]


def as_viewers(acquaintances: Sequence[Acquaintance]) -> list[RelatedDevice]:
    """The devices as viewers of what the asking device owns."""
    return [RelatedDevice(device_id=each.device_id, level=each.as_owner) for each in acquaintances]


def not_shared() -> errors.PermissionDeniedError:
    """The one answer to a viewer, whoever the owner is and whatever is missing."""
    return errors.PermissionDeniedError(
        errors.Reason.NOT_SHARED_WITH_YOU, "this person does not share that with you, or is not here"
    )
