import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.shell_completion import split_arg_string
from click.testing import CliRunner, Result

from appshare.command_line.exit_code import ExitCode
from appshare.device_agent.__main__ import main
from appshare.device_agent.address_book import AddressBook, BookContact
from appshare.device_agent.agent_home import Account, AgentHome, PendingRegistration
from appshare.device_agent.choices import Choices
from appshare.device_agent.commands import push_send
from appshare.device_agent.model import App, ByContact, Registration, Session, Share, ShareList
from appshare.fit.device_profile import DeviceProfile

Appshare = Callable[..., Result]

NOWHERE = "127.0.0.1:1"


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, click.Command]]:
    """All commands and groups, by what is typed."""
    yield " ".join(path), group
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield " ".join((*path, name)), command


COMMANDS = dict(commands(main, "appshare"))
EXAMPLES = sorted({line.strip() for command in COMMANDS.values() for line in command.examples.strip().splitlines()})
OFFLINE = ("contacts read", "contacts excluded", "preferences receipts", "completion", "invite")
"""Commands that need no server, or none but for a certificate."""


HEAVY = {"adbutils", "asyncio", "cryptography", "google", "grpc", "phonenumbers", "rich", "segno", "ssl"}
"""What takes long to import."""


@pytest.fixture
def registered(home: AgentHome, session: Session) -> AgentHome:
    home.save_account(Account(NOWHERE, session))
    home.save_pending_registration(PendingRegistration(NOWHERE, Registration("r", datetime(2026, 1, 1, tzinfo=UTC))))
    home.save_address_book(AddressBook((BookContact(1, "Li Wei", "", ("+8613800138000",)),), 2, 1))
    home.save_choices(Choices((BookContact(2, "Aunt Mei", "", ("+8613800138001",)),)))
    home.save_last_push_id("push-1")
    home.save_received_app("org.example.notes", 20)
    home.save_device_profile(DeviceProfile(sdk_version=34))
    return home


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that examples name, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("APPSHARE_SERVER", NOWHERE)
    monkeypatch.setattr(push_send, "_LONGEST_WAIT", 0)
    for name in ("contacts.vcf", "old-phone.vcf"):
        Path(name).write_text("BEGIN:VCARD\nFN:Li Wei\nTEL:+8613800138000\nEND:VCARD\n")
    Path("phone.json").write_text('{"sdkVersion": 34}')
    Path("installed.json").write_text('[{"package_name": "org.example.notes"}]')


def run(home: AgentHome, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home.folder), *arguments])


@pytest.mark.parametrize("typed", COMMANDS)
def test_every_help_has_an_example_of_its_command(typed: str) -> None:
    result = CliRunner().invoke(main, [*typed.split()[1:], "--help"])
    assert result.exit_code == 0
    _, _, examples = result.output.partition("\nExamples:\n")
    assert examples.startswith(f"  {typed}")


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.usefixtures("files", "termux", "adb")
def test_every_example_can_be_typed(registered: AgentHome, example: str) -> None:
    program, *arguments = shlex.split(example)
    result = run(registered, *arguments)
    assert program == "appshare"
    # Without a server the rest fails with the code that says so.
    expected = ExitCode.DONE if " ".join(arguments).startswith(OFFLINE) else ExitCode.UNREACHABLE
    if arguments == ["delete-everything"]:
        expected = ExitCode.WRONG_USAGE  # nobody is there to be asked
    if arguments[0] == "doctor":
        expected = ExitCode.FAILED  # and that is what it says
    assert result.exit_code == expected, result.output


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.usefixtures("files", "termux", "adb")
def test_every_command_prints_one_json_document(registered: AgentHome, example: str) -> None:
    arguments = [argument for argument in shlex.split(example)[1:] if argument != "--json"]
    result = run(registered, *arguments, "--json")
    document = json.loads(result.stdout)
    if result.exit_code == ExitCode.UNREACHABLE:
        assert document["error"]["reason"] == "SERVICE_UNAVAILABLE"
        assert "does not answer" in document["error"]["message"]


def test_the_help_lists_the_exit_codes() -> None:
    output = CliRunner().invoke(main, ["--help"]).output
    for code in ExitCode:
        assert code is ExitCode.INTERRUPTED or f"\n    {code:d}  " in output


