"""The real adb client against an adb server of the tests."""

import socket
import sys
from pathlib import Path

import pytest
from tests.support.adb_server import FakePhone
from tests.support.android import APP_LINKS, CALLS_QUERY, CONTACTS_QUERY, MESSAGES_QUERY, SIGNER

from appshare.command_line.failure import FailureError
from appshare.command_line.input_error import InputError
from appshare.device_agent.model import App
from appshare.device_agent.sources.adb import AdbPhone, open_phone
from appshare.device_agent.sources.detect import SourceKind, find_phone
from appshare.device_agent.sources.source import InstallOutcome
from appshare.fit.device_profile import DeviceProfile, Resolution

BASE, SPLIT = b"base" * 100_000, b"split" * 1000


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    for name, content in (("base.apk", BASE), ("split; rm -rf $HOME.apk", SPLIT)):
        (tmp_path / name).write_bytes(content)
    return [tmp_path / "base.apk", tmp_path / "split; rm -rf $HOME.apk"]


@pytest.fixture
def attached(adb: dict[str, FakePhone]) -> AdbPhone:
    return open_phone(None)


def test_contacts_with_their_numbers(attached: AdbPhone) -> None:
    found = attached.contacts()
    assert [(each.name, each.numbers, each.uid) for each in found.cards] == [
        ("Li Wei", ("+86 138 0013 8001", "+86 138 0013 8009"), "0r1-2A4E"),
        ("张敏", ("+8613800138002",), "0r2-3C5D"),
        ("Pizza, data1=x, corner\nshop", ("+8613800138003",), "0r3-9999"),
    ]


def test_an_empty_address_book(attached: AdbPhone, phone: FakePhone) -> None:
    phone.answers[CONTACTS_QUERY] = "No result found.\n"
    assert attached.contacts().cards == ()


def test_contacts_that_the_phone_does_not_give(attached: AdbPhone, phone: FakePhone) -> None:
    phone.answers[CONTACTS_QUERY] = "java.lang.SecurityException: Permission Denial: reading ContactsProvider2\n"
    with pytest.raises(FailureError, match="Permission Denial"):
        attached.contacts()


def test_a_reading_that_fails_in_the_middle_tells_nobody_in_its_error(attached: AdbPhone, phone: FakePhone) -> None:
    del phone.answers[CONTACTS_QUERY]
    phone.complaints[CONTACTS_QUERY] = "Row: 0 lookup=1, display_name=Li Wei, data1=138\njava.lang.OutOfMemoryError\n"
    with pytest.raises(FailureError, match="OutOfMemoryError") as caught:
        attached.contacts()
    assert "Li Wei" not in str(caught.value)


def test_the_call_log_names_everybody_once_the_last_one_first(attached: AdbPhone) -> None:
    assert [(each.number, each.name) for each in attached.call_log()] == [
        ("+8613800138002", "张敏"),
        ("+8613800138007", ""),
    ]


def test_a_name_that_looks_like_columns_changes_no_number(attached: AdbPhone, phone: FakePhone) -> None:
    phone.answers[CALLS_QUERY] = "Row: 0 date=1700000000000, number=+8613800138002, name=x, name=y, number=1\n"
    [caller] = attached.call_log()
    assert (caller.number, caller.name) == ("+8613800138002", "x, name=y, number=1")


def test_the_inbox_is_asked_for_its_senders_only(attached: AdbPhone, phone: FakePhone) -> None:
    assert [each.number for each in attached.message_inbox()] == ["+8613800138001"]
    assert phone.commands == [MESSAGES_QUERY]


def test_installed_apps(attached: AdbPhone) -> None:
    assert attached.installed_apps() == (
        App("org.appshare.sample.chat", "org.appshare.sample.chat", "2.0", 2),
        App("org.example.notes", "org.example.notes", "2.1", 21, SIGNER.replace(":", "").lower()),
    )


def test_installed_apps_of_an_old_android(attached: AdbPhone, phone: FakePhone) -> None:
    del phone.answers["cmd package list packages -3 --show-versioncode"]
    del phone.answers["pm get-app-links"]
    phone.answers["pm list packages -3"] = "package:org.example.notes\n"
    assert attached.installed_apps() == (App("org.example.notes", "org.example.notes", "2.1", 21),)


def test_of_several_signers_none_is_told(attached: AdbPhone, phone: FakePhone) -> None:
    phone.answers["pm get-app-links"] = APP_LINKS.replace(SIGNER, f"{SIGNER}, {SIGNER}")
    assert [each.signer_sha256 for each in attached.installed_apps()] == ["", ""]


def test_the_profile(attached: AdbPhone) -> None:
    assert attached.device_profile() == DeviceProfile(
        sdk_version=34,
        os_version="14",
        supported_abis=("arm64-v8a", "armeabi-v7a", "armeabi"),
        screen_density=420,
        resolution=Resolution(1080, 2400),
        supported_locales=("zh-Hans-CN", "en-US"),
        device_features=("reqGlEsVersion=0x30002", "android.hardware.camera", "android.hardware.nfc=1"),
        gl_extensions=("GL_EXT_debug_marker", "GL_ARM_rgba8", "GL_KHR_texture_compression_astc_ldr"),
        model="Pixel 8",
        manufacturer="Google",
    )


