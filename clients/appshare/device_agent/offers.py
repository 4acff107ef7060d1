"""The app that is meant, among those that others share with the device."""

from dataclasses import dataclass

from appshare import errors
from appshare.device_agent.app_names import find_app
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.model import ByDevice, Person

_LONGEST_SEARCH = 64
"""Characters that the contract lets a search have."""


@dataclass(frozen=True)
class Offer:
    """An app that is shared with the device.

    Attributes:
        owner: whose; None for any friend's.
        told: who is told of an install; None when nobody is named.
    """

    package_name: str
    label: str
    owner: Person | None
    told: Person | None


async def offer_of(client: DeviceClient, owner: Person | None, text: str) -> Offer:
    """The app that a person shares, or without a person any friend.

    Raises:
        InputError: several apps match; they are its candidates.
        errors.PermissionDeniedError: NOT_SHARED_WITH_YOU, none does.
    """
    return await (_offer_of_friends(client, text) if owner is None else _offer_of(client, owner, text))


async def _offer_of(client: DeviceClient, owner: Person, text: str) -> Offer:
    """The app that a person shares; the person may have it on several devices."""
    app = find_app(text, (share.app for share in (await client.shares(owner)).shares))
    if app is None:
        raise errors.PermissionDeniedError(
            errors.Reason.NOT_SHARED_WITH_YOU, f"{text} is not among the apps that this person shares with you"
        )
    return Offer(app.package_name, app.label, owner, owner)


async def _offer_of_friends(client: DeviceClient, text: str) -> Offer:
    """The app that friends share, from whichever of them has the newest version."""
    app = find_app(text, (await client.friends_shares(text[:_LONGEST_SEARCH])).shares)
    if app is None:
        raise errors.PermissionDeniedError(
            errors.Reason.NOT_SHARED_WITH_YOU, f"{text} is not among the apps that your friends share with you"
        )
    told = ByDevice(app.owner_device_ids[0]) if app.owner_device_ids else None
    return Offer(app.package_name, app.label, None, told)
