"""How a viewer and an owner can stand to each other, each made on a running cloud."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.cloud import Cloud, Device, new_number, person

from appshare import errors
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import share_pb2
from appshare.v1.friendship_pb2 import PersonRef
from appshare.v1.share_pb2 import (
    AUDIENCE_KIND_EVERYONE,
    AUDIENCE_KIND_FRIENDS,
    AUDIENCE_KIND_NOBODY,
    AUDIENCE_KIND_SELECTED,
    PUSH_POLICY_FRIENDS,
)

PUSHED = "chat"
"""What the owner has pushed to the viewer, when both were friends and everybody could see it."""
NEVER_PUSHED = "memo"
MARK = "mark"
"""What a friend of the viewer's has pushed after it: it is always delivered."""

_IN_COMMON = 2
"""Contacts in common that make friends of two of whom the owner lists the viewer."""

AUDIENCES = "NFESO"
"""Nobody, friends, everyone, selected and the viewer is, selected and only another is."""


@dataclass
class Situation:
    """Two people, and what is needed to ask about them.

    Attributes:
        owner: None when nobody is registered with the owner's number.
        friend: a friend of the viewer's, and of the owner's where that is the relation.
        owner_refs: every way in which the viewer can name the owner.
        viewer_refs: every way in which the owner can name the viewer.
        push_id: of the owner's push to the viewer.
    """

    cloud: Cloud
    viewer: Device
    owner: Device | None
    friend: Device
    owner_refs: Sequence[PersonRef]
    viewer_refs: Sequence[PersonRef]
    push_id: str
    owner_is_removed: bool = False

    async def set_audience(self, letter: str) -> None:
        """Shares the owner's apps with one of `AUDIENCES`, as far as the owner is there to do so."""
        if self.owner is None or self.owner_is_removed:
            return
        selected = {"S": self.viewer, "O": self.friend}.get(letter)
        audience = share_pb2.Audience(
            kind={"N": AUDIENCE_KIND_NOBODY, "F": AUDIENCE_KIND_FRIENDS, "E": AUDIENCE_KIND_EVERYONE}.get(
                letter, AUDIENCE_KIND_SELECTED
            ),
            selected_device_ids=[selected.session.device_id] if selected else [],
        )
        changes = [
            share_pb2.AudienceChange(package_name=f"org.appshare.sample.{name}", audience=audience)
            for name in (PUSHED, NEVER_PUSHED)
        ]
        await self.owner.call(self.owner.sharing.SetAudiences, pb.SetAudiencesRequest(changes=changes))

    async def kept_of_owner(self) -> list[Any]:
        """What is kept of the owner, as itself reads it; nothing of one that is not there, or is the viewer."""
        owner = self.owner
        if owner is None or self.owner_is_removed or owner is self.viewer:
            return []
        return [
            await owner.events(),
            await owner.call(owner.sharing.ListMyApps, pb.ListMyAppsRequest()),
            await owner.call(owner.sharing.GetDefaultAudience, pb.GetDefaultAudienceRequest()),
            await owner.call(owner.sharing.GetPushPreference, pb.GetPushPreferenceRequest()),
            await owner.call(owner.friends.ListBlocks, pb.ListBlocksRequest()),
        ]

    async def owner_keeps_apps(self) -> bool:
        """Whether the owner is as before, after somebody has gone; whoever was not there is."""
        if self.owner is None or self.owner_is_removed:
            return True
        try:
            listed = await self.owner.call(self.owner.sharing.ListMyApps, pb.ListMyAppsRequest())
        except errors.NotFoundError:
            return False
        return len(listed.apps) > 1


