"""`appshare-admin inspect` and `fit` on real packages; there is no server."""

import json
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from appshare.command_line.exit_code import ExitCode
from appshare.operator.__main__ import main

PACKAGES = Path(__file__).parents[2] / "packages"
CHAT_ARM = PACKAGES / "chat-2.0-arm64-v8a.apk"
CHAT_X86 = PACKAGES / "chat-2.0-x86_64.apk"
PHONE = {"sdkVersion": 30, "supportedAbis": ["arm64-v8a"], "screenDensity": 420}


@pytest.fixture
def phone(tmp_path: Path) -> Path:
    return written(tmp_path / "phone.json", PHONE)


def written(path: Path, document: dict[str, Any]) -> Path:
    path.write_text(json.dumps(document))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def document(result: Result) -> Any:
    return json.loads(result.stdout)


def wrapped(path: Path, parts: Sequence[Path]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for part in parts:
            archive.write(part, part.name)
    return path


def unsigned(path: Path) -> Path:
    """A sample of which nothing but manifest and resources is left."""
    with zipfile.ZipFile(PACKAGES / "mail-1.0.apk") as whole, zipfile.ZipFile(path, "w") as rest:
        for name in ("AndroidManifest.xml", "resources.arsc"):
            rest.writestr(name, whole.read(name))
    return path


def test_inspect_says_what_the_package_and_its_signature_say() -> None:
    result = run("inspect", CHAT_ARM, "--json")
    assert result.exit_code == ExitCode.DONE
    truth = json.loads((PACKAGES / "packages.json").read_text())[CHAT_ARM.name]
    names = ("package", "version_code", "version_name", "min_sdk", "target_sdk", "max_sdk", "abis", "label")
    assert document(result) == {name: truth[name] for name in names} | {
        "signature": {
            "verified": True,
            "schemes": truth["signature_schemes"],
            "min_api": truth["min_sdk"],
            "signer_sha256": truth["signer_sha256"],
        }
    }


def test_inspect_of_a_package_whose_signature_does_not_hold_tells_both(tmp_path: Path) -> None:
    result = run("inspect", unsigned(tmp_path / "mail.apk"), "--json")
    assert result.exit_code == ExitCode.REFUSED
    described = document(result)
    assert described["package"] == "org.appshare.sample.mail"
    assert described["signature"] == {"verified": False, "schemes": [], "min_api": None, "signer_sha256": ""}
    assert described["refused"]["reason"] == "SIGNATURE_MISSING"


def test_inspect_of_a_file_that_is_no_package_tells_why(tmp_path: Path) -> None:
    file = tmp_path / "notes.apk"
    file.write_bytes(b"no package")
    result = run("inspect", file, "--json")
    assert result.exit_code == ExitCode.REFUSED
    assert document(result) == {"refused": {"reason": "NOT_AN_APK", "message": "the file is not a ZIP archive"}}


def test_inspect_of_a_set_tells_of_its_parts(tmp_path: Path) -> None:
    described = document(run("inspect", wrapped(tmp_path / "chat.xapk", [CHAT_ARM]), "--json"))
    assert described["package"] == "org.appshare.sample.chat"
    [part] = described["parts"]
    assert (part["name"], part["size"], part["abis"]) == (CHAT_ARM.name, CHAT_ARM.stat().st_size, ["arm64-v8a"])


def test_inspect_of_several_files_has_a_line_for_each() -> None:
    lines = [json.loads(line) for line in run("inspect", CHAT_ARM, CHAT_X86, "--json").stdout.splitlines()]
    assert [(line["file"], line["abis"]) for line in lines] == [
        (str(CHAT_ARM), ["arm64-v8a"]),
        (str(CHAT_X86), ["x86_64"]),
    ]


def test_inspect_tells_people_the_same() -> None:
    told = run("inspect", CHAT_ARM).stdout
    assert "org.appshare.sample.chat 2.0 (version code 200)" in told
    assert "ABIs arm64-v8a" in told


def test_fit_chooses_between_the_builds(phone: Path) -> None:
    result = run("fit", CHAT_X86, CHAT_ARM, "--spec", phone, "--json")
    assert result.exit_code == ExitCode.DONE
    fit = document(result)["fit"]
    assert fit["files"] == [CHAT_ARM.name]
    assert "ABI arm64-v8a first of 1" in fit["why"]


def test_fit_says_why_nothing_fits(phone: Path) -> None:
    result = run("fit", CHAT_X86, "--spec", phone, "--json")
    assert result.exit_code == ExitCode.NO_FIT
    [reason] = document(result)["no_fit"]["reasons"]
    assert (reason["kind"], reason["device_has"], reason["packages_want"]) == ("ABI", ["arm64-v8a"], ["x86_64"])


def test_fit_takes_a_set(phone: Path, tmp_path: Path) -> None:
    held = wrapped(tmp_path / "chat.xapk", [CHAT_ARM])
    assert document(run("fit", held, "--spec", phone, "--json"))["fit"]["files"] == [CHAT_ARM.name]


def test_fit_tells_the_file_that_is_refused(phone: Path, tmp_path: Path) -> None:
    file = unsigned(tmp_path / "mail.apk")
    result = run("fit", file, "--spec", phone, "--json")
    assert result.exit_code == ExitCode.REFUSED
    refused = document(result)["refused"]
    assert (refused["file"], refused["reason"]) == (str(file), "SIGNATURE_MISSING")


def test_fit_asks_for_the_files_of_one_app(phone: Path) -> None:
    result = run("fit", CHAT_ARM, PACKAGES / "mail-1.0.apk", "--spec", phone)
    assert result.exit_code == ExitCode.FAILED
    assert "several apps" in result.stderr


def test_fit_refuses_a_device_that_cannot_be(tmp_path: Path) -> None:
    spec = written(tmp_path / "phone.json", PHONE | {"screenDensity": 4294967295})
    result = run("fit", CHAT_ARM, "--spec", spec, "--json")
    assert result.exit_code == ExitCode.FAILED
    assert document(result)["error"]["reason"] == "INVALID_DEVICE_PROFILE"


SPLITS = PACKAGES.parents[2] / "shared" / "data" / "apks" / "splitsets" / "ck_wrapped.xapk"


@pytest.mark.skipif(not SPLITS.exists(), reason="the packages of others are not here: ../shared/data/apks")
def test_fit_puts_loose_splits_together(phone: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(SPLITS) as archive:
        names = ["org.dyndns.fules.ck.apk", "config.arm64_v8a.apk", "config.x86.apk", "config.xxhdpi.apk"]
        files = [archive.extract(name, tmp_path) for name in names]
    result = run("fit", *files, "--spec", phone, "--json")
    assert sorted(document(result)["fit"]["files"]) == sorted(set(names) - {"config.x86.apk"})


def test_fit_wants_splits_to_make_a_set(phone: Path, tmp_path: Path) -> None:
    if not SPLITS.exists():
        pytest.skip("the packages of others are not here: ../shared/data/apks")
    with zipfile.ZipFile(SPLITS) as archive:
        split = archive.extract("config.x86.apk", tmp_path)
    result = run("fit", split, "--spec", phone, "--json")
    assert document(result)["error"]["reason"] == "PACKAGE_INCOMPLETE"


def test_two_files_of_one_name_can_be_told_apart(phone: Path, tmp_path: Path) -> None:
    copy = tmp_path / "x" / CHAT_ARM.name
    copy.parent.mkdir()
    shutil.copy(CHAT_X86, copy)
    assert document(run("fit", CHAT_ARM, copy, "--spec", phone, "--json"))["fit"]["files"] == [CHAT_ARM.name]
