"""The commands by which an operator decides about packages."""

import json
from collections.abc import Callable

import pytest
from click.testing import Result
from tests.unit.operator.catalogue import Catalogue
from tests.unit.operator.decisions import KNOWN_SIGNER, ROW_ID

from appshare.command_line.exit_code import ExitCode

Admin = Callable[..., Result]

APP = "org.example.notes"
DIGEST = "ab" * 32


def test_the_pins_are_listed_page_by_page(admin: Admin) -> None:
    assert "No app is pinned" in admin("signers", "list").stdout
    for app in (APP, "org.example.maps"):
        admin("signers", "pin", app)
    assert [pin["package_name"] for pin in json.loads(admin("signers", "list", "--json").stdout)["pins"]] == [
        APP,
        "org.example.maps",
    ]
    assert admin("signers", "list").stdout.splitlines()[-1].split()[-1] == "you"


def test_an_app_is_pinned_to_a_digest_as_keytool_prints_it(admin: Admin, catalogue: Catalogue) -> None:
    assert admin("signers", "pin", APP, ":".join(["AB"] * 32)).exit_code == ExitCode.DONE
    assert catalogue.decisions.pins[APP].signer_sha256 == DIGEST.upper()


def test_what_a_pin_leaves_out_is_told(admin: Admin, catalogue: Catalogue) -> None:
    catalogue.decisions.left_out = 2
    result = admin("signers", "pin", APP)
    assert result.stdout == f"{APP} is pinned to {KNOWN_SIGNER}.\n"
    assert "has 2 packages of it by others" in result.stderr


def test_a_pin_is_forgotten(admin: Admin, catalogue: Catalogue) -> None:
    admin("signers", "pin", APP)
    assert json.loads(admin("signers", "unpin", APP, "--json").stdout) == {"unpinned": APP}
    assert catalogue.decisions.pins == {}


def test_the_lowest_version_is_set_and_removed(admin: Admin, catalogue: Catalogue) -> None:
    catalogue.decisions.left_out = 1
    result = admin("versions", "floor", APP, "21")
    assert result.stdout == f"{APP} is allowed from version code 21 on.\n"
    assert "has 1 package of it below" in result.stderr
    assert admin("versions", "list").stdout.splitlines()[-1].split() == [APP, "21"]
    admin("versions", "floor", APP, "--remove")
    assert catalogue.decisions.floors == {APP: 0}


@pytest.mark.parametrize("arguments", [[], ["21", "--remove"], ["0"], ["-1"], ["many"]])
def test_a_lowest_version_is_a_number_or_none(admin: Admin, arguments: list[str]) -> None:
    assert admin("versions", "floor", APP, *arguments).exit_code == ExitCode.WRONG_USAGE


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ([], "deny all builds on every device"),
        (["--version", "0"], "deny version 0 on every device"),
        (
            ["--manufacturer", "Samsung", "--model", "SM-G97*"],
            "deny all builds on manufacturer Samsung, model SM-G97*",
        ),
        (["--sdk", "21-28", "--density", "420"], "deny all builds on SDK 21-28, 420 dpi"),
        (["--sdk", "29+"], "deny all builds on SDK 29+"),
        (["--resolution", "2400x1080"], "deny all builds on short side 1080 px, long side 2400 px"),
        (
            ["--resolution", "720x1280-2400x1080"],
            "deny all builds on short side 720-1080 px, long side 1280-2400 px",
        ),
        (["--resolution", "720x1280+"], "deny all builds on short side 720+ px, long side 1280+ px"),
        (["--abi", "x86", "--abi", "x86_64"], "deny all builds on ABI x86 or x86_64"),
    ],
)
def test_a_row_says_what_it_does(admin: Admin, arguments: list[str], shown: str) -> None:
    result = admin("adaptations", "add", "deny", APP, *arguments)
    assert result.stdout == f"{APP}, row 1: {shown} (id {ROW_ID})\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["allow", APP],
        ["deny", APP, "--sdk", "-28"],
        ["deny", APP, "--sdk", "0"],
        ["deny", APP, "--sdk", "1-0"],
        ["deny", APP, "--sdk", "new"],
        ["deny", APP, "--resolution", "1080"],
        ["deny", APP, "--resolution", "0x0"],
        ["deny", APP, "--version", "1", "--package", "e489500b"],
        ["deny", APP, "--package", "e489500b"],
        ["deny", APP, "--at", "0"],
    ],
)
def test_what_is_no_row_is_wrong_usage(admin: Admin, catalogue: Catalogue, arguments: list[str]) -> None:
    assert admin("adaptations", "add", *arguments).exit_code == ExitCode.WRONG_USAGE
    assert catalogue.decisions.rows == {}


def test_rows_are_listed_moved_and_removed(admin: Admin, catalogue: Catalogue) -> None:
    for effect in ("deny", "prefer"):
        admin("adaptations", "add", effect, APP, "--version", "21", "--model", "Pixel 8")
    assert admin("adaptations", "list").stdout.splitlines()[-1].split()[:3] == [APP, "2", "prefer"]
    assert admin("adaptations", "move", ROW_ID, "2").stdout.startswith(f"{APP}, row 2: deny version 21")
    assert json.loads(admin("adaptations", "remove", ROW_ID, "--json").stdout) == {"removed": ROW_ID}
    assert ROW_ID not in catalogue.decisions.rows
    assert admin("adaptations", "remove", ROW_ID).exit_code == ExitCode.FAILED


def test_a_row_that_decides_nothing_is_told(admin: Admin, catalogue: Catalogue) -> None:
    catalogue.decisions.idle = "the catalogue has no build that it is about"
    admin("adaptations", "add", "deny", APP)
    for command in (["adaptations", "list"], ["table"]):
        assert admin(*command).stderr == f"{APP}, row 1 decides nothing: {catalogue.decisions.idle}.\n"


def test_the_table_shows_the_operators_rows_before_the_packages(admin: Admin) -> None:
    admin("adaptations", "add", "force", APP, "--sdk", "21-28", "--model", "SM-*", "--density", "320+")
    heading, _line, first, second = admin("table").stdout.splitlines()
    assert heading.split()[:2] == ["App", "Row"]
    assert first.split() == [APP, "1", "force", "all", "builds", "SM-*", "21-28", "320+", "dpi", "any", ROW_ID]
    assert second.split()[:2] == [APP, "package"]
    document = json.loads(admin("table", "--json").stdout)
    assert [row["row_id"] for row in document["operator_rows"]] == [ROW_ID]
    assert len(document["rows"]) == 1
