"""The address book on its way to the cloud."""

from dataclasses import dataclass, replace
from enum import StrEnum

from appshare import errors
from appshare.device_agent.address_book import AddressBook, change_between, for_cloud
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.connection import open_client
from appshare.device_agent.model import SyncedBook


class SyncMode(StrEnum):
    """What a sync sends."""

    FULL = "full"
    DELTA = "delta"


@dataclass(frozen=True)
class SentBook:
    """What was sent: contacts with their numbers, and how many ids of contacts that are gone."""

    mode: SyncMode
    upserted: int
    removed: int


async def send_book(
    home: AgentHome, client: DeviceClient, old: AddressBook, new: AddressBook
) -> tuple[SyncedBook, SentBook]:
    """Sends what changed, or everything when the server's version is not known or not ours; then keeps the book."""
    synced, sent = await _send(client, old, new)
    home.save_address_book(replace(new, version=synced.book_version))
    return synced, sent


async def change_kept_book(home: AgentHome, old: AddressBook, new: AddressBook) -> None:
    """Keeps a changed book, and tells the cloud when it knows the old one."""
    if old.version is None:
        home.save_address_book(new)
        return
    async with open_client(home) as client:
        await send_book(home, client, old, new)


async def _send(client: DeviceClient, old: AddressBook, new: AddressBook) -> tuple[SyncedBook, SentBook]:
    if old.version is not None:
        change = change_between(old, new)
        sent = SentBook(SyncMode.DELTA, len(change.upserted), len(change.removed))
        try:
            return await client.change_contacts(old.version, change.upserted, change.removed), sent
        except errors.AbortedError:
            pass  # somebody else has changed the book: the whole of it settles that
    sent = SentBook(SyncMode.FULL, len(new.contacts), 0)
    return await client.replace_contacts(for_cloud(new.contacts)), sent
