"""What a device agent speaks of; protobuf stops before these."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from appshare.fit.device_profile import Platform


@dataclass(frozen=True)
class Registration:
    """A registration that waits for its one-time code."""

    registration_id: str
    code_expire_time: datetime


@dataclass(frozen=True)
class Session:
    """The right to call as a device."""

    device_id: str
    access_token: str = field(repr=False)
    access_expire_time: datetime
    refresh_token: str = field(repr=False)


@dataclass(frozen=True)
class MyDevice:
    """One of the devices of a number.

    Attributes:
        last_seen_time: when its session was last renewed.
        is_this_device: it is the one that calls.
    """

    device_id: str
    register_time: datetime
    last_seen_time: datetime
    is_this_device: bool


@dataclass(frozen=True)
class ByNumber:
    """The person who has a phone number, in E.164 or as dialled in the device's region."""

    number: str = field(repr=False)


@dataclass(frozen=True)
class ByContact:
    """A contact of the device's own book."""

    contact_id: int


@dataclass(frozen=True)
class ByDevice:
    """A device, as named in a list of friends or in a push."""

    device_id: str


Person: TypeAlias = ByNumber | ByContact | ByDevice


@dataclass(frozen=True)
class Contact:
    """A person of an address book, as the cloud gets to know it: without a name."""

    contact_id: int
    numbers: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class SyncedBook:
    """What a sync came to.

    Attributes:
        book_version: names this state in the next delta.
        skipped_number_count: numbers of this sync that do not count.
    """

    book_version: int
    contact_count: int
    skipped_number_count: int


class FriendshipLevel(StrEnum):
    """How sure it is that somebody is a friend."""

    NONE = "none"
    LIKELY = "likely"
    CONFIRMED = "confirmed"


class FriendshipReason(StrEnum):
    """By what a friendship holds."""

    BOTH_LIST = "both_list"
    OWNER_LISTS = "owner_lists"
    SHARED_CONTACTS = "shared_contacts"


@dataclass(frozen=True)
class Friend:
    """A friend's device.

    Attributes:
        contact_id: 0 when the friend is not in the device's book.
        reason: None where the server tells none that this version knows.
    """

    device_id: str
    contact_id: int
    level: FriendshipLevel
    reason: FriendshipReason | None = None


@dataclass(frozen=True)
class FriendList:
    """Friends, confirmed ones first.

    Attributes:
        truncated: there are more than the operator lets a list hold.
    """

    friends: tuple[Friend, ...]
    truncated: bool


@dataclass(frozen=True)
class FriendCheck:
    """Whether a person is a friend.

    Attributes:
        error: why that cannot be said, for example "INVALID_PHONE_NUMBER"; else None.
    """

    level: FriendshipLevel
    error: str | None = None


@dataclass(frozen=True)
class Block:
    """Somebody who is blocked.

    Attributes:
        contact_id: 0 when the person is not in the device's book.
    """

    block_id: str
    contact_id: int
    create_time: datetime


@dataclass(frozen=True)
class App:
    """An installed app.

    Attributes:
        package_name: its identity, an Android application id or an iOS bundle id.
        signer_sha256: empty when it is not known.
    """

    package_name: str
    label: str
    version_name: str
    version_code: int
    signer_sha256: str = ""
    platform: Platform = Platform.ANDROID


class UpdateState(StrEnum):
    """Whether there is something to do about an installed app."""

    NONE = "none"
    AVAILABLE = "available"
    OTHER_SIGNER = "other_signer"
    """A newer version fits the device, but cannot replace the app: somebody else signed it."""


@dataclass(frozen=True)
class AppUpdate:
    """What there is to do about an installed app; version and signer are those of the newer version."""

    package_name: str
    state: UpdateState
    version_name: str = ""
    version_code: int = 0
    signer_sha256: str = ""


class AudienceKind(StrEnum):
    """Who may see and install an app."""

    NOBODY = "nobody"
    FRIENDS = "friends"
    EVERYONE = "everyone"
    SELECTED = "selected"


@dataclass(frozen=True)
class Audience:
    """Who may see and install an app.

    Attributes:
        selected_device_ids: with SELECTED at least one, else none.
    """

    kind: AudienceKind
    selected_device_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class InventoryApp:
    """An app of the device with its audience."""

    app: App
    audience: Audience


@dataclass(frozen=True)
class Share:
    """An app that somebody shares with the device."""

    owner_device_id: str
    app: App


@dataclass(frozen=True)
class ShareList:
    """What somebody shares with the device.

    Attributes:
        version: names the list as it is now, for the next look.
    """

    shares: tuple[Share, ...]
    version: str


