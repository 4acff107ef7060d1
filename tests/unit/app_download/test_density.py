import pytest
from hypothesis import given
from hypothesis import strategies as st

from appshare.app_download.fitting import density

ALL_BUCKETS = tuple(density.BUCKETS.values())


@pytest.mark.parametrize(
    ("device", "bucket"),
    [
        (420, "xxhdpi"),
        (260, "hdpi"),
        (360, "xhdpi"),
        (160, "mdpi"),
        (0, "mdpi"),
        (100, "ldpi"),
        (213, "tvdpi"),
        (640, "xxxhdpi"),
        (2000, "xxxhdpi"),
    ],
)
def test_a_device_belongs_to_the_bucket_that_serves_it_best(device: int, bucket: str) -> None:
    assert density.name(density.bucket(device)) == bucket


@pytest.mark.parametrize(
    ("device", "offered", "best"),
    [
        (480, (240, 480, 640), 480),  # exactly there
        (480, (120, 240), 240),  # all lower: the highest
        (120, (320, 240), 240),  # all higher: the lowest
        (240, (160, 480), 480),  # scaling down is preferred, although 160 is nearer
        (170, (160, 480), 160),  # unless the lower one is clearly nearer
        (150, (100, 450), 450),  # a tie goes to the higher one: (2 * 100 - 150) * 450 = 150 * 150
        (420, (160, density.ANY), density.ANY),  # what scales to any density wins
        (0, (120, 160, 240), 160),  # unknown counts as 160
    ],
)
def test_the_best_density(device: int, offered: tuple[int, ...], best: int) -> None:
    assert density.best(device, offered) == best


@given(st.integers(0, 2000), st.sets(st.integers(1, density.NONE), min_size=1))
def test_the_best_density_is_one_of_those_on_offer(device: int, offered: set[int]) -> None:
    assert density.best(device, offered) in offered


@given(st.integers(1, 2000), st.sets(st.integers(1, 2000), min_size=1))
def test_a_density_on_offer_serves_a_device_of_just_that_density(device: int, offered: set[int]) -> None:
    assert density.best(device, offered | {device}) == device


def test_a_density_without_a_name_is_given_in_dpi() -> None:
    assert density.name(420) == "420dpi"
