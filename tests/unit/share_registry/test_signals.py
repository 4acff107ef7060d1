import pytest

from appshare.share_registry.signals import Signals


def test_a_change_concerns_its_owner_and_nobody_else() -> None:
    signals = Signals()
    signals.changed("before")
    since = signals.changes
    assert not signals.has_changed("before", since)
    signals.changed("owner")
    signals.changed("other")
    assert signals.has_changed("owner", since)
    assert not signals.has_changed("before", since)


def test_of_too_many_changes_each_may_concern_anybody() -> None:
    signals = Signals()
    for _ in range(1_024):
        signals.changed("other")
    assert not signals.has_changed("owner", 0)
    signals.changed("other")
    assert signals.has_changed("owner", 0)


def test_a_listener_keeps_the_furthest_that_was_acknowledged() -> None:
    signals = Signals()
    with signals.listening("viewer") as listener:
        for position in (2, 5, 3):
            signals.acknowledged("viewer", position)
        assert listener.acknowledged == 5


def test_a_change_that_fails_counts_all_the_same() -> None:
    signals = Signals()
    with pytest.raises(LookupError), signals.changing("owner"):
        raise LookupError
    assert signals.has_changed("owner", 0)
