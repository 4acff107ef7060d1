import pytest

from appshare.operator.shown import shown_screens, shown_sdks


@pytest.mark.parametrize(
    ("screens", "shown"),
    [
        ([], "any"),
        (["normal 480 dpi"], "normal: 480 dpi"),
        (["small 120 dpi", "small 160 dpi", "large 120 dpi", "large 160 dpi"], "small, large: 120, 160 dpi"),
        (["small 120 dpi", "large 160 dpi"], "small: 120 dpi; large: 160 dpi"),
        (["small 120 dpi", "any tvdpi"], "small 120 dpi, any tvdpi"),
    ],
)
def test_screens_are_grouped(screens: list[str], shown: str) -> None:
    assert shown_screens(screens) == shown


def test_a_range_of_sdks_is_short() -> None:
    assert shown_sdks(21, 0) == "21+"
    assert shown_sdks(21, 28) == "21-28"
