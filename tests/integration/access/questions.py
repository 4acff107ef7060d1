"""One question for each RPC: what one person gets of another by it, in a word, and the answer's bytes to compare."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from tests.integration.access.relations import MARK, NEVER_PUSHED, PUSHED, Situation
from tests.support.cloud import ANDROID_14, Device, app

from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import friendship_pb2, share_pb2
from appshare.v1.friendship_pb2 import FRIENDSHIP_LEVEL_NONE, FriendshipLevel, PersonRef
from appshare.v1.inbox_pb2 import InboxEvent
from appshare.v1.share_pb2 import (
    AUDIENCE_KIND_EVERYONE,
    AUDIENCE_KIND_NOBODY,
    PUSH_OUTCOME_ACCEPTED,
    PUSH_POLICY_FRIENDS,
)
from appshare.v1.update_pb2 import UPDATE_STATE_AVAILABLE, InstalledApp

OPEN = "open"
"""The app is shown, sent, or delivered."""

PREFIX = "org.appshare.sample."


@dataclass(frozen=True)
class Outcome:
    """What came of a question.

    Attributes:
        word: what the table has; `OPEN` stands for the letter of the audience.
        seen: all that the caller sees and that must be the same wherever the word is; None: it differs by nature.
    """

    word: str
    seen: object = None


Ask = Callable[[Situation], Awaitable[Sequence[Outcome]]]


@dataclass(frozen=True)
class Question:
    """A row of the table.

    Attributes:
        rpc: its name, as in the contract.
        ask: gives an outcome for each way to name the other.
        more: what the row is about.
        once: no audience plays a part in it; asked after the questions in which one does.
    """

    rpc: str
    ask: Ask
    more: str = ""
    once: bool = False

    @property
    def name(self) -> str:
        return f"{self.rpc} {self.more}".strip()


async def _answer(device: Device, method: Any, request: Message) -> Any:
    """The answer to a call, or the refusal as an `Outcome`."""
    try:
        call = method(request, metadata=device.metadata)
        answer = await call if isinstance(call, grpc.aio.UnaryUnaryCall) else await call.read()
        assert not await call.initial_metadata()
    except grpc.aio.AioRpcError as error:
        return _refused(error)
    return answer


def _refused(error: grpc.aio.AioRpcError) -> Outcome:
    """A refusal with every byte of it; its word is that of the reason."""
    trailers = tuple(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(dict(trailers)["grpc-status-details-bin"])
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    seen = (error.code(), error.details(), trailers, tuple(error.initial_metadata() or ()))
    return Outcome(_word_of(info.reason, status.message), seen)


def _word_of(reason: str, message: str) -> str:
    if reason == "DEVICE_NOT_FOUND" and "not registered any more" in message:
        return "gone"
    return _WORDS.get(reason, reason)


_WORDS = {
    "NOT_SHARED_WITH_YOU": "refused",
    "DEVICE_NOT_FOUND": "refused",
    "APP_NOT_FOUND": "refused",
    "WRONG_CODE": "refused",
    "INVALID_REFRESH_TOKEN": "void",
    "INVALID_FIELD": "invalid",
}


# What the viewer asks of the owner


async def list_shares(both: Situation) -> list[Outcome]:
    def shown(answer: pb.ListSharesResponse) -> bool:
        return _is_among(PUSHED, (share.app.package_name for share in answer.shares))

    return [
        _open_if(shown, await _answer(both.viewer, both.viewer.sharing.ListShares, pb.ListSharesRequest(owner=owner)))
        for owner in both.owner_refs
    ]


async def list_friends_shares(both: Situation) -> list[Outcome]:
    def shown(answer: pb.ListFriendsSharesResponse) -> bool:
        return _is_among(PUSHED, (share.package_name for share in answer.shares))

    request = pb.ListFriendsSharesRequest(search=PUSHED)
    return [_open_if(shown, await _answer(both.viewer, both.viewer.sharing.ListFriendsShares, request))]


async def match_app(both: Situation) -> list[Outcome]:
    return [await _match(both.viewer, owner=owner) for owner in both.owner_refs]


async def match_app_of_any_friend(both: Situation) -> list[Outcome]:
    return [await _match(both.viewer)]


async def _match(viewer: Device, **owner: PersonRef) -> Outcome:
    request = pb.MatchAppRequest(package_name=PREFIX + PUSHED, profile=ANDROID_14, **owner)
    return _open_if(
        lambda answer: answer.answer.HasField("fit"), await _answer(viewer, viewer.downloads.MatchApp, request)
    )


async def download_app(both: Situation) -> list[Outcome]:
    return [await _download(both.viewer, owner=owner) for owner in both.owner_refs]


async def download_app_of_any_friend(both: Situation) -> list[Outcome]:
    return [await _download(both.viewer)]


async def _download(viewer: Device, **owner: PersonRef) -> Outcome:
    request = pb.DownloadAppRequest(package_name=PREFIX + PUSHED, profile=ANDROID_14, **owner)
    answer = await _answer(viewer, viewer.downloads.DownloadApp, request)
    return _open_if(lambda first: first.answer.HasField("fit"), answer)


async def check_app_updates(both: Situation) -> list[Outcome]:
    """Of an app that the viewer has in an older version."""
    installed = InstalledApp(package_name=PREFIX + PUSHED)
    request = pb.CheckAppUpdatesRequest(installed=[installed], profile=ANDROID_14)
    answer = await _answer(both.viewer, both.viewer.downloads.CheckAppUpdates, request)
    return [_open_if(lambda checked: checked.updates[0].state == UPDATE_STATE_AVAILABLE, answer)]


async def search_by_name(both: Situation) -> list[Outcome]:
    def shown(answer: pb.SearchByNameResponse) -> bool:
        return _is_among(PUSHED, (app.package_name for app in answer.apps))

    request = pb.SearchByNameRequest(text=PUSHED, profile=ANDROID_14)
    return [_open_if(shown, await _answer(both.viewer, both.viewer.downloads.SearchByName, request))]


async def report_install(both: Situation) -> list[Outcome]:
    viewer = both.viewer
    requests = [
        pb.ReportInstallRequest(owner=owner, package_name=PREFIX + PUSHED, version_code=1) for owner in both.owner_refs
    ]
    return [
        _open_if(lambda _recorded: True, await _answer(viewer, viewer.sharing.ReportInstall, request))
        for request in requests
    ]


async def list_events(both: Situation) -> list[Outcome]:
    answer = await _answer(both.viewer, both.viewer.inbox.ListEvents, pb.ListEventsRequest())
    return [_open_if(lambda listed: any(map(_is_the_push, listed.events)), answer, closed_differs=True)]


async def subscribe(both: Situation) -> list[Outcome]:
    """Reads up to the mark, which came after the owner's push."""
    stream = both.viewer.inbox.Subscribe(pb.SubscribeRequest(), metadata=both.viewer.metadata)
    found = False
    try:
        async for message in stream:
            found = found or _is_the_push(message.event)
            if _holds(MARK, message.event):
                break
    except grpc.aio.AioRpcError as error:
        return [_refused(error)]
    finally:
        stream.cancel()
    return [Outcome(OPEN if found else "empty")]


