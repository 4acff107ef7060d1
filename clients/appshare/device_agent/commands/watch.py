"""`appshare watch`."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

import click

from appshare import errors
from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client
from appshare.device_agent.feed import follow
from appshare.device_agent.model import InboxEvent, SharesPushed
from appshare.device_agent.people import friend_names, shown_device


@click.command(
    cls=Command,
    examples="""
    appshare watch
    appshare watch --json --count 1
    appshare watch --poll --no-acknowledge
    """,
)
@click.option("--poll", is_flag=True, help="Print what waits, and end.")
@click.option("--count", type=click.IntRange(min=1), help="End after so many events.")
@click.option(
    "--acknowledge/--no-acknowledge", default=True, help="Events that are not acknowledged come again the next time."
)
@json_option
@pass_home
@asynchronous
async def watch(home: AgentHome, *, poll: bool, count: int | None, acknowledge: bool, output: Output) -> None:
    """Print what friends push to you, as it comes; Ctrl-C ends it.

    Every event is acknowledged after it was printed. When the server goes away, the connection is opened again until
    it is back. With --json every event is an object on a line of its own.
    """
    async with open_client(home) as client:
        events = _waiting(client) if poll else follow(client, output.note)
        printer = _Printer(home, client, output)
        async with aclosing(events):
            async for event in events:
                await printer.print(event)
                if acknowledge:
                    await _acknowledge(client, event)
                if printer.count == count:
                    return
        if not printer.count and not output.as_json:
            output.text("Nothing waits.")


async def _waiting(client: DeviceClient) -> AsyncGenerator[InboxEvent, None]:
    position = 0
    while events := await client.waiting_events(position):
        for event in events:
            yield event
        position = events[-1].position


async def _acknowledge(client: DeviceClient, event: InboxEvent) -> None:
    # When the server is gone, the event comes again with it, and is acknowledged then.
    with suppress(errors.UnavailableError, errors.DeadlineExceededError):
        await client.acknowledge(event.position)


class _Printer:
    """Prints each event once, also when it comes again.

    Attributes:
        count: events printed.
    """

    def __init__(self, home: AgentHome, client: DeviceClient, output: Output) -> None:
        self._book = home.address_book()
        self._client = client
        self._output = output
        self._names: dict[str, str] = {}
        self._through = 0
        self.count = 0

    async def print(self, event: InboxEvent) -> None:
        if event.position <= self._through:
            return
        if event.pushed and event.pushed.sender_device_id not in self._names:
            with suppress(
                errors.UnavailableError, errors.DeadlineExceededError
            ):  # then the sender is shown by device id
                self._names = friend_names(self._book, (await self._client.friends()).friends)
        if self._output.as_json:
            self._output.line(_describe(event, self._names))
        else:
            _say(self._output, event, self._names)
        self._through = event.position
        self.count += 1


def _describe(event: InboxEvent, names: dict[str, str]) -> dict[str, object]:
    described: dict[str, object] = {"position": event.position, "create_time": event.create_time}
    if event.pushed:
        sender = event.pushed.sender_device_id
        described |= {
            "sender": {"device_id": sender, "name": names.get(sender)},
            "note": event.pushed.note,
            "shares": event.pushed.shares,
        }
    return described


def _say(output: Output, event: InboxEvent, names: dict[str, str]) -> None:
    time = event.create_time.astimezone().strftime("%Y-%m-%d %H:%M")
    if event.pushed is None:
        output.text(f"{time}  an event that this version does not know")
        return
    _say_pushed(output, time, event.pushed, shown_device(event.pushed.sender_device_id, names))


def _say_pushed(output: Output, time: str, pushed: SharesPushed, sender: str) -> None:
    output.text(f"{time}  {sender} shares with you:")
    for share in pushed.shares:
        output.text(f"  {share.app.label} {share.app.version_name}  ({share.app.package_name})")
    if pushed.note:
        output.text(f'  "{pushed.note}"')
    output.text(f'  appshare get "{sender}" PACKAGE')
