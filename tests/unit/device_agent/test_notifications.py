"""Notifications by programs on the PATH, as the real ones are."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from tests.support.termux import Termux
from tests.unit.device_agent.gateway import Cloud

from appshare.command_line.exit_code import ExitCode
from appshare.device_agent.notifications import find_notifier
from appshare.v1 import inbox_pb2, share_pb2
from appshare.v1.app_pb2 import App

Appshare = Callable[..., Result]


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `notify-send` that writes down its words, a line each; nothing else is on the PATH."""
    program, typed = tmp_path / "bin" / "notify-send", tmp_path / "typed"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nfor word; do printf "%s\\n" "$word" >> {typed}; done\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(program.parent))
    return typed


def pushed(note: str) -> inbox_pb2.InboxEvent:
    shares = [share_pb2.Share(owner_device_id="d1", app=App(package_name="org.example.notes", label="Notes"))]
    event = inbox_pb2.SharesPushed(sender_device_id="d1", shares=shares, note=note)
    return inbox_pb2.InboxEvent(position=1, shares_pushed=event)


def test_a_push_is_notified_on_the_desktop(appshare: Appshare, cloud: Cloud, desktop: Path) -> None:
    cloud.events = [pushed("<b>try</b> this\x1b")]
    assert appshare("watch", "--poll", "--notify").exit_code == ExitCode.DONE
    assert desktop.read_text(encoding="utf-8").splitlines() == [
        "--app-name=AppShare",
        "--",
        "device:d1 shares with you",
        "Notes",
        "&lt;b&gt;try&lt;/b&gt; this\ufffd",
    ]


def test_in_termux_by_its_own_command(appshare: Appshare, cloud: Cloud, termux: Termux) -> None:
    cloud.events = [pushed("")]
    appshare("watch", "--poll", "--notify", "--json")
    assert termux.typed == ["termux-notification --group appshare --title device:d1 shares with you --content Notes"]


def test_where_nothing_shows_notifications_it_is_told_before_anything_is_acknowledged(
    appshare: Appshare, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    cloud.events = [pushed("")]
    result = appshare("watch", "--poll", "--notify", "--json")
    assert result.exit_code == ExitCode.WRONG_USAGE
    assert "notify-send" in json.loads(result.stdout)["error"]["message"]
    assert cloud.acknowledged == []


def test_a_notification_that_fails_costs_nothing(desktop: Path) -> None:
    notify = find_notifier()
    (desktop.parent / "bin" / "notify-send").unlink()
    notify("title", "text")
