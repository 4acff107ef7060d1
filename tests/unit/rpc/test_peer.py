"""By what a network address is counted."""

from typing import Any

import pytest

from appshare.rpc.peer import peer_network


class Context:
    def __init__(self, peer: str) -> None:
        self._peer = peer

    def peer(self) -> str:
        return self._peer


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("ipv4:192.0.2.7:50123", "192.0.2.7"),
        ("ipv6:[2001:db8:1:2:3:4:5:6]:50123", "2001:db8:1:2::/64"),
        ("ipv6:%5B2001:db8:1:2::9%5D:50123", "2001:db8:1:2::/64"),
        ("ipv6:[::ffff:192.0.2.7]:50123", "192.0.2.7"),
        ("ipv6:[fe80::1%25eth0]:50123", "fe80::/64"),
        ("ipv6:[::1]:50123", "::/64"),
        ("unix:", ""),
        ("", ""),
    ],
)
def test_an_ipv4_address_counts_for_itself_and_an_ipv6_one_for_its_network(peer: str, network: str) -> None:
    context: Any = Context(peer)
    assert peer_network(context) == network
