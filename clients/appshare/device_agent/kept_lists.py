"""Lists of what others share, kept with their versions: one that has not changed is not sent again."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from appshare.device_agent.model import App, ByContact, ByDevice, ByNumber, Person, Share, ShareList
from appshare.fit.device_profile import Platform

_MOST = 20
"""Lists that are kept: those that were looked at last."""


@dataclass(frozen=True)
class KeptLists:
    """Lists by their owner as the user meant them, the one that was looked at last at the end."""

    lists: Mapping[str, ShareList]

    def of(self, owner: Person) -> ShareList:
        """The list of an owner; an empty one without a version when none is kept."""
        return self.lists.get(_key(owner), ShareList((), ""))

    def with_list(self, owner: Person, kept: ShareList) -> "KeptLists":
        """The lists with this one."""
        others = [(key, each) for key, each in self.lists.items() if key != _key(owner)]
        return KeptLists(dict([*others, (_key(owner), kept)][-_MOST:]))

    def without(self, owner: Person) -> "KeptLists":
        """The lists without that of an owner."""
        return KeptLists({key: each for key, each in self.lists.items() if key != _key(owner)})


def read_kept_lists(document: Mapping[str, Any]) -> KeptLists:
    """Reads what `write_kept_lists` wrote; raises KeyError, TypeError or ValueError for anything else."""
    return KeptLists({key: _read_list(each) for key, each in document.items()})


def write_kept_lists(kept: KeptLists) -> dict[str, Any]:
    """The lists as JSON."""
    return {key: asdict(each) for key, each in kept.lists.items()}


def _read_list(document: Mapping[str, Any]) -> ShareList:
    shares = (
        Share(each["owner_device_id"], App(**{**each["app"], "platform": Platform(each["app"]["platform"])}))
        for each in document["shares"]
    )
    return ShareList(tuple(shares), document["version"])


def _key(owner: Person) -> str:
    match owner:
        case ByNumber(number):
            return f"number:{number}"
        case ByContact(contact_id):
            return f"contact:{contact_id}"
        case ByDevice(device_id):
            return f"device:{device_id}"
