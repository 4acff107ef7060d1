"""Events as they are shown: sentences for people, objects for programs."""

from collections.abc import Mapping
from typing import Any

from appshare.command_line.output import Output, counted
from appshare.device_agent.commands.friendship_reasons import shown_reason
from appshare.device_agent.model import (
    AppInstalled,
    Event,
    Friend,
    FriendshipChanged,
    FriendshipLevel,
    InboxEvent,
    InboxGap,
    SharesPushed,
)
from appshare.device_agent.people import shown_device


def other_device(event: InboxEvent) -> str | None:
    """The device that an event of the inbox is about."""
    match event.content:
        case SharesPushed(sender_device_id=device_id) | AppInstalled(viewer_device_id=device_id):
            return device_id
        case _:
            return None


def describe_event(event: Event, names: Mapping[str, str]) -> dict[str, Any]:
    """An event for programs; `event` says of which kind it is."""
    described: dict[str, Any] = {"position": event.position, "create_time": event.create_time}
    if isinstance(event, FriendshipChanged):
        friend = event.friend
        person = _person(friend.device_id, names)
        return described | {
            "event": "friendship_changed",
            "friend": person,
            "level": friend.level,
            "reason": friend.reason,
        }
    return described | _describe_content(event, names)


def say_event(output: Output, event: Event, names: Mapping[str, str]) -> None:
    """Prints an event for people."""
    time = event.create_time.astimezone().strftime("%Y-%m-%d %H:%M")
    if isinstance(event, FriendshipChanged):
        output.text(f"{time}  {_friendship(event.friend, names)}")
        return
    match event.content:
        case SharesPushed() as pushed:
            _say_pushed(output, time, pushed, shown_device(pushed.sender_device_id, names))
        case AppInstalled(viewer_device_id=viewer, package_name=package_name, version_code=version_code):
            output.text(f"{time}  {shown_device(viewer, names)} has installed {package_name} ({version_code})")
        case InboxGap(event_count=count):
            output.text(f"{time}  {counted(count, 'event')} waited too long and cannot be shown any more")
        case None:
            output.text(f"{time}  an event that this version does not know")


def notice_of(event: Event, names: Mapping[str, str]) -> tuple[str, str]:
    """An event for a notification: a title and a text."""
    if isinstance(event, FriendshipChanged):
        return "Friends", _friendship(event.friend, names)
    match event.content:
        case SharesPushed(sender_device_id=sender, shares=shares, note=note):
            apps = ", ".join(share.app.label or share.app.package_name for share in shares)
            return f"{shown_device(sender, names)} shares with you", f"{apps}\n{note}" if note else apps
        case AppInstalled(viewer_device_id=viewer, package_name=package_name):
            return "Installed", f"{shown_device(viewer, names)} has installed {package_name}"
        case InboxGap(event_count=count):
            return "AppShare", f"{counted(count, 'event')} waited too long"
        case None:
            return "AppShare", "an event that this version does not know"


def _describe_content(event: InboxEvent, names: Mapping[str, str]) -> dict[str, Any]:
    match event.content:
        case SharesPushed(sender_device_id=sender, shares=shares, note=note):
            return {"event": "shares_pushed", "sender": _person(sender, names), "note": note, "shares": shares}
        case AppInstalled(viewer_device_id=viewer, package_name=package_name, version_code=version_code):
            app = {"package_name": package_name, "version_code": version_code}
            return {"event": "app_installed", "viewer": _person(viewer, names), **app}
        case InboxGap(event_count=count):
            return {"event": "gap", "event_count": count}
        case None:
            return {"event": "unknown"}


def _person(device_id: str, names: Mapping[str, str]) -> dict[str, str | None]:
    return {"device_id": device_id, "name": names.get(device_id)}


def _friendship(friend: Friend, names: Mapping[str, str]) -> str:
    shown = shown_device(friend.device_id, names)
    if friend.level is FriendshipLevel.NONE:
        return f"{shown} is no friend any more"
    why = shown_reason(friend.reason)
    return f"{shown} is your friend ({friend.level}{f': {why}' if why else ''})"


def _say_pushed(output: Output, time: str, pushed: SharesPushed, sender: str) -> None:
    output.text(f"{time}  {sender} shares with you:")
    for share in pushed.shares:
        output.text(f"  {share.app.label} {share.app.version_name}  ({share.app.package_name})")
    if pushed.note:
        output.text(f'  "{pushed.note}"')
    output.text(f'  appshare get "{sender}" PACKAGE')
