"""What ShareRegistry speaks of."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Generic, NamedTuple, NewType, TypeAlias, TypeVar

Item = TypeVar("Item")


class Platform(StrEnum):
    """The operating system of an app."""

    ANDROID = "android"
    IOS = "ios"


class App(NamedTuple):
    """An app as it is installed on a device; the fields are those of `app.proto`.

    A tuple, since a page of shares makes hundreds of them.
    """

    platform: Platform
    package_name: str
    label: str
    version_name: str
    version_code: int
    signer_sha256: str
    icon_sha256: str


class AudienceKind(StrEnum):
    """Who may see an app of an owner."""

    NOBODY = "nobody"
    FRIENDS = "friends"
    EVERYONE = "everyone"
    SELECTED = "selected"


@dataclass(frozen=True, slots=True)
class Audience:
    """Who may see an app of an owner.

    Attributes:
        selected: device ids, none with another kind than SELECTED; with it, none is left when all have been deleted.
    """

    kind: AudienceKind
    selected: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class InventoryApp:
    """An app of an owner with its audience, as only the owner sees it."""

    app: App
    audience: Audience


class Share(NamedTuple):
    """An app that an owner shares with the viewer who asks; a tuple, as the app."""

    owner_id: str
    app: App


class Level(IntEnum):
    """How sure it is that two devices are friends."""

    NONE = 0
    LIKELY = 1
    CONFIRMED = 2


@dataclass(frozen=True, slots=True)
class RelatedDevice:
    """Another device and its level of friendship in the direction that the request is about.

    Attributes:
        person: devices with the same number, above 0, are one person's.
    """

    device_id: str
    level: Level
    person: int = 0


Key = NewType("Key", str)
"""What an app admits and a viewer holds; `visibility.py` alone knows what it means."""

Keyring: TypeAlias = Mapping[str, frozenset[Key]]
"""The keys that a viewer holds, by the device id of the owner whose apps they open."""


@dataclass(frozen=True, slots=True)
class SharedVersion:
    """A version in which an app is shared."""

    version_code: int
    version_name: str
    signer_sha256: str


@dataclass(frozen=True, slots=True)
class NameSearch:
    """What a search by name is for: apps whose names hold all of the words, and those that are named.

    Attributes:
        words: casefolded.
        after: only apps behind this package name.
        last: only apps up to this package name; empty: all of them.
    """

    words: tuple[str, ...]
    package_names: frozenset[str] = frozenset()
    after: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class MergedShare:
    """An app that owners share with a viewer, put together from all their lists.

    Attributes:
        label: as the newest version has it.
        versions: newest first.
        friend_count: how many people share it.
        owner_ids: their devices; none when they are too few to be named.
    """

    platform: Platform
    package_name: str
    label: str
    versions: tuple[SharedVersion, ...]
    friend_count: int
    owner_ids: tuple[str, ...]


class PushPolicy(StrEnum):
    """From whom a device accepts pushes."""

    OFF = "off"
    FRIENDS = "friends"
    SELECTED = "selected"


@dataclass(frozen=True, slots=True)
class PushPreference:
    """From whom a device accepts pushes.

    Attributes:
        selected: device ids, none with another policy than SELECTED; with it, none is left when all have been deleted.
        muted: device ids from which nothing is accepted, whatever the policy says.
    """

    policy: PushPolicy
    selected: frozenset[str] = frozenset()
    muted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PushStance:
    """A device's preference as far as it concerns one sender.

    Attributes:
        names_sender: whether the sender is among the selected.
        mutes_sender: whether the sender is among the muted.
    """

    policy: PushPolicy
    names_sender: bool
    mutes_sender: bool


@dataclass(frozen=True, slots=True)
class Push:
    """What a sender pushes.

    Attributes:
        package_names: empty for everything that the sender shares with the recipient.
    """

    sender_id: str
    package_names: frozenset[str]
    note: str


@dataclass(frozen=True, slots=True)
class PushReceipt:
    """What became of a push that carried a request id.

    Attributes:
        push_id: of the push, for its withdrawal.
        digest: of what the sender asked for.
        accepted: ids of the recipients that have it in their inboxes.
    """

    push_id: str
    digest: bytes
    accepted: frozenset[str]


@dataclass(frozen=True, slots=True)
class PushQuota:
    """How many recipients the pushes of a sender have reached since a time, in seconds since the epoch."""

    since_time: float
    count: int


class PushOutcome(StrEnum):
    """What became of a push for one recipient; never why."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a push.

    Attributes:
        outcomes: one per recipient.
    """

    push_id: str
    outcomes: tuple[PushOutcome, ...]


@dataclass(frozen=True, slots=True)
class Install:
    """A viewer has installed a version of an app."""

    viewer_id: str
    package_name: str
    version_code: int


@dataclass(frozen=True, slots=True)
class WaitingEvents:
    """What waits in all inboxes together; gaps aside.

    Attributes:
        oldest: when the event came that has waited longest, in seconds since the epoch; None: none waits.
    """

    count: int
    oldest: float | None


@dataclass(frozen=True, slots=True)
class InboxLimits:
    """What an inbox keeps of that which is not acknowledged.

    Attributes:
        events: of all kinds.
        per_sender: pushes of one sender, and as many installs; one more takes the place of the oldest.
    """

    events: int
    per_sender: int


@dataclass(frozen=True, slots=True)
class SharesPushed:
    """A push as it is delivered.

    Attributes:
        shares: what of it the device may see now, by package name.
    """

    sender_id: str
    note: str
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class InboxGap:
    """So many events are gone that were never acknowledged."""

    event_count: int


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """What an inbox holds.

    Attributes:
        create_time: seconds since the epoch.
    """

    position: int
    create_time: float
    content: SharesPushed | Install | InboxGap


@dataclass(frozen=True, slots=True)
class InboxPage:
    """Events of an inbox, oldest first, without those of which nothing can be seen any more.

    Attributes:
        through: position of the newest event that was looked at; where the next page starts.
        more: whether events may wait behind `through`.
        head: position of the newest event that the inbox has ever had; 0 when there has been none.
    """

    events: tuple[InboxEvent, ...]
    through: int
    more: bool
    head: int


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Says how far an inbox goes.

    Attributes:
        head: position of the newest event; 0 when there has never been one.
    """

    head: int


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Items of a list.

    Attributes:
        more: whether items follow behind the last one.
    """

    items: tuple[Item, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Deletion:
    """How much was deleted with devices: the fields are those of `RegistryDeletion`."""

    apps: int
    inbox_events: int
    events_sent: int
    settings: int
