"""With whom something is shared, as commands are told and show it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click

from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.model import Audience, AudienceKind
from appshare.device_agent.people import find_friend_devices, friend_names, shown_device

_KINDS = {kind.value: kind for kind in AudienceKind if kind is not AudienceKind.SELECTED}


def audience_option(*, required: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds `--with`; the command gets an `audience`, empty where the option is left out."""
    return click.option(
        "--with",
        "audience",
        multiple=True,
        required=required,
        callback=_require_one_kind,
        metavar="friends|everyone|nobody|PERSON",
        help="Who may see and install the apps; a PERSON has to be your friend and may be repeated.",
    )


async def choose_audience(home: AgentHome, client: DeviceClient, audience: Sequence[str]) -> Audience:
    """The audience that was said, at least one word of it.

    Raises:
        InputError: somebody of it is nobody, several people, or no friend.
    """
    if audience[0] in _KINDS:
        return Audience(_KINDS[audience[0]])
    friends = (await client.friends()).friends
    return Audience(AudienceKind.SELECTED, find_friend_devices(audience, home.address_book(), friends))


async def selected_names(home: AgentHome, client: DeviceClient, audiences: Iterable[Audience]) -> dict[str, str]:
    """What selected devices are called, by id; asked for only when there are some."""
    if not any(each.kind is AudienceKind.SELECTED for each in audiences):
        return {}
    return friend_names(home.address_book(), (await client.friends()).friends)


def shown_audience(audience: Audience, names: dict[str, str]) -> str:
    """An audience for people."""
    if audience.kind is not AudienceKind.SELECTED:
        return audience.kind
    return ", ".join(shown_device(device_id, names) for device_id in audience.selected_device_ids)


def _require_one_kind(_ctx: click.Context, _parameter: click.Parameter, audience: Sequence[str]) -> Sequence[str]:
    if len(audience) > 1 and _KINDS.keys() & set(audience):
        raise click.UsageError("--with friends, everyone or nobody stands alone; repeat it for single people only")
    return audience
