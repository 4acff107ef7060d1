import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from tests.unit.operator.catalogue import TOKEN, Catalogue

from appshare.command_line.exit_code import ExitCode
from appshare.operator.__main__ import main
from appshare.operator.certificate_folder import CertificateFolder
from appshare.operator.commands import keys_rotate
from appshare.v1 import fit_pb2

Admin = Callable[..., Result]

FIT = fit_pb2.FitAnswer(
    fit=fit_pb2.Fit(package_name="org.example.notes", version_name="2.1", explanation=["ABI arm64-v8a first of 2"])
)
NO_FIT = fit_pb2.FitAnswer(
    no_fit=fit_pb2.NoFit(
        reasons=[
            fit_pb2.NoFitReason(kind=fit_pb2.NO_FIT_KIND_MIN_SDK, message="needs Android 12; you have 10"),
            fit_pb2.NoFitReason(kind=fit_pb2.NO_FIT_KIND_ABI, message="no build for mips", device_has=["mips"]),
        ]
    )
)


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


FIRST_SECOND = datetime.fromtimestamp(0, UTC).astimezone()
COMMANDS = dict(commands(main, "appshare-admin"))
EXAMPLES = sorted({line.strip() for command in COMMANDS.values() for line in command.examples.strip().splitlines()})
POSTGRESQL = "db.internal"
"""Examples with it need a server that is not here: tests/e2e/test_migrate.py has one."""
OFFLINE = ("appshare-admin inspect ", "appshare-admin fit ")
"""Commands that read the packages themselves."""
PACKAGE = Path(__file__).parents[2] / "packages" / "chat-1.0.apk"


@pytest.fixture
def apk(tmp_path: Path) -> Path:
    path = tmp_path / "notes.apk"
    path.write_bytes(b"apk" + os.urandom(1_200_000))
    return path


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "phone.json"
    path.write_text('{"sdkVersion": 29}')
    return path


def test_examples_of_moving_can_be_typed_as_far_as_there_is_a_database() -> None:
    examples = [example for example in EXAMPLES if POSTGRESQL in example]
    assert len(examples) == 2
    for example in examples:
        result = CliRunner().invoke(main, shlex.split(example.replace(POSTGRESQL, "127.0.0.1:1"))[1:])
        assert result.exit_code == ExitCode.FAILED
        assert "holds no database" in result.output or "cannot be reached" in result.output


@pytest.mark.parametrize("typed", COMMANDS)
def test_every_help_has_an_example_of_its_command(typed: str) -> None:
    result = CliRunner().invoke(main, [*typed.split()[1:], "--help"])
    assert result.exit_code == 0
    _, _, examples = result.output.partition("\nExamples:\n")
    assert examples.startswith(f"  {typed}")


@pytest.mark.parametrize("example", [example for example in EXAMPLES if example.startswith(OFFLINE)])
def test_every_example_without_a_server_can_be_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("phone.json").write_text('{"sdkVersion": 34}')
    for name in ("notes.apk", "notes-arm.apk", "notes-x86.apk", "chat.apk"):
        Path(name).write_bytes(PACKAGE.read_bytes())
    with zipfile.ZipFile("notes.apks", "w") as held:
        held.write(PACKAGE, "base.apk")
    result = CliRunner().invoke(main, shlex.split(example)[1:])
    assert result.exit_code == ExitCode.DONE, result.output


