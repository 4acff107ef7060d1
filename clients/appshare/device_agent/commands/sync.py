"""`appshare sync`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.failure import FailureError
from appshare.command_line.output import Output, counted
from appshare.device_agent.agent_home import SYNC_LOCK, AgentHome
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.commands.source_option import SourceChoice, source_options
from appshare.device_agent.phone_sync import SyncedPhone, keep_synced, sync_phone

_MINUTE = 60.0


@click.command(
    cls=Command,
    examples="""
    appshare sync
    appshare sync --source adb --full
    """,
)
@source_options
@click.option("--full", is_flag=True, help="Send everything, not only what has changed.")
@click.option("--every", type=click.IntRange(min=1), metavar="MINUTES", help="Go on, until Ctrl-C.")
@json_option
@pass_home
@asynchronous
async def sync(home: AgentHome, *, source: SourceChoice, full: bool, every: int | None, output: Output) -> None:
    """Tell the cloud what has changed on the phone: contacts and apps.

    Without a change the server is not even asked, so it may run as often as wanted. With --every and --json every
    sync is an object on a line of its own.
    """
    home.account()  # says so at once when the device is not registered

    async def once() -> None:
        phone = source.require_phone("`appshare contacts sync FILE` and `apps publish INVENTORY` read files")
        _report(output, await sync_phone(home, phone, full=full), in_line=every is not None)

    with home.try_lock(SYNC_LOCK) as is_alone:
        if not is_alone:
            raise FailureError(
                "ALREADY_RUNNING", f"another agent syncs {home.folder} already; end it, or leave it to it"
            )
        if every is None:
            await once()
        else:
            await keep_synced(once, every * _MINUTE, output.note)


def _report(output: Output, synced: SyncedPhone, *, in_line: bool) -> None:
    if output.as_json:
        (output.line if in_line else output.document)(synced)
        return
    if not synced.contacts and not synced.apps:
        if not in_line:
            output.text("Nothing has changed.")
        return
    for noun, sent in (("contact", synced.contacts), ("app", synced.apps)):
        if sent:
            gone = f", {sent.removed} gone" if sent.removed else ""
            output.text(f"Sent {counted(sent.upserted, noun)}{gone}.")
