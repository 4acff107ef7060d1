"""`appshare friends list`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.friendship_reasons import shown_reason
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client
from appshare.device_agent.people import friend_names


@click.command(
    "list",
    cls=Command,
    examples="""
    appshare friends list
    appshare friends list --json
    """,
)
@json_option
@pass_home
@asynchronous
async def list_friends(home: AgentHome, output: Output) -> None:
    """List your friends and why they are, confirmed ones first; their names come from your own contacts.

    confirmed: you list each other. likely: the cloud is sure enough by its rule.
    """
    async with open_client(home) as client:
        listed = await client.friends()
    names = friend_names(home.address_book(), listed.friends)
    if output.as_json:
        output.document(
            {
                "friends": [
                    {
                        "name": names.get(friend.device_id),
                        "level": friend.level,
                        "reason": friend.reason,
                        "device_id": friend.device_id,
                        "contact_id": friend.contact_id,
                    }
                    for friend in listed.friends
                ],
                "truncated": listed.truncated,
            }
        )
        return
    if not listed.friends:
        output.text("No friends yet: people become friends by listing each other's numbers and syncing their contacts.")
        return
    output.table(
        ["Name", "Level", "Why", "Device"],
        [
            [
                names.get(friend.device_id, "(not in your contacts)"),
                friend.level,
                shown_reason(friend.reason),
                f"device:{friend.device_id}",
            ]
            for friend in listed.friends
        ],
    )
    if listed.truncated:
        output.note("There are more friends than the operator lets a list hold.")
