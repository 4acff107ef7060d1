from hypothesis import given
from hypothesis import strategies as st

from appshare.app_download.upstreams.model import Health
from appshare.app_download.upstreams.schedule import due

HOUR = 3600.0


def test_an_upstream_that_was_never_looked_at_is_due() -> None:
    assert due(Health(), HOUR) == HOUR


def test_what_works_is_looked_at_once_in_an_interval() -> None:
    assert due(Health(checked_at=1000.0), HOUR) == 1000.0 + HOUR


def test_what_failed_is_tried_soon_and_then_later_and_later() -> None:
    waits = [due(Health(failures=failures), 6 * HOUR) for failures in (1, 2, 3, 10)]
    assert waits == [300.0, 600.0, 1200.0, 6 * HOUR]


@given(failures=st.integers(0, 10**9), interval=st.floats(60.0, 10**6), checked_at=st.floats(0, 10**10))
def test_nothing_waits_longer_than_the_interval(failures: int, interval: float, checked_at: float) -> None:
    assert checked_at <= due(Health(checked_at=checked_at, failures=failures), interval) <= checked_at + interval
