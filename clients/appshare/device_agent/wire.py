"""Messages of the gateway turned into the model, and back."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from appshare.device_agent import model
from appshare.fit.wire import read_platform, write_platform
from appshare.v1 import app_pb2, fit_pb2, friendship_pb2, inbox_pb2, share_pb2
from appshare.v1 import device_gateway_pb2 as pb

_LEVELS = {
    friendship_pb2.FRIENDSHIP_LEVEL_LIKELY: model.FriendshipLevel.LIKELY,
    friendship_pb2.FRIENDSHIP_LEVEL_CONFIRMED: model.FriendshipLevel.CONFIRMED,
}
_KINDS = {
    share_pb2.AUDIENCE_KIND_FRIENDS: model.AudienceKind.FRIENDS,
    share_pb2.AUDIENCE_KIND_EVERYONE: model.AudienceKind.EVERYONE,
    share_pb2.AUDIENCE_KIND_SELECTED: model.AudienceKind.SELECTED,
    share_pb2.AUDIENCE_KIND_NOBODY: model.AudienceKind.NOBODY,
}
_POLICIES = {
    share_pb2.PUSH_POLICY_OFF: model.PushPolicy.OFF,
    share_pb2.PUSH_POLICY_FRIENDS: model.PushPolicy.FRIENDS,
    share_pb2.PUSH_POLICY_SELECTED: model.PushPolicy.SELECTED,
}
_KIND_NUMBERS = {kind: number for number, kind in _KINDS.items()}
_POLICY_NUMBERS = {policy: number for number, policy in _POLICIES.items()}


def read_registration(message: pb.RegisterResponse) -> model.Registration:
    """A registration that waits for its code."""
    return model.Registration(message.registration_id, _read_time(message.code_expire_time))


def read_session(message: pb.Session) -> model.Session:
    """A session."""
    return model.Session(
        device_id=message.device_id,
        access_token=message.access_token,
        access_expire_time=_read_time(message.access_expire_time),
        refresh_token=message.refresh_token,
    )


def write_person(person: model.Person) -> friendship_pb2.PersonRef:
    """A person."""
    match person:
        case model.ByNumber(number):
            return friendship_pb2.PersonRef(number=number)
        case model.ByContact(contact_id):
            return friendship_pb2.PersonRef(contact_id=contact_id)
        case model.ByDevice(device_id):
            return friendship_pb2.PersonRef(device_id=device_id)


def write_contact(contact: model.Contact) -> friendship_pb2.Contact:
    """A contact."""
    return friendship_pb2.Contact(contact_id=contact.contact_id, numbers=contact.numbers)


def read_synced_book(message: pb.SyncContactsResponse) -> model.SyncedBook:
    """What a sync came to."""
    return model.SyncedBook(message.book_version, message.contact_count, message.skipped_number_count)


def read_friend(message: friendship_pb2.Friend) -> model.Friend:
    """A friend; a level of a newer server counts as none."""
    level = _LEVELS.get(message.level, model.FriendshipLevel.NONE)
    return model.Friend(message.device_id, message.contact_id, level)


def write_app(app: model.App) -> app_pb2.App:
    """An app."""
    return app_pb2.App(
        platform=write_platform(app.platform),
        package_name=app.package_name,
        label=app.label,
        version_name=app.version_name,
        version_code=app.version_code,
        signer_sha256=app.signer_sha256,
    )


def read_inventory_app(message: share_pb2.InventoryApp) -> model.InventoryApp:
    """An app of the device; an audience of a newer server counts as nobody."""
    kind = _KINDS.get(message.audience.kind, model.AudienceKind.NOBODY)
    audience = model.Audience(kind, tuple(message.audience.selected_device_ids))
    return model.InventoryApp(_read_app(message.app), audience)


def write_audience_change(package_name: str, audience: model.Audience) -> share_pb2.AudienceChange:
    """The audience that an app shall have."""
    return share_pb2.AudienceChange(
        package_name=package_name,
        audience=share_pb2.Audience(
            kind=_KIND_NUMBERS[audience.kind], selected_device_ids=audience.selected_device_ids
        ),
    )


def read_share(message: share_pb2.Share) -> model.Share:
    """A share."""
    return model.Share(message.owner_device_id, _read_app(message.app))


def read_preference(message: share_pb2.PushPreference) -> model.PushPreference:
    """A push preference; a policy of a newer server counts as off."""
    policy = _POLICIES.get(message.policy, model.PushPolicy.OFF)
    return model.PushPreference(policy, tuple(message.selected_device_ids))


def write_preference(preference: model.PushPreference) -> share_pb2.PushPreference:
    """A push preference."""
    return share_pb2.PushPreference(
        policy=_POLICY_NUMBERS[preference.policy], selected_device_ids=preference.selected_device_ids
    )


def read_outcome(number: share_pb2.PushOutcome.ValueType) -> model.PushOutcome:
    """What became of a push; only a clear yes counts as one."""
    accepted = number == share_pb2.PUSH_OUTCOME_ACCEPTED
    return model.PushOutcome.ACCEPTED if accepted else model.PushOutcome.REFUSED


def read_event(message: inbox_pb2.InboxEvent) -> model.InboxEvent:
    """An event."""
    pushed = message.shares_pushed
    return model.InboxEvent(
        position=message.position,
        create_time=_read_time(message.create_time),
        pushed=model.SharesPushed(pushed.sender_device_id, tuple(map(read_share, pushed.shares)), pushed.note)
        if message.HasField("shares_pushed")
        else None,
    )


def read_chunk(message: fit_pb2.FileChunk) -> model.FileChunk:
    """Bytes of a file."""
    return model.FileChunk(message.file_index, message.offset, message.data)


def _read_app(message: app_pb2.App) -> model.App:
    return model.App(
        package_name=message.package_name,
        label=message.label,
        version_name=message.version_name,
        version_code=message.version_code,
        signer_sha256=message.signer_sha256,
        platform=read_platform(message.platform),
    )


def _read_time(message: Timestamp) -> datetime:
    return message.ToDatetime(UTC)