@pytest.mark.parametrize("arguments", [["--help"], ["contacts", "--help"], ["apps", "--help"]])
def test_help_is_quick(arguments: list[str]) -> None:
    """It imports nothing heavy: that is what takes time, on any machine."""
    program = (
        "import sys; from appshare.device_agent.__main__ import main;"
        f"main({arguments}, standalone_mode=False);"
        f"sys.exit(bool({HEAVY} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", program], stdout=subprocess.DEVNULL, check=False).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["register"],
        ["register", "+8613800138000", "--code", "1"],
        ["register", "+8613800138000", "--server", "nowhere"],
        ["friends", "--no-such-option"],
        ["apps", "share", "a.b"],
        ["apps", "share", "a.b", "--with", "friends", "--with", "Li Wei"],
        ["preferences", "--push", "selected"],
        ["preferences", "--push", "friends", "--from", "Li Wei"],
        ["contacts", "read", "no-such-file.vcf"],
        ["contacts", "read", "contacts.vcf", "--charset", "no-such-charset"],
        ["shares", "Nobody"],
        ["apps", "publish", "phone.json"],
        ["get", "Li Wei", "Notes", "--device", "installed.json"],
        ["watch", "--count", "0"],
    ],
)
@pytest.mark.usefixtures("files")
def test_wrong_usage_has_its_own_exit_code(registered: AgentHome, arguments: list[str]) -> None:
    result = run(registered, *arguments)
    assert result.exit_code == ExitCode.WRONG_USAGE, result.output
    assert "Error: " in result.stderr
    assert result.stdout == ""


def test_a_device_that_is_not_registered_is_told_what_to_do(home: AgentHome) -> None:
    result = run(home, "friends")
    assert result.exit_code == ExitCode.WRONG_USAGE
    assert "appshare register NUMBER" in result.stderr


def test_candidates_are_part_of_the_json_error(home: AgentHome, session: Session) -> None:
    home.save_account(Account(NOWHERE, session))
    home.save_address_book(AddressBook(tuple(BookContact(n, f"Li {n}", "", ("12345",)) for n in (1, 2))))
    result = run(home, "shares", "li", "--json")
    assert result.exit_code == ExitCode.WRONG_USAGE
    error = json.loads(result.stdout)["error"]
    assert error["candidates"] == ["Li 1, number ending in 2345", "Li 2, number ending in 2345"]


@pytest.mark.usefixtures("files")
def test_the_device_profile_is_kept_even_when_the_server_is_away(home: AgentHome) -> None:
    result = run(home, "register", "+8613800138000", "--device", "phone.json")
    assert result.exit_code == ExitCode.UNREACHABLE
    assert home.device_profile() == DeviceProfile(sdk_version=34)


@pytest.mark.usefixtures("files")
def test_an_address_book_is_shown_with_what_was_skipped(home: AgentHome) -> None:
    Path("contacts.vcf").write_text(
        "BEGIN:VCARD\nFN:Li \x1b[31mWei\nTEL:138\nTEL:none\nEND:VCARD\nBEGIN:VCARD\nFN:Cut\n", encoding="utf-8"
    )
    result = run(home, "contacts", "read", "contacts.vcf")
    assert "\x1b" not in result.output  # a card cannot steer the terminal
    assert result.stdout.splitlines()[2:] == [
        "1      Li \ufffd[31mWei   138       line 4: no digit in the number: none",
        "line 6 skipped: the card ends before its END:VCARD",
        "1 card, 1 with a number; 1 skipped.",
    ]


def test_a_folder_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "phone.json").write_text('{"sdkVersion": 34}')
    home = AgentHome(tmp_path / "file" / "home")
    result = run(home, "register", "+8613800138000", "--device", str(tmp_path / "phone.json"), "--server", NOWHERE)
    assert result.exit_code == ExitCode.FAILED
    assert "Not a directory" in result.stderr


