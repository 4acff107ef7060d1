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


@dataclass(frozen=True)
class Friend:
    """A friend's device.

    Attributes:
        contact_id: 0 when the friend is not in the device's book.
    """

    device_id: str
    contact_id: int
    level: FriendshipLevel


@dataclass(frozen=True)
class FriendList:
    """Friends, confirmed ones first.

    Attributes:
        truncated: there are more than the operator lets a list hold.
    """

    friends: tuple[Friend, ...]
    truncated: bool


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
    """

    policy: PushPolicy
    selected_device_ids: tuple[str, ...] = ()


class PushOutcome(StrEnum):
    """What became of a push for one recipient; it never tells why."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True)
class SharesPushed:
    """A friend pushed shares."""

    sender_device_id: str
    shares: tuple[Share, ...]
    note: str


@dataclass(frozen=True)
class InboxEvent:
    """A durable event, delivered until it is acknowledged.

    Attributes:
        pushed: None for an event of a kind that this version does not know.
    """

    position: int
    create_time: datetime
    pushed: SharesPushed | None


@dataclass(frozen=True)
class Heartbeat:
    """The inbox's stream lives.

    Attributes:
        head_position: of the newest event; 0 when there has never been one.
    """

    head_position: int


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
