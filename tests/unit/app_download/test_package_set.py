"""Which packages can be parts of one set."""

from typing import Any

import pytest
from tests.unit.app_download.split_sets.sets import held, part

from appshare.app_download.package_set import incompleteness, inconsistency

BASE, CAMERA = part("").manifest, part("camera").manifest


def other(**difference: Any) -> Any:
    return part("camera", **difference).manifest


def test_a_base_and_its_splits_are_a_set() -> None:
    assert inconsistency([BASE, CAMERA], has_table_of_contents=False) is None


@pytest.mark.parametrize(
    ("manifests", "problem"),
    [
        ([BASE, other(package_name="org.example.other")], "its parts are of several apps"),
        ([BASE, other(version_code=2)], "its parts are of several versions"),
        ([BASE, other(signer_sha256="bb")], "its parts are signed by several signers"),
    ],
)
@pytest.mark.parametrize("has_table_of_contents", [False, True])
def test_what_does_not_belong_together_is_no_set(
    manifests: list[Any], problem: str, *, has_table_of_contents: bool
) -> None:
    assert inconsistency(manifests, has_table_of_contents=has_table_of_contents) == problem


@pytest.mark.parametrize(
    ("manifests", "problem"),
    [
        ([CAMERA], "the base is not among its parts"),
        ([], "the base is not among its parts"),
        ([part("", requires_splits=True).manifest], "its base is not to be installed without splits"),
        ([part("", required_split_types=("base__abi",)).manifest], "its base requires splits of the type base__abi"),
    ],
)
def test_a_set_that_lacks_something_is_not_whole(manifests: list[Any], problem: str) -> None:
    assert incompleteness(manifests, has_table_of_contents=False) == problem


def test_a_set_is_whole_when_all_that_the_base_requires_is_given() -> None:
    base = part("", requires_splits=True, required_split_types=("base__abi",)).manifest
    given = other(split_types=("base__abi",))
    assert incompleteness([base, given], has_table_of_contents=False) is None
    assert incompleteness([base], has_table_of_contents=True) is None


def test_only_a_table_of_contents_tells_two_of_the_same_split_apart() -> None:
    assert inconsistency([BASE, BASE], has_table_of_contents=True) is None
    assert inconsistency([BASE, CAMERA, CAMERA], has_table_of_contents=False) == "two of its parts are the same split"
    assert inconsistency([BASE, BASE], has_table_of_contents=False) == "two of its parts are whole packages"


def test_a_part_is_found_by_its_path() -> None:
    camera = part("camera")
    assert held(camera).part("splits/camera.apk") == camera
