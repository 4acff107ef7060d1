"""`appshare contacts read`."""

from pathlib import Path

import click

from appshare.command_line.command import Command, json_option
from appshare.command_line.output import Output, counted
from appshare.device_agent.commands.source_option import SourceChoice
from appshare.device_agent.commands.vcard_option import address_book_options, load_cards
from appshare.device_agent.vcards import CardFile


@click.command(
    cls=Command,
    examples="""
    appshare contacts read contacts.vcf
    appshare contacts read old-phone.vcf --charset gb18030 --json
    appshare contacts read --source adb
    """,
)
@address_book_options
@json_option
def read(file: Path | None, charset: str, source: SourceChoice, output: Output) -> None:
    """Show what is understood of a vCard FILE, or of the phone's contacts. Nothing is sent.

    Names and numbers per card, and what was skipped and why.
    """
    understood, _ = load_cards(file, charset, source)
    if output.as_json:
        output.document(understood)
    else:
        _print(output, understood)


def _print(output: Output, understood: CardFile) -> None:
    output.table(
        ["Line", "Name", "Numbers", "Skipped"],
        [
            [card.line, card.name or "(no name)", "\n".join(card.numbers) or "(none)", "\n".join(card.skipped)]
            for card in understood.cards
        ],
    )
    for skipped in understood.skipped:
        output.text(f"line {skipped.line} skipped: {skipped.reason}")
    with_number = sum(bool(card.numbers) for card in understood.cards)
    cards = counted(len(understood.cards), "card")
    output.text(f"{cards}, {with_number} with a number; {len(understood.skipped)} skipped.")
