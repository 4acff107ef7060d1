"""Keeps the cloud up to date with a phone: its contacts and its apps, of which only what has changed is sent."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from appshare import errors
from appshare.command_line.failure import FailureError
from appshare.device_agent.address_book import AddressBook, change_between, updated
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.book_sync import SentBook, SyncMode, send_book
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.connection import open_client
from appshare.device_agent.exclusions import Exclusions
from appshare.device_agent.inventory import with_known_labels
from appshare.device_agent.model import App
from appshare.device_agent.sources.source import Source
from appshare.device_agent.vcards import Card


@dataclass(frozen=True)
class SentApps:
    """What was sent: apps, and how many names of apps that are gone."""

    mode: SyncMode
    upserted: int
    removed: int


@dataclass(frozen=True)
class SyncedPhone:
    """What a sync sent; None: nothing had changed, or there was nothing to send."""

    contacts: SentBook | None
    apps: SentApps | None


async def sync_phone(home: AgentHome, source: Source, *, full: bool = False) -> SyncedPhone:
    """Sends what has changed since the last sync; without a change the server is not even asked.

    A phone without contacts is taken for one that does not tell them: the book on the server stays as it is.

    Args:
        full: send everything.

    Raises:
        FailureError: the phone does not tell.
        errors.AppShareError: as the contract says.
    """
    old_book, old_apps = home.address_book(), home.published_apps()
    new_apps = with_known_labels(source.installed_apps(), old_apps or ())
    if full:
        old_book, old_apps = replace(old_book, version=None), None
    new_book = book_of(home, old_book, source.contacts().cards)
    send_contacts = bool(new_book.contacts) and _is_changed(old_book, new_book)
    send_apps = old_apps is None or set(old_apps) != set(new_apps)
    if not send_contacts and not send_apps:
        return SyncedPhone(None, None)
    async with open_client(home) as client:
        return SyncedPhone(
            (await send_book(home, client, old_book, new_book))[1] if send_contacts else None,
            await _send_apps(home, client, old_apps, new_apps) if send_apps else None,
        )


def book_of(home: AgentHome, old: AddressBook, cards: Sequence[Card]) -> AddressBook:
    """The book with the cards as its contacts, but for those of people whom the user keeps from the cloud."""
    exclusions = Exclusions(home.choices().excluded)
    return updated(old, [card for card in cards if not exclusions.hold(card)])


async def keep_synced(sync: Callable[[], Awaitable[None]], pause: float, tell: Callable[[str], None]) -> None:
    """Syncs again and again, until it is cancelled; what can be otherwise the next time does not end it.

    Args:
        pause: seconds from one sync to the next.
        tell: gets a sentence for a sync that failed.
    """
    while True:
        try:
            await sync()
        except (FailureError, errors.UnavailableError, errors.DeadlineExceededError) as error:
            tell(f"Not synced: {error}")
        await asyncio.sleep(pause)


def _is_changed(old: AddressBook, new: AddressBook) -> bool:
    change = change_between(old, new)
    return old.version is None or bool(change.upserted or change.removed)


async def _send_apps(home: AgentHome, client: DeviceClient, old: Sequence[App] | None, new: Sequence[App]) -> SentApps:
    if old is None:
        sent = SentApps(SyncMode.FULL, len(new), 0)
        await client.publish_apps(new)
    else:
        changed = [app for app in new if app not in set(old)]
        gone = sorted({app.package_name for app in old} - {app.package_name for app in new})
        sent = SentApps(SyncMode.DELTA, len(changed), len(gone))
        await client.change_apps(changed, gone)
    home.save_published_apps(new)
    return sent
