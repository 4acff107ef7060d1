"""Messages of the gateway turned into the model, and back."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from appshare.device_agent import model
from appshare.fit.wire import read_platform, write_platform
from appshare.v1 import (
    app_pb2,
    app_search_pb2,
    error_reason_pb2,
    fit_pb2,
    friendship_pb2,
    inbox_pb2,
    share_pb2,
    update_pb2,
)
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
_REASONS = {
    friendship_pb2.FRIENDSHIP_REASON_BOTH_LIST: model.FriendshipReason.BOTH_LIST,
    friendship_pb2.FRIENDSHIP_REASON_OWNER_LISTS: model.FriendshipReason.OWNER_LISTS,
    friendship_pb2.FRIENDSHIP_REASON_SHARED_CONTACTS: model.FriendshipReason.SHARED_CONTACTS,
}
_UPDATE_STATES = {
    update_pb2.UPDATE_STATE_AVAILABLE: model.UpdateState.AVAILABLE,
    update_pb2.UPDATE_STATE_OTHER_SIGNER: model.UpdateState.OTHER_SIGNER,
}
_AVAILABILITIES = {
    app_search_pb2.APP_AVAILABILITY_FITS: model.Availability.FITS,
    app_search_pb2.APP_AVAILABILITY_APP_STORE: model.Availability.APP_STORE,
    app_search_pb2.APP_AVAILABILITY_NO_FIT: model.Availability.NO_FIT,
    app_search_pb2.APP_AVAILABILITY_NOT_SHARED: model.Availability.NOT_SHARED,
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


def read_my_device(message: pb.MyDevice) -> model.MyDevice:
    """A device of the number."""
    return model.MyDevice(
        device_id=message.device_id,
        register_time=_read_time(message.register_time),
        last_seen_time=_read_time(message.last_seen_time),
        is_this_device=message.is_this_device,
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
    return model.Friend(message.device_id, message.contact_id, level, _REASONS.get(message.reason))


def read_friend_check(message: pb.FriendCheck) -> model.FriendCheck:
    """Whether a person is a friend."""
    error = error_reason_pb2.ErrorReason.Name(message.error).removeprefix("ERROR_REASON_") if message.error else None
    return model.FriendCheck(_LEVELS.get(message.level, model.FriendshipLevel.NONE), error)


def read_block(message: friendship_pb2.Block) -> model.Block:
    """Somebody who is blocked."""
    return model.Block(message.block_id, message.contact_id, _read_time(message.create_time))


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


def write_installed(app: model.App) -> update_pb2.InstalledApp:
    """An app of the device, as far as a newer version depends on it."""
    return update_pb2.InstalledApp(
        package_name=app.package_name, version_code=app.version_code, signer_sha256=app.signer_sha256
    )


def read_update(message: update_pb2.AppUpdate) -> model.AppUpdate:
    """What there is to do about an app; a state of a newer server counts as nothing."""
    state = _UPDATE_STATES.get(message.state, model.UpdateState.NONE)
    return model.AppUpdate(
        message.package_name, state, message.version_name, message.version_code, message.signer_sha256
    )


def read_inventory_app(message: share_pb2.InventoryApp) -> model.InventoryApp:
    """An app of the device."""
    return model.InventoryApp(read_app(message.app), read_audience(message.audience))


def read_audience(message: share_pb2.Audience) -> model.Audience:
    """An audience; one of a newer server counts as nobody."""
    kind = _KINDS.get(message.kind, model.AudienceKind.NOBODY)
    return model.Audience(kind, tuple(message.selected_device_ids))


def write_audience(audience: model.Audience) -> share_pb2.Audience:
    """An audience."""
    return share_pb2.Audience(kind=_KIND_NUMBERS[audience.kind], selected_device_ids=audience.selected_device_ids)


def write_audience_change(package_name: str, audience: model.Audience) -> share_pb2.AudienceChange:
    """The audience that an app shall have."""
    return share_pb2.AudienceChange(package_name=package_name, audience=write_audience(audience))


def read_share(message: share_pb2.Share) -> model.Share:
    """A share."""
    return model.Share(message.owner_device_id, read_app(message.app))


def read_merged_share(message: share_pb2.MergedShare) -> model.MergedShare:
    """An app that friends share."""
    return model.MergedShare(
        package_name=message.package_name,
        label=message.label,
        versions=tuple(
            model.SharedVersion(each.version_name, each.version_code, each.signer_sha256) for each in message.versions
        ),
        friend_count=message.friend_count,
        owner_device_ids=tuple(message.owner_device_ids),
        platform=read_platform(message.platform),
    )


def read_preference(message: share_pb2.PushPreference) -> model.PushPreference:
    """A push preference; a policy of a newer server counts as off."""
    policy = _POLICIES.get(message.policy, model.PushPolicy.OFF)
    return model.PushPreference(policy, tuple(message.selected_device_ids), tuple(message.muted_device_ids))


def write_preference(preference: model.PushPreference) -> share_pb2.PushPreference:
    """A push preference."""
    return share_pb2.PushPreference(
        policy=_POLICY_NUMBERS[preference.policy],
        selected_device_ids=preference.selected_device_ids,
        muted_device_ids=preference.muted_device_ids,
    )


def read_outcome(number: share_pb2.PushOutcome.ValueType) -> model.PushOutcome:
    """What became of a push; only a clear yes counts as one."""
    accepted = number == share_pb2.PUSH_OUTCOME_ACCEPTED
    return model.PushOutcome.ACCEPTED if accepted else model.PushOutcome.REFUSED


def read_event(message: inbox_pb2.InboxEvent) -> model.InboxEvent:
    """An event of the inbox."""
    return model.InboxEvent(message.position, _read_time(message.create_time), _read_content(message))


def read_friendship_change(message: friendship_pb2.FriendshipChanged) -> model.FriendshipChanged:
    """A change of a friendship."""
    return model.FriendshipChanged(message.position, _read_time(message.create_time), read_friend(message.friend))


def read_heartbeat(message: inbox_pb2.InboxHeartbeat) -> model.Heartbeat:
    """A heartbeat."""
    return model.Heartbeat(message.head_position, message.head_friendship_position)


def read_chunk(message: fit_pb2.FileChunk) -> model.FileChunk:
    """Bytes of a file."""
    return model.FileChunk(message.file_index, message.offset, message.data)


def read_named_app(message: app_search_pb2.NamedApp) -> model.NamedApp:
    """An app that a search found."""
    return model.NamedApp(
        package_name=message.package_name,
        label=message.label,
        availability=_AVAILABILITIES.get(message.availability, model.Availability.UNKNOWN),
        version_name=message.version_name,
        version_code=message.version_code,
        upstream=message.upstream,
        friend_count=message.friend_count,
        owner_device_ids=tuple(message.owner_device_ids),
    )


def read_app(message: app_pb2.App) -> model.App:
    """An app."""
    return model.App(
        package_name=message.package_name,
        label=message.label,
        version_name=message.version_name,
        version_code=message.version_code,
        signer_sha256=message.signer_sha256,
        platform=read_platform(message.platform),
    )


def _read_content(message: inbox_pb2.InboxEvent) -> model.SharesPushed | model.AppInstalled | model.InboxGap | None:
    match message.WhichOneof("event"):
        case "shares_pushed":
            pushed = message.shares_pushed
            return model.SharesPushed(pushed.sender_device_id, tuple(map(read_share, pushed.shares)), pushed.note)
        case "app_installed":
            installed = message.app_installed
            return model.AppInstalled(installed.viewer_device_id, installed.package_name, installed.version_code)
        case "gap":
            return model.InboxGap(message.gap.event_count)
        case _:
            return None


def _read_time(message: Timestamp) -> datetime:
    return message.ToDatetime(UTC)