@dataclass(frozen=True)
class SharedVersion:
    """A version in which an app is shared."""

    version_name: str
    version_code: int
    signer_sha256: str = ""


@dataclass(frozen=True)
class MergedShare:
    """An app that friends share, put together from all their lists.

    Attributes:
        label: as the newest version has it.
        versions: newest first; not all when they are many.
        friend_count: how many people share it.
        owner_device_ids: their devices; none when they are too few to be named.
    """

    package_name: str
    label: str
    versions: tuple[SharedVersion, ...]
    friend_count: int
    owner_device_ids: tuple[str, ...]
    platform: Platform = Platform.ANDROID


@dataclass(frozen=True)
class MergedShares:
    """What all friends share, by package name.

    Attributes:
        truncated: there are more friends than the operator lets a list hold; what those share is not in it.
    """

    shares: tuple[MergedShare, ...]
    truncated: bool


class Availability(StrEnum):
    """Whether the device can have an app that a search found."""

    UNKNOWN = "unknown"
    FITS = "fits"
    APP_STORE = "app-store"
    NO_FIT = "no-fit"
    NOT_SHARED = "not-shared"
    """An upstream lists it; it cannot be downloaded until a friend shares it."""


@dataclass(frozen=True)
class NamedApp:
    """An app that a search by name found.

    Attributes:
        version_name: of the newest version that fits, or of the newest that is listed; empty: not known.
        upstream: where it comes from; empty: the catalogue, or not known.
        friend_count: how many people share it.
        owner_device_ids: their devices; none when they are too few to be named.
    """

    package_name: str
    label: str
    availability: Availability
    version_name: str
    version_code: int
    upstream: str
    friend_count: int
    owner_device_ids: tuple[str, ...]


@dataclass(frozen=True)
class NamedApps:
    """What a search by name found, by package name.

    Attributes:
        truncated: there are more friends than the operator lets a list hold; what those share is not in it.
    """

    apps: tuple[NamedApp, ...]
    truncated: bool


class PushPolicy(StrEnum):
    """From whom a device accepts pushes."""

    OFF = "off"
    FRIENDS = "friends"
    SELECTED = "selected"


@dataclass(frozen=True)
class PushPreference:
    """From whom a device accepts pushes.

    Attributes:
        selected_device_ids: with SELECTED at least one, else none.
        muted_device_ids: from which nothing is accepted, whatever the policy says.
    """

    policy: PushPolicy
    selected_device_ids: tuple[str, ...] = ()
    muted_device_ids: tuple[str, ...] = ()


class PushOutcome(StrEnum):
    """What became of a push for one recipient; it never tells why."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True)
class Push:
    """What became of a push.

    Attributes:
        push_id: to take it back.
        outcomes: one per recipient, in their order.
    """

    push_id: str
    outcomes: tuple[PushOutcome, ...]


@dataclass(frozen=True)
class SharesPushed:
    """A friend pushed shares."""

    sender_device_id: str
    shares: tuple[Share, ...]
    note: str


@dataclass(frozen=True)
class AppInstalled:
    """Somebody who told so has installed an app that the device shares."""

    viewer_device_id: str
    package_name: str
    version_code: int


@dataclass(frozen=True)
class InboxGap:
    """Events that were never acknowledged are gone: they had become too many or too old."""

    event_count: int


@dataclass(frozen=True)
class InboxEvent:
    """A durable event of the inbox, delivered until it is acknowledged.

    Attributes:
        content: None for an event of a kind that this version does not know.
    """

    position: int
    create_time: datetime
    content: SharesPushed | AppInstalled | InboxGap | None


@dataclass(frozen=True)
class FriendshipChanged:
    """A friendship has begun, has another level, or is over; delivered until it is acknowledged.

    Attributes:
        position: among the changes of friendships; the inbox has positions of its own.
        friend: with level NONE: no friend any more.
    """

    position: int
    create_time: datetime
    friend: Friend


Event: TypeAlias = InboxEvent | FriendshipChanged


@dataclass(frozen=True)
class Heartbeat:
    """The stream of events lives.

    Attributes:
        head_position: of the newest event of the inbox; 0 when there has never been one.
        head_friendship_position: of the newest change of a friendship, likewise.
    """

    head_position: int
    head_friendship_position: int


@dataclass(frozen=True)
class FileChunk:
    """Bytes of one file of a fit.

    Attributes:
        file_index: into `Fit.files`.
        offset: of the first byte of `data` in the file.
    """

    file_index: int
    offset: int
    data: bytes = field(repr=False)
