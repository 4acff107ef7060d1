"""`appshare watch`."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from heapq import merge

import click

from appshare import errors
from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.commands.shown_events import describe_event, notice_of, other_device, say_event
from appshare.device_agent.connection import open_client
from appshare.device_agent.feed import follow
from appshare.device_agent.model import Event, FriendshipChanged
from appshare.device_agent.notifications import Notify, find_notifier
from appshare.device_agent.people import friend_names


@click.command(
    cls=Command,
    examples="""
    appshare watch
    appshare watch --json --count 1
    appshare watch --poll --no-acknowledge
    appshare watch --notify --count 1
    """,
)
@click.option("--poll", is_flag=True, help="Print what waits, and end.")
@click.option("--count", type=click.IntRange(min=1), help="End after so many events.")
@click.option(
    "--acknowledge/--no-acknowledge", default=True, help="Events that are not acknowledged come again the next time."
)
@click.option("--notify", is_flag=True, help="Show notifications too, on the desktop or in Termux.")
@json_option
@pass_home
@asynchronous
async def watch(
    home: AgentHome, *, poll: bool, count: int | None, acknowledge: bool, notify: bool, output: Output
) -> None:
    """Print what friends push to you, who becomes a friend or is none any more, and who installs what you share.

    It prints events as they come; Ctrl-C ends it.

    Every event is acknowledged after it was printed. When the server goes away, the connection is opened again until
    it is back. With --json every event is an object on a line of its own.
    """
    notifier = find_notifier() if notify else None
    async with open_client(home) as client:
        events = _waiting(client) if poll else follow(client, output.note)
        printer = _Printer(home, client, output, notifier)
        async with aclosing(events):
            async for event in events:
                await printer.print(event)
                if acknowledge:
                    await _acknowledge(client, event)
                if printer.count == count:
                    return
        if not printer.count and not output.as_json:
            output.text("Nothing waits.")


async def _waiting(client: DeviceClient) -> AsyncGenerator[Event, None]:
    position = friendship_position = 0
    while True:
        events, changes = await client.waiting_events(position, friendship_position)
        if not events and not changes:
            return
        both: tuple[Sequence[Event], ...] = (events, changes)
        for event in merge(*both, key=lambda each: each.create_time):
            yield event
        position = events[-1].position if events else position
        friendship_position = changes[-1].position if changes else friendship_position


async def _acknowledge(client: DeviceClient, event: Event) -> None:
    # When the server is gone, the event comes again with it, and is acknowledged then.
    with suppress(errors.UnavailableError, errors.DeadlineExceededError):
        if isinstance(event, FriendshipChanged):
            await client.acknowledge(through_friendship_position=event.position)
        else:
            await client.acknowledge(through_position=event.position)


class _Printer:
    """Prints each event once, also when it comes again.

    Attributes:
        count: events printed.
    """

    def __init__(self, home: AgentHome, client: DeviceClient, output: Output, notify: Notify | None) -> None:
        self._book = home.address_book()
        self._client = client
        self._output = output
        self._notify = notify
        self._names: dict[str, str] = {}
        self._through: dict[type[Event], int] = {}
        self.count = 0

    async def print(self, event: Event) -> None:
        if event.position <= self._through.get(type(event), 0):
            return
        await self._learn_name(event)
        if self._output.as_json:
            self._output.line(describe_event(event, self._names))
        else:
            say_event(self._output, event, self._names)
        if self._notify:
            await asyncio.to_thread(self._notify, *notice_of(event, self._names))
        self._through[type(event)] = event.position
        self.count += 1

    async def _learn_name(self, event: Event) -> None:
        """Looks up what the device is called that the event is about."""
        if isinstance(event, FriendshipChanged):
            self._names |= friend_names(self._book, [event.friend])
            return
        device_id = other_device(event)
        if device_id is None or device_id in self._names:
            return
        with suppress(errors.UnavailableError, errors.DeadlineExceededError):  # then it is shown by its id
            self._names |= friend_names(self._book, (await self._client.friends()).friends)