async def check_friends(both: Situation) -> list[Outcome]:
    viewer = both.viewer
    outcomes = []
    for owner in both.owner_refs:
        request = pb.BatchCheckFriendsRequest(people=[owner])
        answer = await _answer(viewer, viewer.friends.BatchCheckFriends, request)
        if not isinstance(answer, Outcome):
            answer = Outcome(_level(answer.checks[0].level), answer.SerializeToString())
        outcomes.append(answer)
    return outcomes


async def list_friends(both: Situation) -> list[Outcome]:
    answer = await _answer(both.viewer, both.viewer.friends.ListFriends, pb.ListFriendsRequest())
    if isinstance(answer, Outcome):
        return [answer]
    owner_id = both.owner.session.device_id if both.owner else ""
    levels = [friend.level for friend in answer.friends if friend.device_id == owner_id]
    return [Outcome(_level(levels[0] if levels else FRIENDSHIP_LEVEL_NONE))]


# What the owner does towards the viewer


async def preview_shares(both: Situation) -> list[Outcome]:
    owner = both.owner
    if owner is None:
        return [Outcome("nobody")]

    def shown(answer: pb.PreviewSharesResponse) -> bool:
        return _is_among(PUSHED, (each.package_name for each in answer.apps))

    return [
        _open_if(shown, await _answer(owner, owner.sharing.PreviewShares, pb.PreviewSharesRequest(viewer=viewer)))
        for viewer in both.viewer_refs
    ]


async def push_shares(both: Situation) -> list[Outcome]:
    owner = both.owner
    if owner is None:
        return [Outcome("nobody")]
    outcomes = []
    for viewer in both.viewer_refs:
        request = pb.PushSharesRequest(recipients=[viewer], package_names=[PREFIX + NEVER_PUSHED])
        answer = await _answer(owner, owner.sharing.PushShares, request)
        if isinstance(answer, pb.PushSharesResponse):
            answer.ClearField("push_id")  # drawn anew for every push
        outcomes.append(_open_if(lambda pushed: pushed.outcomes == [PUSH_OUTCOME_ACCEPTED], answer, closed="refused"))
    return outcomes


