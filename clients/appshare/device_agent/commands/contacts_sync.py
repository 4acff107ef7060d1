"""`appshare contacts sync`."""

from dataclasses import replace
from pathlib import Path

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.input_error import InputError
from appshare.command_line.output import Output, counted
from appshare.device_agent.address_book import updated
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.book_sync import SentBook, SyncMode, send_book
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.commands.source_option import SourceChoice
from appshare.device_agent.commands.vcard_option import address_book_options, load_cards
from appshare.device_agent.connection import open_client
from appshare.device_agent.exclusions import Exclusions
from appshare.device_agent.model import SyncedBook


@click.command(
    cls=Command,
    examples="""
    appshare contacts sync
    appshare contacts sync contacts.vcf
    appshare contacts sync --source adb --serial R58M1
    appshare contacts sync contacts.vcf --full --json
    """,
)
@address_book_options
@click.option("--full", is_flag=True, help="Send the whole book, not only what changed.")
@json_option
@pass_home
@asynchronous
async def sync(
    home: AgentHome, *, file: Path | None, charset: str, source: SourceChoice, full: bool, output: Output
) -> None:
    """Tell the cloud whom you know, from a vCard FILE or from the phone's contacts.

    Numbers are sent and stored there as keyed digests only; names stay on this device. After the first time only
    changes are sent. People whom you exclude (`appshare contacts exclude`) are left out.
    """
    understood, read_from = load_cards(file, charset, source)
    old = home.address_book()
    exclusions = Exclusions(home.choices().excluded)
    cards = [card for card in understood.cards if not exclusions.hold(card)]
    new = updated(old, cards)
    if not new.contacts:
        raise InputError(f"{read_from}: no card with a number; `appshare contacts read` shows what was understood")
    async with open_client(home) as client:
        synced, sent = await send_book(home, client, replace(old, version=None) if full else old, new)
    excluded = len(understood.cards) - len(cards)
    if output.as_json:
        output.document({"book": synced, "sent": sent, "excluded": excluded, "skipped": understood.skipped})
    else:
        _print(output, synced, sent)
        _print_left_out(output, synced.skipped_number_count, len(understood.skipped), excluded)


def _print(output: Output, synced: SyncedBook, sent: SentBook) -> None:
    changed = counted(sent.upserted, "contact")
    if sent.mode is SyncMode.FULL:
        output.text(f"Sent the whole book: {changed}.")
    else:
        output.text(f"Sent the changes: {changed} new or changed, {sent.removed} removed.")
    output.text(f"The cloud knows {counted(synced.contact_count, 'contact')}.")


def _print_left_out(output: Output, numbers: int, cards: int, excluded: int) -> None:
    if numbers:
        output.text(f"Left out: {counted(numbers, 'number')} that cannot be read, or cannot be a person's.")
    if cards:
        output.text(f"Left out: {counted(cards, 'card')}; `appshare contacts read` says why.")
    if excluded:
        output.text(f"Left out as you said: {counted(excluded, 'card')}; `appshare contacts excluded` lists them.")
