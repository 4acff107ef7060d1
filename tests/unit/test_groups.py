"""Tests that share a server run in one worker: otherwise each worker would start its own."""

import os

import pytest


@pytest.mark.xdist_group("this")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="there are no workers")
def test_a_group_is_seen_by_what_distributes_the_tests(request: pytest.FixtureRequest) -> None:
    assert request.node.nodeid.endswith("@this")
