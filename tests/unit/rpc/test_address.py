import pytest

from appshare.rpc.address import Address, Addresses


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:7410", "127.0.0.1", 7410),
        ("0.0.0.0:0", "0.0.0.0", 0),  # noqa: S104  # read, not bound
        ("relation-radar:65535", "relation-radar", 65535),
        ("relation_radar.internal:1", "relation_radar.internal", 1),
        ("[::1]:7410", "::1", 7410),
        ("[fe80::1%eth0]:7410", "fe80::1%eth0", 7410),
    ],
)
def test_an_address_is_read_and_written_in_one_form(text: str, host: str, port: int) -> None:
    address = Address.parse(text)
    assert address == Address(host, port)
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        ":7410",
        "7410",
        "localhost",
        "localhost:",
        "localhost:http",
        "localhost:-1",
        "localhost:65536",
        "localhost:7410 ",
        "localhost:\uff17\uff14\uff11\uff10",  # full-width digits
        "local host:7410",
        "http://localhost:7410",
        "dns:///localhost:7410",
        "::1:7410",  # without brackets it is not clear where the host ends
        "[::1:7410",
        "::1]:7410",
        "[]:7410",
        "[::1]7410",
        "a:b:1",
        "localhost:7410/path",
        "localhost:7410\n",
    ],
)
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not host:port"):
        Address.parse(text)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_is_reached_by_this_machine_alone(host: str) -> None:
    assert Address(host, 1).is_loopback


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",  # noqa: S104  # compared, not bound
        "::",
        "10.0.0.1",
        "192.168.1.1",
        "8.8.8.8",
        "fe80::1",
        "example.org",
        "localhost.example.org",
        "127.0.0.1.example.org",
        "",
    ],
)
def test_other_hosts_are_not_loopback(host: str) -> None:
    assert not Address(host, 1).is_loopback


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("registry:7420", "dns:///registry:7420"),
        ("127.0.0.1:7420", "ipv4:127.0.0.1:7420"),
        ("127.0.0.1:7420,127.0.0.1:7421", "ipv4:127.0.0.1:7420,127.0.0.1:7421"),
        ("[::1]:7420, [::2]:7420", "ipv6:[::1]:7420,[::2]:7420"),
        ("dns://127.0.0.1:8600/registry:7420", "dns://127.0.0.1:8600/registry:7420"),
    ],
)
def test_copies_are_behind_a_name_or_each_at_an_address(text: str, target: str) -> None:
    assert Addresses.parse(text).target == target


@pytest.mark.parametrize("text", ["registry:7420", "127.0.0.1:7420,127.0.0.1:7421", "dns://[::1]:53/registry:7420"])
def test_copies_are_written_as_they_are_read(text: str) -> None:
    assert str(Addresses.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["dns://resolver:53/a:1", "dns:///a:1", "dns://127.0.0.1/a:1", "dns://127.0.0.1:53/a:1,b:1", "dns://1.2.3.4:5/"],
)
def test_a_name_is_asked_for_at_an_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"not host:port|IP address"):
        Addresses.parse(text)


@pytest.mark.parametrize("text", ["", "a:1,b:1", "127.0.0.1:1,b:1", "127.0.0.1:1,[::1]:1", "127.0.0.1:1,"])
def test_several_names_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not host:port|one family"):
        Addresses.parse(text)
