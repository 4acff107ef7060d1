"""`appshare contacts sync`."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from appshare import errors
from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.input_error import InputError
from appshare.command_line.output import Output, counted
from appshare.device_agent.address_book import AddressBook, change_between, for_cloud, updated
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.commands.vcard_option import card_file_argument, load_cards
from appshare.device_agent.connection import open_client
from appshare.device_agent.model import SyncedBook


@click.command(
    cls=Command,
    examples="""
    appshare contacts sync contacts.vcf
    appshare contacts sync contacts.vcf --full --json
    """,
)
@card_file_argument
@click.option("--full", is_flag=True, help="Send the whole book, not only what changed.")
@json_option
@pass_home
@asynchronous
async def sync(home: AgentHome, *, file: Path, charset: str, full: bool, output: Output) -> None:
    """Tell the cloud whom you know, from a vCard FILE.

    Numbers are sent and stored there as keyed digests only; names stay on this device. After the first time only
    changes are sent.
    """
    understood = load_cards(file, charset)
    old = home.address_book()
    new = updated(old, understood.cards)
    if not new.contacts:
        raise InputError(f"{file}: no card with a number; `appshare contacts read` shows what was understood")
    async with open_client(home) as client:
        synced, sent = await _send(client, replace(old, version=None) if full else old, new)
    home.save_address_book(replace(new, version=synced.book_version))
    if output.as_json:
        output.document({"book": synced, "sent": sent, "skipped": understood.skipped})
    else:
        _print(output, synced, sent, len(understood.skipped))


async def _send(client: DeviceClient, old: AddressBook, new: AddressBook) -> tuple[SyncedBook, dict[str, Any]]:
    """Sends what changed, or everything when the server's version is not known or not ours."""
    if old.version is not None:
        change = change_between(old, new)
        sent = {"mode": "delta", "upserted": len(change.upserted), "removed": len(change.removed)}
        try:
            return await client.change_contacts(old.version, change.upserted, change.removed), sent
        except errors.AbortedError:
            pass  # somebody else has changed the book: the whole of it settles that
    sent = {"mode": "full", "upserted": len(new.contacts), "removed": 0}
    return await client.replace_contacts(for_cloud(new.contacts)), sent


def _print(output: Output, synced: SyncedBook, sent: dict[str, Any], skipped_cards: int) -> None:
    changed = counted(sent["upserted"], "contact")
    if sent["mode"] == "full":
        output.text(f"Sent the whole book: {changed}.")
    else:
        output.text(f"Sent the changes: {changed} new or changed, {sent['removed']} removed.")
    output.text(f"The cloud knows {counted(synced.contact_count, 'contact')}.")
    if synced.skipped_number_count:
        numbers = counted(synced.skipped_number_count, "number")
        output.text(f"Left out: {numbers} that cannot be read, or cannot be a person's.")
    if skipped_cards:
        output.text(f"Left out: {counted(skipped_cards, 'card')}; `appshare contacts read` says why.")
