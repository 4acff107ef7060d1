import pytest

from appshare.app_download.fitting.android_versions import api_level, version_name


@pytest.mark.parametrize(
    ("version", "level"),
    [
        ("16", 36),
        ("14", 34),
        ("12L", 32),
        ("12", 31),
        ("9", 28),
        ("8.1.0", 27),
        ("8.0.0", 26),
        ("8", 26),
        ("7.1.2", 25),
        ("6.0.1", 23),
        ("4.4W", 20),
        ("4.4.4", 19),
        ("4.4", 19),
        ("4.0.4", 15),
        ("4.0.3", 15),
        ("4.0.2", 14),
        ("2.3.7", 10),
        ("2.3.2", 9),
        ("1.0", 1),
    ],
)
def test_a_version_has_the_api_level_of_the_release_it_maintains(version: str, level: int) -> None:
    assert api_level(version) == level


@pytest.mark.parametrize("version", ["", "99", "4.9", "0", "Tiramisu", "14 beta", "14.", "-14", "1" * 5000])
def test_an_unknown_version_has_no_api_level(version: str) -> None:
    assert api_level(version) is None


def test_an_api_level_is_named_by_the_version_that_brought_it() -> None:
    assert [version_name(level) for level in (10, 15, 19, 31, 32, 36)] == ["2.3.3", "4.0.3", "4.4", "12", "12L", "16"]


def test_an_unknown_api_level_has_no_version() -> None:
    assert version_name(99) is None
