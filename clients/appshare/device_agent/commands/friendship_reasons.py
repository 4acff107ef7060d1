"""Why somebody is a friend, for people."""

from appshare.device_agent.model import FriendshipReason

_WHY = {
    FriendshipReason.BOTH_LIST: "you list each other",
    FriendshipReason.OWNER_LISTS: "they list you, and you know the same people",
    FriendshipReason.SHARED_CONTACTS: "you know the same people",
}


def shown_reason(reason: FriendshipReason | None) -> str:
    """By what a friendship holds; empty where that is not told."""
    return _WHY[reason] if reason else ""