@pytest.mark.parametrize(
    "example", [each for each in EXAMPLES if not each.startswith(OFFLINE) and POSTGRESQL not in each]
)
def test_every_example_can_be_typed(
    admin: Admin, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(keys_rotate, "_PAUSE", 0)
    Path("downloads").mkdir()
    for name in ("notes.apk", "downloads/maps.apk", "base.apk", "split_config.de.apk"):
        Path(name).write_bytes(f"apk {name}".encode())
    Path("mine.token").write_text(TOKEN)
    admin("operators", "add", "day-shift")
    Path("phones").mkdir()
    for name in ("phone.json", "phones/new.json"):
        Path(name).write_text('{"sdkVersion": 34}')
    if "certs init" not in example:
        CertificateFolder(Path("certs")).complete({})
    catalogue.answer = FIT
    admin("packages", "add", "notes.apk")
    admin("adaptations", "add", "deny", "org.example.notes")
    package_id = next(iter(catalogue.packages))
    snapshot = json.loads(admin("backup", "take", "backups", "--json").stdout)["name"]
    typed = example.replace("e489500b", package_id[:8]).replace("/srv/appshare", str(tmp_path / "data"))
    typed = typed.replace("20261123T092000.250Z", snapshot)
    result = admin(*shlex.split(typed)[1:])
    assert result.exit_code == ExitCode.DONE, result.output


def test_help_is_quick() -> None:
    program = (
        "import sys; from appshare.operator.__main__ import main;"
        "main(['packages', '--help'], standalone_mode=False);"
        "sys.exit(bool({'grpc', 'google', 'rich', 'asyncio'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", program], stdout=subprocess.DEVNULL, check=False).returncode == 0


def test_a_package_is_added_whole(admin: Admin, catalogue: Catalogue, apk: Path) -> None:
    result = admin("packages", "add", apk)
    assert result.exit_code == ExitCode.DONE, result.output
    assert result.stdout == f"{apk}: org.example.notes 1.0 (1) added\n"
    assert result.stderr.splitlines()[-1] == "notes.apk: 100 % of 1,200,003 bytes"
    assert [package.files[0].size for package in catalogue.packages.values()] == [1_200_003]


def test_a_package_that_is_there_is_told(admin: Admin, apk: Path) -> None:
    admin("packages", "add", apk)
    assert "was there already" in admin("packages", "add", apk).stdout


def test_folders_are_searched_and_every_file_is_added_once(admin: Admin, catalogue: Catalogue, tmp_path: Path) -> None:
    folder = tmp_path / "downloads" / "deep"
    folder.mkdir(parents=True)
    for name in ("b.apk", "a.apk", "notes.txt"):
        (folder / name).write_bytes(f"apk {name}".encode())
    result = admin("packages", "add", tmp_path / "downloads", folder / "a.apk")
    assert result.exit_code == ExitCode.DONE
    assert [package.package_name for package in catalogue.packages.values()] == ["org.example.a", "org.example.b"]


