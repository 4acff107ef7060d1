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


def test_a_listener_keeps_the_furthest_that_it_has_heard_of() -> None:
    signals = Signals()
    with signals.listening("viewer") as listener:
        for position in (2, 5, 3):
            signals.arrived({"viewer": position, "other": 9})
            signals.acknowledged("viewer", position - 1)
        assert (listener.head, listener.acknowledged) == (5, 4)