def test_profiles_are_registrations_of_their_own(run_with: Appshare, tmp_path: Path) -> None:
    for profile, name in (("work", "Aunt Mei"), (None, "Li Wei")):
        home = AgentHome(tmp_path / "home" / ("profiles/work" if profile else ""))
        home.save_choices(Choices((BookContact(2, name, "", ("1",)),)))
    assert "Aunt Mei" in run_with("--profile", "work", "contacts", "excluded").stdout
    assert "Li Wei" in run_with("contacts", "excluded").stdout


@pytest.mark.parametrize("name", ["../other", ".hidden", "a/b", "x" * 65])
def test_a_profile_has_a_plain_name(run_with: Appshare, name: str) -> None:
    assert run_with("--profile", name, "contacts", "excluded").exit_code == ExitCode.WRONG_USAGE


@pytest.fixture
def run_with(tmp_path: Path) -> Appshare:
    """Runs `appshare` with options before the command's name."""
    return lambda *words: CliRunner().invoke(main, ["--home", str(tmp_path / "home"), *words])


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_name_the_program(home: AgentHome, shell: str) -> None:
    script = run(home, "completion", shell).stdout
    assert "_APPSHARE_COMPLETE" in script
    assert "appshare" in script


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("appshare con", ["contacts"]),
        ("appshare contacts ", ["read", "sync", "exclude", "include", "excluded"]),
        ("appshare apps publish --sour", ["--source"]),
        ("appshare apps publish --source ", ["adb", "termux", "file"]),
        ("appshare push re", ["recall"]),
    ],
)
def test_a_shell_is_told_what_may_come_next(typed: str, found: list[str]) -> None:
    words = typed.split(" ")
    environment = {"_APPSHARE_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)}
    result = CliRunner().invoke(main, [], prog_name="appshare", env=environment)
    assert [line.partition(",")[2] for line in result.stdout.splitlines()] == found


def completed(monkeypatch: pytest.MonkeyPatch, home: AgentHome, typed: str, shell: str = "bash") -> list[str]:
    """What the shell is given behind what is typed so far; the last word may have begun."""
    words = f"appshare --home {home.folder} {typed}"
    monkeypatch.setenv("COMP_WORDS", words)
    begun = "" if typed.endswith(" ") else split_arg_string(words)[-1]
    monkeypatch.setenv("COMP_CWORD", begun if shell == "fish" else str(len(split_arg_string(words)) - bool(begun)))
    monkeypatch.setenv("_APPSHARE_COMPLETE", f"{shell}_complete")
    result = CliRunner().invoke(main, prog_name="appshare")
    assert result.exit_code in (0, 1), result.output
    return result.stdout.split("\n")[:-1] if result.stdout.strip() else []


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("shares ", [r"Li\ Wei", r"Zhang\ Min", "李伟"]),
        ("shares we", [r"Li\ Wei"]),
        ('push "Zh', ["Zhang Min"]),
        ("block Nobody", []),
        ("get ", [r"Li\ Wei", r"Zhang\ Min", "org.example.chat", "李伟"]),
        ('get "Li Wei" ', ["org.example.chat"]),
        ("apps share org", ["org.example.mine"]),
    ],
)
def test_people_and_apps_are_completed(
    home: AgentHome, monkeypatch: pytest.MonkeyPatch, typed: str, found: list[str]
) -> None:
    names = ("Li Wei", "Zhang Min", "李伟", "")
    home.save_address_book(
        AddressBook(tuple(BookContact(n, name, "", ("1",)) for n, name in enumerate(names, 1)), 5, 1)
    )
    chat = App("org.example.chat", "Chat", "1.0", 1)
    home.save_kept_lists(home.kept_lists().with_list(ByContact(1), ShareList((Share("d", chat),), "v")))
    home.save_published_apps([App("org.example.mine", "Mine", "1.0", 1)])
    assert completed(monkeypatch, home, typed) == [f"plain,{each}" for each in found]


def test_nothing_is_completed_from_a_home_that_is_damaged(home: AgentHome, monkeypatch: pytest.MonkeyPatch) -> None:
    home.save_address_book(AddressBook())
    (home.folder / "contacts.json").write_text("{")
    assert completed(monkeypatch, home, "shares ") == []


def test_a_shell_that_quotes_by_itself_gets_the_name(registered: AgentHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(registered.folder)
    assert completed(monkeypatch, registered, "shares Li", "fish") == ["plain,Li Wei"]
