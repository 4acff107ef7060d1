"""`appshare-admin storage`: what is printed, and the exit code."""

import json
from collections.abc import Callable

import pytest
from click.testing import Result
from tests.unit.operator.catalogue import Catalogue

from appshare.command_line.exit_code import ExitCode
from appshare.v1 import storage_pb2

Admin = Callable[..., Result]

ORPHAN = storage_pb2.StorageFinding(fault=storage_pb2.STORAGE_FAULT_ORPHANED, sha256="0" * 64, size=1_000)
DAMAGED = storage_pb2.StorageFinding(
    fault=storage_pb2.STORAGE_FAULT_DAMAGED,
    sha256="d" * 64,
    size=3,
    package_name="org.example.notes",
    package_id="d" * 64,
)


def test_a_storage_in_which_all_is_well(admin: Admin) -> None:
    result = admin("storage", "check")
    assert (result.exit_code, result.stdout) == (ExitCode.DONE, "1 file read, 3 bytes: all is well.\n")


@pytest.mark.parametrize(("finding", "code"), [(ORPHAN, ExitCode.DONE), (DAMAGED, ExitCode.FAILED)])
def test_only_what_is_missing_or_damaged_is_a_failure(
    admin: Admin, catalogue: Catalogue, finding: storage_pb2.StorageFinding, code: ExitCode
) -> None:
    catalogue.findings = [finding]
    result = admin("storage", "check", "--json")
    assert result.exit_code == code
    [found] = json.loads(result.stdout)["found"]
    assert (found["sha256"], found["package_id"]) == (finding.sha256, finding.package_id)


def test_a_finding_names_the_app(admin: Admin, catalogue: Catalogue) -> None:
    catalogue.findings = [DAMAGED]
    printed = admin("storage", "check", "--only-sizes").stdout
    assert f"damaged: {'d' * 64}, 3 bytes of org.example.notes, package dddddddddddd" in printed


def test_a_dry_run_removes_nothing_and_cleaning_does(admin: Admin, catalogue: Catalogue) -> None:
    catalogue.findings = [ORPHAN, DAMAGED]
    assert "1 file of 1,000 bytes would be removed." in admin("storage", "clean", "--dry-run").stdout
    assert catalogue.findings == [ORPHAN, DAMAGED]
    assert len(json.loads(admin("storage", "clean", "--yes", "--json").stdout)["removed"]) == 1
    assert catalogue.findings == [DAMAGED]


def test_where_nobody_can_be_asked_nothing_is_removed(admin: Admin, catalogue: Catalogue) -> None:
    catalogue.findings = [ORPHAN]
    assert admin("storage", "clean").exit_code == ExitCode.WRONG_USAGE
    assert catalogue.findings == [ORPHAN]
