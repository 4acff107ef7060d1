import json
from pathlib import Path
from typing import Any

import pytest

from appshare.command_line.input_error import InputError
from appshare.device_agent.inventory import load_inventory, read_inventory
from appshare.device_agent.model import App
from appshare.fit.device_profile import Platform

NOTES = {"package_name": "org.example.notes", "label": "Notes", "version_name": "2.1", "version_code": 21}


@pytest.mark.parametrize("document", [[NOTES], {"apps": [NOTES]}, {"apps": [{**NOTES, "installer": None}], "x": 1}])
def test_an_inventory_is_a_list_or_an_object_with_one(document: object) -> None:
    assert read_inventory(document) == (App("org.example.notes", "Notes", "2.1", 21),)


def test_all_of_an_app_is_read() -> None:
    entry = {**NOTES, "signer_sha256": ":".join(["AB"] * 32), "platform": "iOS"}
    assert read_inventory([entry]) == (App("org.example.notes", "Notes", "2.1", 21, "ab" * 32, Platform.IOS),)


def test_an_app_needs_only_its_identity() -> None:
    assert read_inventory([{"package_name": "a.b"}]) == (App("a.b", "a.b", "", 0),)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("apps", "an inventory is a list"),
        ({"apps": None}, "an inventory is a list"),
        ([NOTES, 7], r"^apps\[1\]: must be an object"),
        ([{"label": "x"}], r"^apps\[0\]\.package_name: must be an app's identity"),
        ([{**NOTES, "package_name": "../x"}], r"^apps\[0\]\.package_name"),
        ([{**NOTES, "package_name": 7}], r"^apps\[0\]\.package_name: must be a text"),
        ([{**NOTES, "label": ["x"]}], r"^apps\[0\] \(org\.example\.notes\)\.label: must be a text"),
        ([{**NOTES, "version_code": "21"}], r"version_code: must be a whole number"),
        ([{**NOTES, "version_code": True}], r"version_code: must be a whole number"),
        ([{**NOTES, "version_code": 2**63}], r"version_code: must be between"),
        ([{**NOTES, "version_code": -1}], r"version_code: must be between"),
        ([{**NOTES, "signer_sha256": "abc"}], r"signer_sha256: must be 64 hexadecimal digits"),
        ([{**NOTES, "platform": "symbian"}], r'platform: must be "android" or "ios"'),
        ([NOTES, NOTES], r"^apps\[1\] \(org\.example\.notes\): is there twice"),
    ],
)
def test_what_is_wrong_is_named(document: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_inventory(document)


def test_the_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "installed.json"
    path.write_text(json.dumps([7]))
    with pytest.raises(InputError, match=r"installed\.json: apps\[0\]"):
        load_inventory(path)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe\x00", b""])
def test_a_file_that_is_not_json_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "installed.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not JSON"):
        load_inventory(path)