def test_a_folder_without_packages_is_wrong_usage(admin: Admin, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = admin("packages", "add", tmp_path / "empty")
    assert result.exit_code == ExitCode.WRONG_USAGE
    assert "no *.apk, *.apkm, *.apks, *.xapk in this folder" in result.stderr


def test_a_folder_stands_for_packages_of_every_kind(admin: Admin, catalogue: Catalogue, tmp_path: Path) -> None:
    for name in ("a.apk", "b.apks", "c.XAPK", "d.apkm", "e.zip"):
        (tmp_path / "downloads" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "downloads" / name).write_bytes(f"apk {name}".encode())
    assert admin("packages", "add", tmp_path / "downloads").exit_code == ExitCode.DONE
    names = [package.files[0].name for package in catalogue.packages.values()]
    assert names == ["a.apk", "b.apks", "c.XAPK", "d.apkm"]


@pytest.fixture
def splits(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "phone" / name for name in ("base.apk", "split_config.de.apk", "split_scanner.apk")]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(f"apk {path.name}".encode())
    return paths


def test_splits_are_added_together(admin: Admin, catalogue: Catalogue, splits: list[Path]) -> None:
    result = admin("packages", "add", "--together", splits[0].parent, "--device-model", "Pixel 8", "--json")
    assert result.exit_code == ExitCode.DONE, result.output
    [package] = catalogue.packages.values()
    assert [file.name for file in package.files] == [path.name for path in splits]
    [added] = json.loads(result.stdout)["added"]
    assert added["files"] == list(map(str, splits))
    assert (added["package"]["kind"], added["package"]["device_model"]) == ("HELD_SET", "Pixel 8")
    listed = admin("packages", "list").stdout
    assert "splits of a Pixel 8: base, scanner" in " ".join(listed.split())


def test_splits_that_were_added_one_by_one_are_told_how(admin: Admin, splits: list[Path]) -> None:
    splits[1].write_bytes(b"apk split")
    result = admin("packages", "add", *splits)
    assert result.exit_code == ExitCode.FAILED
    assert result.stderr.splitlines()[-2:] == [
        f"  {splits[1]}: only a split",
        "Splits of one package are added in one go: appshare-admin packages add --together FILE...",
    ]


def test_a_refused_file_does_not_keep_the_others_out(admin: Admin, apk: Path, spec: Path) -> None:
    result = admin("packages", "add", spec, apk, "--json")
    assert result.exit_code == ExitCode.FAILED
    document = json.loads(result.stdout)
    assert [each["file"] for each in document["added"]] == [str(apk)]
    assert document["failed"] == [
        {
            "file": str(spec),
            "files": [str(spec)],
            "reason": "PACKAGE_NOT_AN_APK",
            "message": "not an Android package",
        }
    ]
    assert document["not_tried"] == []


def test_failures_are_summed_up_at_the_end(admin: Admin, apk: Path, spec: Path) -> None:
    result = admin("packages", "add", spec, apk)
    assert result.stderr.splitlines()[-2:] == ["Not added:", f"  {spec}: not an Android package"]


def test_without_a_server_the_rest_is_not_tried(data: Path, apk: Path, spec: Path) -> None:
    arguments = ["--data", str(data), "--server", "127.0.0.1:1", "packages", "add", str(apk), str(spec), "--json"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == ExitCode.UNREACHABLE
    document = json.loads(result.stdout)
    assert document["failed"][0]["reason"] == "SERVICE_UNAVAILABLE"
    assert document["not_tried"] == [str(spec)]


def test_a_wrong_token_is_told_once(data: Path, apk: Path, spec: Path) -> None:
    (data / "gateway" / "operator.token").write_text("wrong")
    result = CliRunner().invoke(main, ["--data", str(data), "packages", "add", str(apk), str(spec)])
    assert result.exit_code == ExitCode.FAILED
    assert result.stderr.splitlines()[-1] == "Error: not the operator's token"


def test_all_pages_are_listed(admin: Admin, catalogue: Catalogue, tmp_path: Path) -> None:
    for name in ("a.apk", "b.apk", "c.apk"):
        (tmp_path / name).write_bytes(f"apk {name}".encode())
        admin("packages", "add", tmp_path / name)
    packages = json.loads(admin("packages", "list", "--json").stdout)["packages"]
    assert [package["package_id"] for package in packages] == list(catalogue.packages)
    assert "org.example.b" in admin("packages", "list").stdout


def test_a_package_is_removed_by_the_beginning_of_its_id(admin: Admin, catalogue: Catalogue, apk: Path) -> None:
    admin("packages", "add", apk)
    (package_id,) = catalogue.packages
    assert admin("packages", "remove", package_id[:7]).exit_code == ExitCode.WRONG_USAGE
    result = admin("packages", "remove", package_id[:8].upper(), "--json")
    assert json.loads(result.stdout) == {"removed": package_id}
    assert catalogue.packages == {}


def test_the_beginning_of_two_ids_removes_nothing(admin: Admin, catalogue: Catalogue, apk: Path) -> None:
    admin("packages", "add", apk)
    (package_id, package), *_ = catalogue.packages.items()
    other = package_id[:20] + "0" * 44
    catalogue.packages[other] = type(package)(package_id=other, package_name="org.example.other")
    result = admin("packages", "remove", package_id[:12], "--json")
    assert result.exit_code == ExitCode.WRONG_USAGE
    assert len(json.loads(result.stdout)["error"]["candidates"]) == 2
    assert len(catalogue.packages) == 2


def test_a_fit_is_explained(admin: Admin, catalogue: Catalogue, spec: Path) -> None:
    catalogue.answer = FIT
    result = admin("packages", "match", "org.example.notes", "--spec", spec)
    assert result.exit_code == ExitCode.DONE
    assert "ABI arm64-v8a first of 2" in result.stdout


def test_modules_are_asked_for(admin: Admin, catalogue: Catalogue, spec: Path) -> None:
    admin("packages", "match", "org.example.notes", "--spec", spec, "--module", "camera", "--module", "maps")
    assert catalogue.modules == ["camera", "maps"]


def test_no_fit_is_explained_reason_by_reason(admin: Admin, catalogue: Catalogue, spec: Path) -> None:
    catalogue.answer = NO_FIT
    result = admin("packages", "match", "org.example.notes", "--spec", spec)
    assert result.exit_code == ExitCode.NO_FIT
    assert result.stdout.splitlines() == [
        "No build fits the device:",
        "  needs Android 12; you have 10",
        "  no build for mips",
    ]
    reasons = json.loads(admin("packages", "match", "x", "--spec", spec, "--json").stdout)["no_fit"]["reasons"]
    assert [reason["kind"] for reason in reasons] == ["MIN_SDK", "ABI"]
    assert reasons[1]["device_has"] == ["mips"]


@pytest.fixture
def phones(tmp_path: Path) -> Path:
    folder = tmp_path / "phones"
    folder.mkdir()
    for name, sdk in (("old", 16), ("new", 34)):
        (folder / f"{name}.json").write_text(json.dumps({"sdkVersion": sdk}))
    return folder


def test_all_devices_are_shown_with_all_apps(admin: Admin, catalogue: Catalogue, apk: Path, phones: Path) -> None:
    admin("packages", "add", apk)
    catalogue.answer = FIT
    result = admin("packages", "match", "--all-specs", phones)
    assert result.exit_code == ExitCode.DONE
    assert [line.split()[:3] for line in result.stdout.splitlines()[2:]] == [
        ["new", "org.example.notes", "2.1"],
        ["old", "org.example.notes", "2.1"],
    ]


def test_all_devices_are_told_to_programs(admin: Admin, catalogue: Catalogue, phones: Path) -> None:
    catalogue.answer = NO_FIT
    result = admin("packages", "match", "org.example.chat", "--all-specs", phones, "--json")
    assert result.exit_code == ExitCode.NO_FIT
    matches = json.loads(result.stdout)["matches"]
    assert [(each["device"], each["package_name"]) for each in matches] == [
        ("new", "org.example.chat"),
        ("old", "org.example.chat"),
    ]
    assert matches[0]["no_fit"]["reasons"][0]["message"] == "needs Android 12; you have 10"


def test_a_device_of_the_folder_that_cannot_be_read_is_named(admin: Admin, phones: Path) -> None:
    (phones / "new.json").write_text('{"sdkVersion": []}')
    result = admin("packages", "match", "--all-specs", phones)
    assert result.exit_code == ExitCode.WRONG_USAGE
    assert "new.json: sdkVersion" in result.stderr


def test_a_folder_without_devices_is_wrong_usage(admin: Admin, tmp_path: Path) -> None:
    result = admin("packages", "match", "--all-specs", tmp_path)
    assert (result.exit_code, "no *.json" in result.stderr) == (ExitCode.WRONG_USAGE, True)


@pytest.mark.parametrize("arguments", [(), ("org.example.notes",), ("--spec", "phone.json")])
def test_a_match_says_for_which_device_and_which_app(admin: Admin, spec: Path, arguments: tuple[str, ...]) -> None:
    typed = [spec if argument == "phone.json" else argument for argument in arguments]
    assert admin("packages", "match", *typed).exit_code == ExitCode.WRONG_USAGE


def test_an_app_store_link_is_set_and_removed(admin: Admin, catalogue: Catalogue) -> None:
    admin("packages", "app-store-link", "org.example.notes", "https://apps.apple.com/app/id1")
    assert catalogue.links == {"org.example.notes": "https://apps.apple.com/app/id1"}
    admin("packages", "app-store-link", "org.example.notes", "--remove")
    assert catalogue.links == {"org.example.notes": ""}


def test_a_link_that_leads_elsewhere_is_set_and_noted(admin: Admin, catalogue: Catalogue) -> None:
    assert admin("packages", "app-store-link", "a", "https://apps.apple.com/app/id1").stderr == ""
    assert "not lead to the App Store" in admin("packages", "app-store-link", "a", "https://apps.example.com").stderr
    assert catalogue.links == {"a": "https://apps.example.com"}


@pytest.mark.parametrize("arguments", [[], ["https://x", "--remove"]])
def test_a_link_is_set_or_removed(admin: Admin, arguments: list[str]) -> None:
    assert admin("packages", "app-store-link", "org.example.notes", *arguments).exit_code == ExitCode.WRONG_USAGE


def test_the_table_is_shown(admin: Admin) -> None:
    result = admin("table", "org.example.maps")
    assert result.stdout.splitlines()[-1].split() == [
        "org.example.maps",
        "package",
        "2.1",
        "(21)",
        "any",
        "21+",
        "normal:",
        "480",
        "dpi",
        "any",
        "notes.apk",
        "aaaaaaaaaaaa",
    ]
    assert json.loads(admin("table", "--json").stdout)["rows"][0]["screens"] == ["normal 480 dpi"]


def test_a_rotation_is_followed_to_its_end(admin: Admin, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys_rotate, "_PAUSE", 0)
    result = admin("keys", "rotate")
    assert result.stderr.splitlines() == [
        "Key 1 is in use; 0 of 3 contact books are stored under the next one.",
        "Key 1 is in use; 1 of 3 contact books are stored under the next one.",
    ]
    assert result.stdout == "Key 2 is in use; no rotation is under way.\n"
    assert catalogue.rotations == 1


def test_a_rotation_can_be_left_alone(admin: Admin) -> None:
    result = admin("keys", "rotate", "--no-wait", "--json")
    assert json.loads(result.stdout)["rotation"] == {
        "generation": 1,
        "running": True,
        "books_done": 0,
        "books_total": 3,
    }


def test_a_look_at_the_key_rotates_nothing(admin: Admin, catalogue: Catalogue) -> None:
    assert "0 of 3 contact books" in admin("keys", "status").stdout
    assert catalogue.rotations == 0


def test_limits_are_told_with_what_they_have_refused(admin: Admin) -> None:
    result = admin("limits", "gateway")
    assert result.exit_code == ExitCode.DONE, result.output
    name, head, _, *rows = (re.split(r"\s{2,}", line.strip()) for line in result.stdout.splitlines() if line)
    assert (name, head) == (["gateway:"], ["Setting", "Value", "Default", "Refused", "What it is"])
    assert rows[0] == ["APPSHARE_LISTEN", "127.0.0.1:1", "a:7400"]
    assert rows[1] == ["APPSHARE_CALLS", "3", "3", f"1,200, last {FIRST_SECOND:%Y-%m-%d %H:%M}", "C."]
    assert rows[2] == ["APPSHARE_IDLE", "9", "9"]
    assert (rows[3][0], rows[3][-1]) == ("headers", "A limit that is no setting.")


def test_limits_that_somebody_has_changed_or_met_are_picked(admin: Admin) -> None:
    [gateway] = json.loads(admin("limits", "gateway", "--changed", "--json").stdout)["services"]
    assert [each["name"] for each in gateway["settings"]] == ["listen", "calls"]
    assert gateway["refusals"][0] == {"limit": "calls", "count": 1200, "last_time": "1970-01-01T00:00:00+00:00"}


def test_limits_of_a_process_that_does_not_answer_are_not_known(admin: Admin, catalogue: Catalogue) -> None:
    catalogue.down = "share-registry"
    result = admin("limits")
    assert result.exit_code == ExitCode.UNREACHABLE
    assert "share-registry:\ndoes not answer\n" in result.stdout
    assert admin("limits", "gateway").exit_code == ExitCode.DONE


def test_the_status_is_one_screen(admin: Admin) -> None:
    result = admin("status")
    assert result.exit_code == ExitCode.DONE
    for shown in ("gateway", "share-registry", "1.2.3", "50 MiB", "inbox events waiting 1,234"):
        assert shown in result.stdout


def test_a_process_that_does_not_answer_is_told_with_the_others(admin: Admin, catalogue: Catalogue) -> None:
    catalogue.down = "share-registry"
    result = admin("status", "--json")
    assert result.exit_code == ExitCode.UNREACHABLE
    services = {each["name"]: each["status"] for each in json.loads(result.stdout)["services"]}
    assert services["share-registry"] is None
    assert services["gateway"]["failed_calls"] == 1
    assert "does not answer" in admin("status").stdout


class TestOperators:
    def test_a_token_is_all_of_the_output_so_that_it_can_go_into_a_file(self, admin: Admin) -> None:
        result = admin("operators", "add", "night-shift")
        assert result.exit_code == ExitCode.DONE, result.output
        [token] = result.stdout.splitlines()
        assert len(token) >= 43
        assert "not shown again" in result.stderr
        again = admin("operators", "add", "night-shift")
        assert again.exit_code != ExitCode.DONE
        assert token not in again.output

    def test_they_are_listed_and_removed(self, admin: Admin) -> None:
        admin("operators", "add", "night-shift")
        listed = json.loads(admin("operators", "list", "--json").stdout)["operators"]
        assert [each["name"] for each in listed] == ["bootstrap", "night-shift"]
        assert admin("operators", "remove", "night-shift").exit_code == ExitCode.DONE
        assert "night-shift" not in admin("operators", "list").stdout
        last = admin("operators", "remove", "bootstrap")
        assert last.exit_code != ExitCode.DONE
        assert "add another first" in last.stderr


class TestSigningKeys:
    def test_a_new_key_signs_and_the_other_is_accepted_until_its_tokens_are_over(self, admin: Admin) -> None:
        before = json.loads(admin("signing-keys", "list", "--json").stdout)["keys"]
        made = json.loads(admin("signing-keys", "rotate", "--json").stdout)["key"]
        newest, other = json.loads(admin("signing-keys", "list", "--json").stdout)["keys"]
        assert newest == made
        assert (newest["over_time"], other["key_id"], other["withdrawn"]) == (None, before[0]["key_id"], False)
        signs, accepted = admin("signing-keys", "list").stdout.splitlines()[-2:]
        assert "signs" in signs
        assert "accepted until" in accepted

    def test_others_can_be_withdrawn(self, admin: Admin) -> None:
        admin("signing-keys", "rotate", "--withdraw")
        assert "withdrawn" in admin("signing-keys", "list").stdout


def test_devices_are_counted(admin: Admin) -> None:
    assert admin("devices", "count").stdout == "3 devices of 1 number.\n"
    assert json.loads(admin("devices", "count", "--json").stdout) == {"devices": 3, "numbers": 1}


def test_a_device_is_removed_and_its_number_with_it_when_asked(admin: Admin) -> None:
    assert "devices: 1" in admin("devices", "remove", "7f3c9aQm").stdout
    result = admin("devices", "remove", "7f3c9aQm", "--with-number", "--json")
    assert json.loads(result.stdout)["receipt"]["removed"]["devices"] == 3
