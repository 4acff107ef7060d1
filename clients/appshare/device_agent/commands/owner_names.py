"""What the friends are called who share an app."""

from collections.abc import Mapping, Sequence

from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.model import MergedShare, NamedApp
from appshare.device_agent.people import friend_names


async def owner_names(home: AgentHome, client: DeviceClient, apps: Sequence[MergedShare | NamedApp]) -> dict[str, str]:
    """What owners are called, by device id; asked for only when some are told."""
    if not any(each.owner_device_ids for each in apps):
        return {}
    return friend_names(home.address_book(), (await client.friends()).friends)


def shown_owners(app: MergedShare | NamedApp, names: Mapping[str, str]) -> str:
    """The names of those who share an app, as far as they are told."""
    return ", ".join(dict.fromkeys(names[each] for each in app.owner_device_ids if each in names))