# What the viewer does about the owner's own


async def recall_push(both: Situation) -> list[Outcome]:
    """Tries to take the owner's push back; `ListEvents` and `Subscribe`, which come later, tell whether it is there."""
    answer = await _answer(both.viewer, both.viewer.sharing.RecallPush, pb.RecallPushRequest(push_id=both.push_id))
    return [answer if isinstance(answer, Outcome) else Outcome("own", answer.SerializeToString())]


async def set_audiences(both: Situation) -> list[Outcome]:
    """Tries to share an app that the owner has, and the viewer has not."""
    audience = share_pb2.Audience(kind=AUDIENCE_KIND_NOBODY)
    change = share_pb2.AudienceChange(package_name=PREFIX + PUSHED, audience=audience)
    request = pb.SetAudiencesRequest(changes=[change])
    return [_done(await _answer(both.viewer, both.viewer.sharing.SetAudiences, request))]


async def remove_device(both: Situation) -> list[Outcome]:
    device_id = both.owner.session.device_id if both.owner else "A" * 22
    answer = await _answer(both.viewer, both.viewer.account.RemoveDevice, pb.RemoveDeviceRequest(device_id=device_id))
    return [answer if isinstance(answer, Outcome) else Outcome("done")]


async def delete_account(both: Situation) -> list[Outcome]:
    answer = await _answer(both.viewer, both.viewer.account.DeleteAccount, pb.DeleteAccountRequest())
    if isinstance(answer, Outcome):
        return [answer]
    return [Outcome("own" if await both.owner_keeps_apps() else "done")]


async def block_person(both: Situation) -> list[Outcome]:
    viewer = both.viewer
    requests = [pb.BlockPersonRequest(person=owner) for owner in both.owner_refs]
    return [_done(await _answer(viewer, viewer.friends.BlockPerson, request)) for request in requests]


async def unblock_person(both: Situation) -> list[Outcome]:
    viewer = both.viewer
    requests = [pb.UnblockPersonRequest(person=owner) for owner in both.owner_refs]
    return [_done(await _answer(viewer, viewer.friends.UnblockPerson, request)) for request in requests]


async def register(both: Situation) -> list[Outcome]:
    """Registers with the owner's number, as anybody may try to."""
    number = both.owner_refs[0].number
    answer = await _answer(both.viewer, both.viewer.account.Register, pb.RegisterRequest(number=number))
    return [answer if isinstance(answer, Outcome) else Outcome("code sent", len(answer.registration_id))]


async def verify_number(both: Situation) -> list[Outcome]:
    """Guesses the code that was sent to the owner's number."""
    account = both.viewer.account
    started = await account.Register(pb.RegisterRequest(number=both.owner_refs[0].number))
    right = both.cloud.code(started.registration_id)
    guess = pb.VerifyNumberRequest(registration_id=started.registration_id, code=f"{(int(right) + 1) % 1_000_000:06d}")
    return [_done(await _answer(both.viewer, account.VerifyNumber, guess))]


async def refresh_session(both: Situation) -> list[Outcome]:
    request = pb.RefreshSessionRequest(refresh_token=both.viewer.session.refresh_token)
    answer = await _answer(both.viewer, both.viewer.account.RefreshSession, request)
    if isinstance(answer, Outcome):
        return [answer]
    assert answer.session.device_id == both.viewer.session.device_id
    return [Outcome("own")]


async def list_devices(both: Situation) -> list[Outcome]:
    answer = await _answer(both.viewer, both.viewer.account.ListDevices, pb.ListDevicesRequest())
    if isinstance(answer, Outcome):
        return [answer]
    listed = {each.device_id for each in answer.devices}
    return [Outcome("seen" if both.owner and both.owner.session.device_id in listed else "own")]


# What the viewer reads and writes of its own


def _own(service: str, rpc: str, request: Message) -> Ask:
    """Reads or writes the viewer's own, of which nothing may be the owner's."""

    async def ask(both: Situation) -> list[Outcome]:
        answer = await _answer(both.viewer, getattr(getattr(both.viewer, service), rpc), request)
        if isinstance(answer, Outcome):
            return [answer]
        is_own = both.owner is both.viewer or not _tells_of(both.owner, answer)
        return [Outcome("own" if is_own else "seen")]

    return ask


async def sync_contacts(both: Situation) -> list[Outcome]:
    numbers = [ref.number for ref in both.owner_refs if ref.number]
    book = friendship_pb2.ContactBook(contacts=[friendship_pb2.Contact(contact_id=2, numbers=numbers)])
    return await _own("friends", "SyncContacts", pb.SyncContactsRequest(full=book))(both)


