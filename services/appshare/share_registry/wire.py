"""Messages of ShareRegistry turned into what the domain speaks of, and back.

A `read_` function checks what it reads. It takes the path of the field for its error, and raises
`errors.InvalidArgumentError` (INVALID_FIELD) when the field is missing, out of range or of the wrong form.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from google.protobuf.internal.containers import RepeatedCompositeFieldContainer
from google.protobuf.timestamp_pb2 import Timestamp

from appshare.rpc import paging
from appshare.rpc.fields import invalid_field, require_length, require_printable, require_text
from appshare.share_registry.model import (
    App,
    Audience,
    AudienceKind,
    Deletion,
    InboxEvent,
    InboxGap,
    Install,
    InventoryApp,
    Level,
    MergedShare,
    NameSearch,
    Page,
    Platform,
    Push,
    PushOutcome,
    PushPolicy,
    PushPreference,
    RelatedDevice,
    Share,
    SharedVersion,
    SharesPushed,
)
from appshare.v1 import app_pb2, deletion_pb2, device_pb2, friendship_pb2, inbox_pb2, share_pb2
from appshare.v1 import share_registry_pb2 as pb

Number = TypeVar("Number")
Value = TypeVar("Value")

_MAX_DEVICES = 5_000
"""Devices that one field may name."""

_MAX_MERGED_OWNERS = 4_000
"""Devices whose lists are merged."""

_MAX_DELETED = 100
"""Devices that are deleted at a time."""

_MAX_NAMES = 200
"""Package names that are looked for at once."""

_MAX_FOUND_NAMES = 5_000
"""Package names that a search by name also counts."""

_MAX_INTEGER = 2**63 - 1
"""What a database holds: the largest version code, and beyond every position."""

_DEVICE_ID = re.compile(r"[!-~]{1,128}")
_PACKAGE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,254}")
_SHA256 = re.compile(r"[0-9a-f]{64}")

_PLATFORMS = {device_pb2.PLATFORM_ANDROID: Platform.ANDROID, device_pb2.PLATFORM_IOS: Platform.IOS}
_LEVELS = {
    friendship_pb2.FRIENDSHIP_LEVEL_NONE: Level.NONE,
    friendship_pb2.FRIENDSHIP_LEVEL_LIKELY: Level.LIKELY,
    friendship_pb2.FRIENDSHIP_LEVEL_CONFIRMED: Level.CONFIRMED,
}
_KINDS = {
    share_pb2.AUDIENCE_KIND_NOBODY: AudienceKind.NOBODY,
    share_pb2.AUDIENCE_KIND_FRIENDS: AudienceKind.FRIENDS,
    share_pb2.AUDIENCE_KIND_EVERYONE: AudienceKind.EVERYONE,
    share_pb2.AUDIENCE_KIND_SELECTED: AudienceKind.SELECTED,
}
_POLICIES = {
    share_pb2.PUSH_POLICY_OFF: PushPolicy.OFF,
    share_pb2.PUSH_POLICY_FRIENDS: PushPolicy.FRIENDS,
    share_pb2.PUSH_POLICY_SELECTED: PushPolicy.SELECTED,
}
_OUTCOMES = {
    PushOutcome.ACCEPTED: share_pb2.PUSH_OUTCOME_ACCEPTED,
    PushOutcome.REFUSED: share_pb2.PUSH_OUTCOME_REFUSED,
}
_PLATFORM_NUMBERS = {platform: number for number, platform in _PLATFORMS.items()}
_KIND_NUMBERS = {kind: number for number, kind in _KINDS.items()}
_POLICY_NUMBERS = {policy: number for number, policy in _POLICIES.items()}


def read_device_id(text: str, field: str) -> str:
    """An id that the cloud gave a device."""
    if not _DEVICE_ID.fullmatch(text):
        raise invalid_field(field, "must be the id of a device")
    return text


def read_package_name(text: str, field: str) -> str:
    """An Android application id or an iOS bundle id."""
    if not _PACKAGE_NAME.fullmatch(text):
        raise invalid_field(field, "must be 1 to 255 letters, digits, dots, hyphens and underscores")
    return text


def read_apps(messages: Sequence[app_pb2.App], field: str) -> list[App]:
    """Apps, each once."""
    apps = [_read_app(message, f"{field}[{index}]") for index, message in enumerate(messages)]
    _refuse_repeated((app.package_name for app in apps), field, ".package_name")
    return apps


def read_delta(message: share_pb2.InventoryDelta, field: str) -> tuple[list[App], list[str]]:
    """The apps that are there now, and the package names of those that are gone."""
    upserted = read_apps(message.upserted, f"{field}.upserted")
    removed = read_package_names(message.removed_package_names, f"{field}.removed_package_names")
    kept = {app.package_name for app in upserted}
    for index, name in enumerate(removed):
        if name in kept:
            raise invalid_field(f"{field}.removed_package_names[{index}]", "is upserted by the same delta")
    return upserted, removed


def read_package_names(names: Sequence[str], field: str) -> list[str]:
    """Package names, each once."""
    _refuse_repeated(names, field)
    return [read_package_name(name, f"{field}[{index}]") for index, name in enumerate(names)]


def read_audiences(messages: Sequence[share_pb2.AudienceChange], field: str) -> dict[str, Audience]:
    """Audiences by package name, each once."""
    _refuse_repeated((message.package_name for message in messages), field, ".package_name")
    return {
        read_package_name(message.package_name, f"{field}[{index}].package_name"): read_audience(
            message.audience, f"{field}[{index}].audience"
        )
        for index, message in enumerate(messages)
    }


def read_audience(message: share_pb2.Audience, field: str) -> Audience:
    """Who may see an app."""
    kind = _read_enum(_KINDS, message.kind, f"{field}.kind")
    selected = _read_selected(
        message.selected_device_ids, f"{field}.selected_device_ids", wanted=kind is AudienceKind.SELECTED
    )
    return Audience(kind, selected)


def read_merged_owners(messages: Sequence[pb.RelatedDevice], field: str) -> list[RelatedDevice]:
    """Devices whose lists are merged, each once."""
    _require_few(messages, field, _MAX_MERGED_OWNERS)
    return read_related_devices(messages, field)


def read_deleted_devices(device_ids: Sequence[str], field: str) -> frozenset[str]:
    """Ids of devices that are to be deleted, each once."""
    return _read_device_ids(device_ids, field, _MAX_DELETED)


def read_wanted_names(names: Sequence[str], field: str) -> list[str]:
    """Package names that are looked for, each once."""
    if len(names) > _MAX_NAMES:
        raise invalid_field(field, f"must not hold more than {_MAX_NAMES} names")
    return read_package_names(names, field)


def read_search(text: str, field: str) -> str:
    """What is searched for; empty for everything."""
    return require_printable(require_length(text, field, 64), field)


def read_name_search(request: pb.FindMergedSharesRequest) -> NameSearch:
    """What a search by name is for; a package name that no app can have finds nothing."""
    if len(request.package_names) > _MAX_FOUND_NAMES:
        raise invalid_field("package_names", f"must not hold more than {_MAX_FOUND_NAMES} names")
    return NameSearch(
        tuple(require_text(read_search(request.text, "text"), "text").casefold().split()),
        frozenset(request.package_names),
        request.after_package_name,
        request.last_package_name,
    )


def read_related_devices(messages: Sequence[pb.RelatedDevice], field: str) -> list[RelatedDevice]:
    """Devices with their levels and whose they are, each once."""
    _require_few(messages, field)
    _refuse_repeated((message.device_id for message in messages), field, ".device_id")
    return [
        RelatedDevice(
            read_device_id(message.device_id, f"{field}[{index}].device_id"),
            _read_enum(_LEVELS, message.level, f"{field}[{index}].level"),
            message.person,
        )
        for index, message in enumerate(messages)
    ]


def read_push(request: pb.DeliverPushRequest) -> Push:
    """What a sender pushes."""
    return Push(
        read_device_id(request.sender_device_id, "sender_device_id"),
        frozenset(read_package_names(request.package_names, "package_names")),
        require_printable(require_length(request.note, "note", 200), "note"),
    )


def read_install(request: pb.RecordInstallRequest) -> Install:
    """What a viewer has installed."""
    return Install(
        read_device_id(request.viewer_device_id, "viewer_device_id"),
        read_package_name(request.package_name, "package_name"),
        _read_version_code(request.version_code, "version_code"),
    )


def read_merged_token(token: str) -> tuple[str, str]:
    """The package name and platform behind which a page of merged shares starts.

    Raises:
        errors.InvalidArgumentError: INVALID_PAGE_TOKEN.
    """
    package_name, platform = paging.decode_token(token, str, str) or ("", "")
    if token and platform not in Platform.__members__.values():
        raise paging.invalid_page_token()
    return str(package_name), str(platform)


def read_push_id(text: str, field: str) -> str:
    """An id that the cloud gave a push, or anything that could be one."""
    return require_text(require_length(text, field, 64), field)


def read_position(number: int) -> int:
    """A position, or the last one possible when the number is beyond."""
    return min(number, _MAX_INTEGER)


def read_push_preference(message: share_pb2.PushPreference, field: str) -> PushPreference:
    """From whom a device accepts pushes."""
    policy = _read_enum(_POLICIES, message.policy, f"{field}.policy")
    selected = _read_selected(
        message.selected_device_ids, f"{field}.selected_device_ids", wanted=policy is PushPolicy.SELECTED
    )
    return PushPreference(policy, selected, _read_device_ids(message.muted_device_ids, f"{field}.muted_device_ids"))


def write_audience(audience: Audience) -> share_pb2.Audience:
    """Who may see an app."""
    return share_pb2.Audience(kind=_KIND_NUMBERS[audience.kind], selected_device_ids=sorted(audience.selected))


def write_inventory_app(entry: InventoryApp) -> share_pb2.InventoryApp:
    """An app with its audience."""
    message = share_pb2.InventoryApp(audience=write_audience(entry.audience))
    _fill_in_app(message.app, entry.app)
    return message


def write_share(share: Share) -> share_pb2.Share:
    """An app that an owner shares."""
    message = share_pb2.Share(owner_device_id=share.owner_id)
    _fill_in_app(message.app, share.app)
    return message


def add_shares(messages: RepeatedCompositeFieldContainer[share_pb2.Share], shares: Iterable[Share]) -> None:
    """Adds apps that owners share to a page; made elsewhere and put into it, each would be copied twice."""
    for share in shares:
        _fill_in_app(messages.add(owner_device_id=share.owner_id).app, share.app)


def write_merged_share(share: MergedShare) -> share_pb2.MergedShare:
    """An app that owners share."""
    return share_pb2.MergedShare(
        platform=_PLATFORM_NUMBERS[share.platform],
        package_name=share.package_name,
        label=share.label,
        versions=map(_write_version, share.versions),
        friend_count=share.friend_count,
        owner_device_ids=share.owner_ids,
    )


def write_merged_token(page: Page[MergedShare]) -> str:
    """The token of the page behind this one; empty for none."""
    return paging.encode_token(page.items[-1].package_name, page.items[-1].platform) if page.more else ""


def write_outcome(outcome: PushOutcome) -> share_pb2.PushOutcome.ValueType:
    """What became of a push for one recipient."""
    return _OUTCOMES[outcome]


def write_push_preference(preference: PushPreference) -> share_pb2.PushPreference:
    """From whom a device accepts pushes."""
    return share_pb2.PushPreference(
        policy=_POLICY_NUMBERS[preference.policy],
        selected_device_ids=sorted(preference.selected),
        muted_device_ids=sorted(preference.muted),
    )


def write_inbox_event(event: InboxEvent) -> inbox_pb2.InboxEvent:
    """An event as it is delivered."""
    create_time = Timestamp()
    create_time.FromMilliseconds(int(event.create_time * 1000))
    message = inbox_pb2.InboxEvent(position=event.position, create_time=create_time)
    match event.content:
        case SharesPushed(sender_id, note, shares):
            pushed = inbox_pb2.SharesPushed(sender_device_id=sender_id, shares=map(write_share, shares), note=note)
            message.shares_pushed.CopyFrom(pushed)
        case Install(viewer_id, package_name, version_code):
            installed = inbox_pb2.AppInstalled(
                viewer_device_id=viewer_id, package_name=package_name, version_code=version_code
            )
            message.app_installed.CopyFrom(installed)
        case InboxGap(event_count):
            message.gap.CopyFrom(inbox_pb2.InboxGap(event_count=event_count))
    return message


def write_deletion(deletion: Deletion) -> deletion_pb2.RegistryDeletion:
    """How much was deleted."""
    return deletion_pb2.RegistryDeletion(
        apps=deletion.apps,
        inbox_events=deletion.inbox_events,
        events_sent=deletion.events_sent,
        settings=deletion.settings,
    )


def _read_app(message: app_pb2.App, field: str) -> App:
    return App(
        platform=_read_enum(_PLATFORMS, message.platform, f"{field}.platform"),
        package_name=read_package_name(message.package_name, f"{field}.package_name"),
        label=_read_shown(message.label, f"{field}.label", 200),
        version_name=_read_shown(message.version_name, f"{field}.version_name", 100),
        version_code=_read_version_code(message.version_code, f"{field}.version_code"),
        signer_sha256=_read_sha256(message.signer_sha256, f"{field}.signer_sha256"),
        icon_sha256=_read_sha256(message.icon_sha256, f"{field}.icon_sha256"),
    )


def _read_version_code(number: int, field: str) -> int:
    if number > _MAX_INTEGER:
        raise invalid_field(field, f"must be at most {_MAX_INTEGER}")
    return number


def _read_shown(text: str, field: str, at_most: int) -> str:
    return require_printable(require_length(text, field, at_most), field)


def _read_sha256(text: str, field: str) -> str:
    if text and not _SHA256.fullmatch(text):
        raise invalid_field(field, "must be 64 lower-case hexadecimal digits, or empty")
    return text


def _read_selected(device_ids: Sequence[str], field: str, *, wanted: bool) -> frozenset[str]:
    if wanted != bool(device_ids):
        raise invalid_field(field, "name at least one" if wanted else "name devices only to select them")
    return _read_device_ids(device_ids, field)


def _read_device_ids(device_ids: Sequence[str], field: str, at_most: int = _MAX_DEVICES) -> frozenset[str]:
    _require_few(device_ids, field, at_most)
    _refuse_repeated(device_ids, field)
    return frozenset(read_device_id(device_id, f"{field}[{index}]") for index, device_id in enumerate(device_ids))


def _read_enum(values: Mapping[Number, Value], number: Number, field: str) -> Value:
    value = values.get(number)
    if value is None:
        raise invalid_field(field, "must be one of the named values")
    return value


def _require_few(devices: Sequence[object], field: str, at_most: int = _MAX_DEVICES) -> None:
    if len(devices) > at_most:
        raise invalid_field(field, f"must not name more than {at_most} devices")


def _refuse_repeated(names: Iterable[str], field: str, part: str = "") -> None:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            raise invalid_field(f"{field}[{index}]{part}", "is named twice")
        seen.add(name)


def _write_version(version: SharedVersion) -> share_pb2.SharedVersion:
    return share_pb2.SharedVersion(
        version_name=version.version_name, version_code=version.version_code, signer_sha256=version.signer_sha256
    )


def _fill_in_app(message: app_pb2.App, app: App) -> None:
    message.platform = _PLATFORM_NUMBERS[app.platform]
    message.package_name = app.package_name
    message.label = app.label
    message.version_name = app.version_name
    message.version_code = app.version_code
    message.signer_sha256 = app.signer_sha256
    message.icon_sha256 = app.icon_sha256
