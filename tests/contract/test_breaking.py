"""`protos/breaking.sh` and `release.sh`: what was released cannot be broken unseen."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of its own with the contract and no release."""
    ignore = shutil.ignore_patterns("gen", "released.binpb")
    shutil.copytree(PROJECT / "protos", tmp_path / "protos", ignore=ignore)
    shutil.copy(PROJECT / "buf.yaml", tmp_path)
    return tmp_path


@pytest.fixture
def released(project: Path) -> Path:
    assert run(project, "release").returncode == 0
    return project


def run(project: Path, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [project / "protos" / f"{script}.sh"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"BIN": str(Path(sys.executable).parent)},
    )


def replace(project: Path, file: str, old: str, new: str) -> None:
    path = project / "protos" / "appshare" / "v1" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_without_a_release_nothing_is_broken(project: Path) -> None:
    replace(project, "inbox.proto", "string note = 3;", "")
    result = run(project, "breaking")
    assert (result.returncode, result.stdout) == (0, "no release yet: there is no contract to break\n")


def test_what_is_added_breaks_nothing(released: Path) -> None:
    replace(released, "inbox.proto", "string note = 3;", "string note = 3;\n  string language = 4;")
    result = run(released, "breaking")
    assert (result.returncode, result.stdout) == (0, "the contract of the last release holds\n")


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        pytest.param("inbox.proto", "string note = 3;", "", id="a field is gone"),
        pytest.param("inbox.proto", "string note = 3;", "bytes note = 3;", id="a field has another type"),
        pytest.param("inbox.proto", "string note = 3;", "string text = 3;", id="a field has another name"),
        pytest.param("share.proto", "PUSH_POLICY_OFF", "PUSH_POLICY_NEVER", id="a value has another name"),
        pytest.param(
            "device_gateway.proto",
            "rpc ListDevices(ListDevicesRequest) returns (ListDevicesResponse);",
            "",
            id="an RPC is gone",
        ),
    ],
)
def test_what_was_released_stays(released: Path, file: str, old: str, new: str) -> None:
    replace(released, file, old, new)
    result = run(released, "breaking")
    assert result.returncode != 0
    assert f"appshare/v1/{file}" in result.stdout


def test_what_breaks_the_last_release_is_not_released(released: Path) -> None:
    contract = (released / "protos" / "released.binpb").read_bytes()
    replace(released, "inbox.proto", "string note = 3;", "")
    assert run(released, "release").returncode != 0
    assert (released / "protos" / "released.binpb").read_bytes() == contract
