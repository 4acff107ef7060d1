from tests.unit.app_download.samples import apk

from appshare.app_download.stores.build_cache import BuildCache


def test_what_was_asked_for_the_longest_ago_goes_first() -> None:
    cache = BuildCache(10)
    for name in "abc":
        cache.keep(name, apk(name), 3)
    assert cache.find("a") == apk("a")
    cache.keep("d", apk("d"), 3)
    assert [cache.find(name) is not None for name in "abcd"] == [True, False, True, True]


def test_a_large_one_takes_the_place_of_several_and_one_too_large_none() -> None:
    cache = BuildCache(10)
    for name in "abc":
        cache.keep(name, apk(name), 3)
    cache.keep("large", apk("large"), 7)
    assert [cache.find(name) is not None for name in ("a", "b", "c", "large")] == [False, False, True, True]
    cache.keep("too large", apk("too large"), 11)
    assert cache.find("too large") is None
    assert cache.find("large") is not None


def test_what_is_dropped_makes_room() -> None:
    cache = BuildCache(6)
    cache.keep("a", apk("a"), 3)
    cache.keep("b", apk("b"), 3)
    cache.drop("a")
    cache.drop("unknown")
    cache.keep("c", apk("c"), 3)
    assert [cache.find(name) is not None for name in "abc"] == [False, True, True]


def test_a_build_that_comes_again_counts_once() -> None:
    cache = BuildCache(6)
    for _ in range(3):
        cache.keep("a", apk("a"), 3)
    cache.keep("b", apk("b"), 3)
    assert cache.find("a") is not None
