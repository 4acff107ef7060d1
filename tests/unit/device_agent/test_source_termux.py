"""Termux's commands as real programs on the PATH."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from tests.support.adb_server import FakePhone
from tests.support.termux import Termux

from appshare.command_line.failure import FailureError
from appshare.device_agent.model import App
from appshare.device_agent.sources.detect import SourceKind, find_phone
from appshare.device_agent.sources.source import InstallOutcome
from appshare.device_agent.sources.termux import TermuxPhone
from appshare.fit.device_profile import Resolution

PHONE = TermuxPhone()


@pytest.mark.usefixtures("termux")
def test_contacts_of_one_name_are_one_card_and_a_broken_entry_costs_itself() -> None:
    assert [(each.name, each.numbers) for each in PHONE.contacts().cards] == [
        ("Li Wei", ("+86 138 0013 8001", "+86 138 0013 8009")),
        ("张敏", ("+8613800138002",)),
    ]


@pytest.mark.usefixtures("termux")
def test_the_call_log_begins_with_the_last_call() -> None:
    assert [(each.number, each.name) for each in PHONE.call_log()] == [
        ("+8613800138007", ""),
        ("+8613800138002", "张敏"),
    ]


@pytest.mark.usefixtures("termux")
def test_of_a_message_only_its_sender_is_kept() -> None:
    [sender] = PHONE.message_inbox()
    assert sender.number == "+8613800138001"
    assert "secret" not in repr(vars(sender))


def test_messages_of_older_versions_and_times_in_other_digits(termux: Termux) -> None:
    old = [{"number": "+8613800138001", "received": "2026-01-02 09:00"}]
    digits = "\N{ARABIC-INDIC DIGIT ONE}\N{ARABIC-INDIC DIGIT ZERO}"
    arabic = [{"phone_number": "+8613800138002", "date": f"2026-01-03 {digits}:00:00"}]
    termux.answer("termux-sms-list", json.dumps(old))
    termux.answer("termux-call-log", json.dumps(arabic, ensure_ascii=False))
    assert [each.number for each in PHONE.message_inbox()] == ["+8613800138001"]
    [caller] = PHONE.call_log()
    assert caller.time == datetime(2026, 1, 3, 10).astimezone()


@pytest.mark.usefixtures("termux")
def test_installed_apps_without_what_android_keeps_from_apps() -> None:
    assert PHONE.installed_apps() == (
        App("org.appshare.sample.chat", "org.appshare.sample.chat", "", 2),
        App("org.example.notes", "org.example.notes", "", 21),
    )


@pytest.mark.usefixtures("termux")
def test_the_profile() -> None:
    profile = PHONE.device_profile()
    assert (profile.sdk_version, profile.resolution, profile.model) == (34, Resolution(1080, 2400), "Pixel 8")
    assert profile.gl_extensions == ()


def test_one_file_is_handed_to_androids_installer(termux: Termux, tmp_path: Path) -> None:
    (tmp_path / "a b.apk").write_bytes(b"x")
    assert PHONE.install([tmp_path / "a b.apk"]) is InstallOutcome.HANDED_OVER
    assert termux.typed == [
        f"termux-open --content-type application/vnd.android.package-archive {tmp_path / 'a b.apk'}"
    ]


@pytest.mark.usefixtures("termux")
def test_several_files_where_android_allows_no_session(tmp_path: Path) -> None:
    files = [tmp_path / "a.apk", tmp_path / "b.apk"]
    for path in files:
        path.write_bytes(b"x")
    with pytest.raises(FailureError, match="install-multiple"):
        PHONE.install(files)


def test_several_files_where_a_session_is_allowed(termux: Termux, tmp_path: Path) -> None:
    files = [tmp_path / "a.apk", tmp_path / "b.apk"]
    for path in files:
        path.write_bytes(b"x")
    termux.answer("pm", "Success: created install session [7]\n")
    assert PHONE.install(files) is InstallOutcome.INSTALLED
    assert termux.typed[-1] == "pm install-commit 7"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('{"error": "Please grant the following permission: android.permission.READ_CONTACTS"}', "READ_CONTACTS"),
        ("Connection refused", "does not print JSON"),
        ('"what"', "does not print a list"),
    ],
)
def test_contacts_that_are_not_given(termux: Termux, said: str, told: str) -> None:
    termux.answer("termux-contact-list", said)
    with pytest.raises(FailureError, match=told):
        PHONE.contacts()


def test_a_command_that_hangs_is_given_up(termux: Termux, monkeypatch: pytest.MonkeyPatch) -> None:
    (termux.folder / "termux-contact-list").write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr("appshare.device_agent.sources.termux._PATIENCE", 0.05)
    with pytest.raises(FailureError, match="Termux:API installed"):
        PHONE.contacts()


def test_without_the_api_commands_it_is_told_what_to_install() -> None:
    with pytest.raises(FailureError, match="pkg install termux-api"):
        PHONE.contacts()


@pytest.mark.usefixtures("termux")
def test_the_phone_that_the_agent_runs_on_comes_before_one_on_a_cable(adb: dict[str, FakePhone]) -> None:
    assert isinstance(find_phone(None, None), TermuxPhone)
    named = find_phone(SourceKind.ADB, None)
    assert named is not None
    assert named.name == "the phone R58M1 on adb"


def test_elsewhere_there_is_no_termux() -> None:
    with pytest.raises(FailureError, match="not Termux"):
        find_phone(SourceKind.TERMUX, None)