def test_what_the_user_has_set_counts_before_what_the_screen_is(attached: AdbPhone, phone: FakePhone) -> None:
    phone.answers["wm size"] += "Override size: 720x1600\n"
    phone.answers["wm density"] += "Override density: 280\n"
    profile = attached.device_profile()
    assert (profile.resolution, profile.screen_density) == (Resolution(720, 1600), 280)


def test_a_phone_that_tells_little(attached: AdbPhone, phone: FakePhone) -> None:
    phone.answers = {"getprop": "[ro.build.version.sdk]: [30]\n[ro.sf.lcd_density]: [320]\n"}
    assert attached.device_profile() == DeviceProfile(sdk_version=30, screen_density=320)


def test_a_phone_that_tells_nothing(attached: AdbPhone, phone: FakePhone) -> None:
    phone.answers = {"getprop": "\n"}
    with pytest.raises(FailureError, match="which Android"):
        attached.device_profile()


def test_all_files_of_an_app_are_installed_in_one_session(
    attached: AdbPhone, phone: FakePhone, files: list[Path]
) -> None:
    assert attached.install(files) is InstallOutcome.INSTALLED
    assert phone.installed == [[BASE, SPLIT]]
    assert not any("rm -rf" in command for command in phone.commands)


def test_an_old_phone_without_cmd(attached: AdbPhone, phone: FakePhone, files: list[Path]) -> None:
    phone.features = "shell_v2"
    attached.install(files)
    assert phone.installed == [[BASE, SPLIT]]
    assert {command.split()[0] for command in phone.commands} == {"pm"}


def test_a_refused_app_leaves_no_session(attached: AdbPhone, phone: FakePhone, files: list[Path]) -> None:
    phone.refusal = "Failure [INSTALL_FAILED_UPDATE_INCOMPATIBLE: Existing package signatures do not match]\n"
    with pytest.raises(FailureError, match="from another signer") as caught:
        attached.install(files)
    assert caught.value.reason == "INSTALL_FAILED_UPDATE_INCOMPATIBLE"
    assert (phone.installed, phone.open_sessions) == ([], {})


def test_a_phone_unplugged_in_the_middle_of_an_install(attached: AdbPhone, phone: FakePhone, files: list[Path]) -> None:
    phone.unplugged_after = 1000
    with pytest.raises(FailureError, match="plug it in again") as caught:
        attached.install(files)
    assert caught.value.reason == "PHONE_GONE"
    assert phone.installed == []
    assert [path.read_bytes() for path in files] == [BASE, SPLIT]


def test_a_file_that_is_gone_is_told_as_such(attached: AdbPhone, phone: FakePhone, files: list[Path]) -> None:
    files[1].unlink()
    with pytest.raises(FileNotFoundError):
        attached.install(files)
    assert phone.open_sessions == {}


def test_one_of_several_phones_has_to_be_named(adb: dict[str, FakePhone]) -> None:
    adb["emulator-5554"] = FakePhone()
    with pytest.raises(InputError) as caught:
        find_phone(None, None)
    assert caught.value.candidates == ("R58M1", "emulator-5554")
    named = find_phone(None, "emulator-5554")
    assert named is not None
    assert named.name == "the phone emulator-5554 on adb"


def test_a_phone_that_is_not_ready_does_not_count_beside_one_that_is(adb: dict[str, FakePhone]) -> None:
    adb["other"] = FakePhone(state="unauthorized")
    assert open_phone(None).name == "the phone R58M1 on adb"
    with pytest.raises(FailureError, match="unlock it and confirm"):
        open_phone("other")


def test_a_phone_that_is_not_attached(adb: dict[str, FakePhone]) -> None:
    with pytest.raises(FailureError, match="no phone other is attached"):
        find_phone(SourceKind.ADB, "other")


def test_no_adb_server_is_no_phone_and_none_is_started() -> None:
    assert find_phone(None, None) is None
    with pytest.raises(FailureError, match="`adb start-server` starts it"):
        find_phone(SourceKind.ADB, None)


def test_an_adb_server_without_phones(adb: dict[str, FakePhone]) -> None:
    adb.clear()
    assert find_phone(None, None) is None
    with pytest.raises(FailureError, match="no phone is attached"):
        find_phone(SourceKind.ADB, None)


def test_a_port_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", "usb")
    with pytest.raises(InputError, match="no port"):
        find_phone(None, None)


def test_what_is_no_adb_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appshare.device_agent.sources.adb_client._PATIENCE", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(silent.getsockname()[1]))
        assert find_phone(None, None) is None
        with pytest.raises(FailureError, match="cannot be used"):
            find_phone(SourceKind.ADB, None)


def test_without_the_library_it_is_told_what_to_install(
    adb: dict[str, FakePhone], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "appshare.device_agent.sources.adb_client", None)
    assert find_phone(None, None) is None
    with pytest.raises(FailureError, match=r"pip install 'appshare\[adb\]'"):
        find_phone(SourceKind.ADB, None)
