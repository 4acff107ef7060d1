"""Messages become the words of the domain, and the words become messages."""

from collections.abc import Iterable, Sequence

from google.protobuf.internal.containers import RepeatedCompositeFieldContainer

from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.metrics import VERDICTS
from appshare.relation_radar.model import (
    Acquaintance,
    Block,
    BookContact,
    Contact,
    DialledNumber,
    Friend,
    FriendshipChange,
    Ground,
    Level,
    OneDevice,
    Person,
)
from appshare.rpc.fields import invalid_field, require_text
from appshare.rpc.timestamps import timestamp
from appshare.v1 import error_reason_pb2, friendship_pb2
from appshare.v1 import relation_radar_pb2 as pb

_MAX_NUMBERS = 50
"""Numbers that one contact may have."""

_LEVELS = {
    Level.NONE: friendship_pb2.FRIENDSHIP_LEVEL_NONE,
    Level.LIKELY: friendship_pb2.FRIENDSHIP_LEVEL_LIKELY,
    Level.CONFIRMED: friendship_pb2.FRIENDSHIP_LEVEL_CONFIRMED,
}

_REASONS = {
    None: friendship_pb2.FRIENDSHIP_REASON_UNSPECIFIED,
    Ground.BOTH_LIST: friendship_pb2.FRIENDSHIP_REASON_BOTH_LIST,
    Ground.OWNER_LISTS: friendship_pb2.FRIENDSHIP_REASON_OWNER_LISTS,
    Ground.SHARED_CONTACTS: friendship_pb2.FRIENDSHIP_REASON_SHARED_CONTACTS,
}


def read_contacts(messages: Sequence[friendship_pb2.Contact], field: str) -> list[Contact]:
    """Contacts of a book.

    Raises:
        errors.InvalidArgumentError: INVALID_FIELD, for a contact without an id of its own or with too many numbers.
    """
    seen: set[int] = set()
    contacts = []
    for index, message in enumerate(messages):
        place = f"{field}[{index}]"
        if message.contact_id == 0 or message.contact_id in seen:
            raise invalid_field(f"{place}.contact_id", "a contact needs an id above 0 that no other contact has")
        if len(message.numbers) > _MAX_NUMBERS:
            raise invalid_field(f"{place}.numbers", f"a contact has at most {_MAX_NUMBERS} numbers")
        seen.add(message.contact_id)
        contacts.append(Contact(message.contact_id, tuple(message.numbers)))
    return contacts


def read_person(message: friendship_pb2.PersonRef) -> Person:
    """Whom a device means.

    Raises:
        errors.InvalidArgumentError: INVALID_FIELD, when that is nobody.
    """
    match message.WhichOneof("person"):
        case "number":
            return DialledNumber(require_text(message.number, "person.number"))
        case "contact_id":
            return BookContact(message.contact_id)
        case "device_id":
            return OneDevice(message.device_id)
        case _:
            raise invalid_field("person", "say who: a number, a contact or a device")


def write_acquaintance(found: Acquaintance) -> pb.Acquaintance:
    """How another device stands to the one that asks."""
    VERDICTS.labels(found.as_viewer.name.lower()).inc()
    return pb.Acquaintance(
        device_id=found.device_id,
        contact_id=found.contact_id,
        as_viewer=_LEVELS[found.as_viewer],
        as_owner=_LEVELS[found.as_owner],
    )


def write_person_devices(found: Sequence[Acquaintance] | None) -> pb.PersonDevices:
    """What was found of one person of a batch; None where the number cannot be read."""
    if found is None:
        return pb.PersonDevices(error=error_reason_pb2.ERROR_REASON_INVALID_PHONE_NUMBER)
    return pb.PersonDevices(acquaintances=map(write_acquaintance, found))


def write_friend(friend: Friend, rule: FriendshipRule) -> friendship_pb2.Friend:
    """A friend, and by what, which follows from the operator's rule."""
    return friendship_pb2.Friend(
        device_id=friend.device_id,
        contact_id=friend.contact_id,
        level=_LEVELS[friend.level],
        reason=_REASONS[rule.ground(friend.level)],
    )


def add_friends(
    messages: RepeatedCompositeFieldContainer[friendship_pb2.Friend], friends: Iterable[Friend], rule: FriendshipRule
) -> None:
    """Adds friends to a page; made elsewhere and put into it, each would be copied."""
    shown = {level: (_LEVELS[level], _REASONS[rule.ground(level)]) for level in Level}
    for friend in friends:
        level, reason = shown[friend.level]
        messages.add(device_id=friend.device_id, contact_id=friend.contact_id, level=level, reason=reason)


def write_change(change: FriendshipChange, rule: FriendshipRule) -> friendship_pb2.FriendshipChanged:
    """A change of a friendship."""
    return friendship_pb2.FriendshipChanged(
        position=change.position,
        create_time=timestamp(change.change_time),
        friend=write_friend(change.friend, rule),
    )


def write_block(block: Block) -> friendship_pb2.Block:
    """A block as the one who has made it sees it."""
    return friendship_pb2.Block(
        block_id=block.block_id, contact_id=block.contact_id, create_time=timestamp(block.create_time)
    )
