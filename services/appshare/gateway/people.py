"""Who a device means, and how those devices stand to it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from appshare import errors
from appshare.gateway.backends import RADAR, Backends
from appshare.rpc.call import remaining_time
from appshare.rpc.interceptor import Context
from appshare.v1.friendship_pb2 import FRIENDSHIP_LEVEL_NONE, PersonRef
from appshare.v1.relation_radar_pb2 import (
    Acquaintance,
    BatchFindDevicesRequest,
    CheckBlockRequest,
    FindDevicesRequest,
    ListFriendshipsRequest,
    PersonDevices,
)
from appshare.v1.share_registry_pb2 import RelatedDevice

MAX_PEOPLE = 100
"""People of one request."""

_MAX_FRIENDS = 4_000
"""Devices that ShareRegistry takes as the friends of a viewer."""

_FRIENDS_PAGE = 200

_STRANGER = RelatedDevice(device_id="-", level=FRIENDSHIP_LEVEL_NONE)
"""Stands for whoever is not here: no device has this id. ShareRegistry does as much for nobody as for somebody."""


async def find_devices(
    backends: Backends, device_id: str, person: PersonRef, field: str, *, time_limit: float
) -> Sequence[Acquaintance]:
    """The devices of a person, as the radar sees them for the device that asks.

    Args:
        field: where the device's request names the person, for errors.
    """
    request = FindDevicesRequest(device_id=device_id, person=person)
    with _named(field):
        response = await RADAR.unary(backends.radar.FindDevices, request, time_limit=time_limit)
    return response.acquaintances


async def is_blocked(backends: Backends, device_id: str, person: PersonRef, field: str, *, time_limit: float) -> bool:
    """Whether the person who has the device blocks another; not whether the other blocks them, which nobody is told.

    Args:
        field: where the device's request names the person, for errors.
    """
    request = CheckBlockRequest(device_id=device_id, person=person)
    with _named(field):
        return (await RADAR.unary(backends.radar.CheckBlock, request, time_limit=time_limit)).blocked


async def find_devices_of_all(
    backends: Backends, device_id: str, people: Sequence[PersonRef], *, time_limit: float
) -> Sequence[PersonDevices]:
    """The devices of each of at most `MAX_PEOPLE` people, or what is wrong with the reference, in their order."""
    request = BatchFindDevicesRequest(device_id=device_id, people=people)
    response = await RADAR.unary(backends.radar.BatchFindDevices, request, time_limit=time_limit)
    return response.results


async def find_friends(backends: Backends, viewer: str, context: Context) -> tuple[list[RelatedDevice], bool]:
    """All friends of a viewer as owners; True when there may be more.

    Devices of one contact are one person; a device of somebody who is not in the viewer's book stands for itself.
    """
    owners: list[RelatedDevice] = []
    token, truncated = "", False
    while True:
        request = ListFriendshipsRequest(device_id=viewer, page_size=_FRIENDS_PAGE, page_token=token)
        page = await RADAR.unary(backends.radar.ListFriendships, request, time_limit=remaining_time(context))
        owners += [
            RelatedDevice(device_id=each.device_id, level=each.level, person=each.contact_id) for each in page.friends
        ]
        token, truncated = page.next_page_token, truncated or page.truncated
        if not token or len(owners) > _MAX_FRIENDS:
            return owners[:_MAX_FRIENDS], truncated or len(owners) > _MAX_FRIENDS


def as_owners(acquaintances: Sequence[Acquaintance]) -> list[RelatedDevice]:
    """The devices as owners that the asking device views; of nobody, a stranger's."""
    return [RelatedDevice(device_id=each.device_id, level=each.as_viewer) for each in acquaintances] or [_STRANGER]


def as_viewers(acquaintances: Sequence[Acquaintance]) -> list[RelatedDevice]:
    """The devices as viewers of what the asking device owns; of nobody, a stranger's."""
    return [RelatedDevice(device_id=each.device_id, level=each.as_owner) for each in acquaintances] or [_STRANGER]


@contextmanager
def _named(field: str) -> Iterator[None]:
    """The radar's errors about a person, with the field of the device's own request."""
    try:
        yield
    except errors.InvalidArgumentError as error:
        error.field = error.field and error.field.replace("person", field, 1)
        raise


def not_shared() -> errors.PermissionDeniedError:
    """The one answer to a viewer, whoever the owner is and whatever is missing."""
    return errors.PermissionDeniedError(
        errors.Reason.NOT_SHARED_WITH_YOU, "this person does not share that with you, or is not here"
    )