async def _acquainted(cloud: Cloud, viewer: Device, owner: Device) -> Situation:
    """Both list each other, and the owner has pushed an app to the viewer."""
    friend = await cloud.register()
    await friend.sync(viewer.number, owner.number)
    await viewer.sync(friend.number, owner.number)
    await owner.sync(friend.number, viewer.number)
    await viewer.accept_pushes(PUSH_POLICY_FRIENDS)
    await owner.share(**{PUSHED: AUDIENCE_KIND_EVERYONE, NEVER_PUSHED: AUDIENCE_KIND_EVERYONE})
    await friend.share(**{MARK: AUDIENCE_KIND_EVERYONE})
    push = pb.PushSharesRequest(
        recipients=[person(viewer.number)], package_names=[f"org.appshare.sample.{PUSHED}"], note="look"
    )
    pushed = await owner.call(owner.sharing.PushShares, push)
    assert await friend.push_to(viewer.number) == ["ACCEPTED"]
    return Situation(
        cloud,
        viewer,
        owner,
        friend,
        owner_refs=[
            person(owner.number),
            PersonRef(device_id=owner.session.device_id),
            PersonRef(contact_id=2),
        ],
        viewer_refs=[
            person(viewer.number),
            PersonRef(device_id=viewer.session.device_id),
            PersonRef(contact_id=2),
        ],
        push_id=pushed.push_id,
    )


async def _two(cloud: Cloud) -> Situation:
    return await _acquainted(cloud, await cloud.register(), await cloud.register())


async def _with_books(
    cloud: Cloud, *, viewer_lists: bool = False, owner_lists: bool = False, common_friend: bool = False
) -> Situation:
    """They were friends; then they change their books to list each other or not, and the same two others."""
    both = await _two(cloud)
    assert both.owner is not None
    others = [new_number() for _ in range(_IN_COMMON)] if viewer_lists or owner_lists else []
    await both.viewer.sync(
        both.friend.number, both.owner.number if viewer_lists else new_number(), *others, both.viewer.number
    )
    await both.owner.sync(
        both.friend.number if common_friend else new_number(),
        both.viewer.number if owner_lists else new_number(),
        *others,
    )
    await both.friend.sync(both.viewer.number, *([both.owner.number] if common_friend else []))
    if not viewer_lists:
        both.owner_refs = both.owner_refs[:2]
    if not owner_lists:
        both.viewer_refs = both.viewer_refs[:2]
    return both


async def _self(cloud: Cloud) -> Situation:
    device = await cloud.register()
    return await _acquainted(cloud, device, device)


async def _same_number(cloud: Cloud) -> Situation:
    owner = await cloud.register()
    return await _acquainted(cloud, await cloud.register(owner.number), owner)


async def _blocks(blocker: Device, blocked: Device) -> None:
    await blocker.call(blocker.friends.BlockPerson, pb.BlockPersonRequest(person=person(blocked.number)))


async def _owner_blocks(cloud: Cloud) -> Situation:
    both = await _two(cloud)
    assert both.owner is not None
    await _blocks(both.owner, both.viewer)
    return both


async def _viewer_blocks(cloud: Cloud) -> Situation:
    both = await _two(cloud)
    assert both.owner is not None
    await _blocks(both.viewer, both.owner)
    return both


async def _owner_removed(cloud: Cloud) -> Situation:
    both = await _two(cloud)
    assert both.owner is not None
    await both.owner.call(both.owner.account.DeleteAccount, pb.DeleteAccountRequest())
    both.owner_is_removed = True
    return both


async def _no_owner(cloud: Cloud) -> Situation:
    both = await _owner_removed(cloud)
    number = new_number()
    await both.viewer.sync(both.friend.number, number)
    both.owner = None
    both.owner_refs = [person(number), PersonRef(device_id="A" * 22), PersonRef(contact_id=2)]
    return both


async def _viewer_removed(cloud: Cloud) -> Situation:
    both = await _two(cloud)
    await both.viewer.call(both.viewer.account.DeleteAccount, pb.DeleteAccountRequest())
    return both


RELATIONS: dict[str, Callable[[Cloud], Awaitable[Situation]]] = {
    "self": _self,
    "same number": _same_number,
    "confirmed": lambda cloud: _with_books(cloud, viewer_lists=True, owner_lists=True),
    "likely": lambda cloud: _with_books(cloud, owner_lists=True),
    "lists owner": lambda cloud: _with_books(cloud, viewer_lists=True),
    "friend's friend": lambda cloud: _with_books(cloud, common_friend=True),
    "stranger": _with_books,
    "owner blocks": _owner_blocks,
    "viewer blocks": _viewer_blocks,
    "owner removed": _owner_removed,
    "no owner": _no_owner,
    "viewer removed": _viewer_removed,
}
"""By name, as the columns of the table: what makes two devices stand to each other like that."""