def _tells_of(owner: Device | None, answer: Message) -> bool:
    written = answer.SerializeToString()
    marks = [f"{PREFIX}{NEVER_PUSHED}"] + ([owner.session.device_id, owner.number] if owner else [])
    return any(mark.encode() in written for mark in marks)


def _open_if(
    holds: Callable[[Any], bool], answer: Any, *, closed: str = "empty", closed_differs: bool = False
) -> Outcome:
    if isinstance(answer, Outcome):
        return answer
    if holds(answer):
        return Outcome(OPEN)
    return Outcome(closed, None if closed_differs else answer.SerializeToString())


def _done(answer: Any) -> Outcome:
    return answer if isinstance(answer, Outcome) else Outcome("done", answer.SerializeToString())


def _level(level: "FriendshipLevel.ValueType") -> str:
    return FriendshipLevel.Name(level).removeprefix("FRIENDSHIP_LEVEL_").lower()


def _is_among(name: str, package_names: Any) -> bool:
    return PREFIX + name in package_names


def _is_the_push(event: InboxEvent) -> bool:
    return _holds(PUSHED, event)


def _holds(name: str, event: InboxEvent) -> bool:
    return _is_among(name, (share.app.package_name for share in event.shares_pushed.shares))


_OWN_APP = pb.PublishAppsRequest(delta=share_pb2.InventoryDelta(upserted=[app("org.example.mine")]))
_TO_EVERYONE = pb.SetDefaultAudienceRequest(audience=share_pb2.Audience(kind=AUDIENCE_KIND_EVERYONE))
_FROM_FRIENDS = pb.SetPushPreferenceRequest(preference=share_pb2.PushPreference(policy=PUSH_POLICY_FRIENDS))
_THROUGH_FIRST = pb.AcknowledgeEventsRequest(through_position=1)

QUESTIONS = (
    Question("ListShares", list_shares, "of the owner"),
    Question("ListFriendsShares", list_friends_shares, "the owner's in it"),
    Question("MatchApp", match_app, "of the owner"),
    Question("MatchApp", match_app_of_any_friend, "of any friend"),
    Question("DownloadApp", download_app, "of the owner"),
    Question("DownloadApp", download_app_of_any_friend, "of any friend"),
    Question("CheckAppUpdates", check_app_updates),
    Question("SearchByName", search_by_name, "the owner's in it"),
    Question("ReportInstall", report_install, "to the owner"),
    Question("RecallPush", recall_push, "of the owner's push"),
    Question("ListEvents", list_events, "the owner's push in it"),
    Question("Subscribe", subscribe, "the owner's push in it"),
    Question("PushShares", push_shares, "by the owner, to the viewer"),
    Question("PreviewShares", preview_shares, "by the owner, as the viewer"),
    Question("BatchCheckFriends", check_friends, "the owner", once=True),
    Question("ListFriends", list_friends, "the owner in it", once=True),
    Question("ListDevices", list_devices, "the owner in it", once=True),
    Question("ListBlocks", _own("friends", "ListBlocks", pb.ListBlocksRequest()), once=True),
    Question("BlockPerson", block_person, "the owner", once=True),
    Question("UnblockPerson", unblock_person, "the owner", once=True),
    Question("SetAudiences", set_audiences, "of the owner's app", once=True),
    Question("PublishApps", _own("sharing", "PublishApps", _OWN_APP), once=True),
    Question("ListMyApps", _own("sharing", "ListMyApps", pb.ListMyAppsRequest()), once=True),
    Question("SetDefaultAudience", _own("sharing", "SetDefaultAudience", _TO_EVERYONE), once=True),
    Question("GetDefaultAudience", _own("sharing", "GetDefaultAudience", pb.GetDefaultAudienceRequest()), once=True),
    Question("SetPushPreference", _own("sharing", "SetPushPreference", _FROM_FRIENDS), once=True),
    Question("GetPushPreference", _own("sharing", "GetPushPreference", pb.GetPushPreferenceRequest()), once=True),
    Question("AcknowledgeEvents", _own("inbox", "AcknowledgeEvents", _THROUGH_FIRST), once=True),
    Question("SyncContacts", sync_contacts, once=True),
    Question("Register", register, "the owner's number", once=True),
    Question("VerifyNumber", verify_number, "of the owner, guessed", once=True),
    Question("RefreshSession", refresh_session, once=True),
)
"""In the order in which they are asked of one situation."""

ENDINGS = (
    Question("RemoveDevice", remove_device, "the owner's", once=True),
    Question("DeleteAccount", delete_account, once=True),
)
"""Each is asked of a situation of its own."""
