"""How many processes of each service `appshare-server all` starts, and where."""

from collections import Counter

import pytest
from pydantic import ValidationError

from appshare.rpc.address import Address, Addresses
from appshare.server import all_command
from appshare.server.held_ports import HeldPorts
from appshare.server.settings import AllSettings

DATABASE = "postgresql://localhost/appshare"


def flags(settings: AllSettings, name: str) -> list[list[str]]:
    """The values of a flag of all processes, the gateway's last."""
    with HeldPorts() as ports:
        children = all_command._children(settings.with_ports(ports))
    return [
        [child.name, *(each.partition("=")[2] for each in child.arguments if each.startswith(f"--{name}="))]
        for child in children
    ]


def processes(settings: AllSettings) -> dict[str, int]:
    counted = Counter(name for name, _ in flags(settings, "workers"))
    [gateway] = [int(count) for name, count in flags(settings, "workers") if name == "gateway"]
    return counted | {"gateway": gateway}


@pytest.fixture(autouse=True)
def _no_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APPSHARE_PACKAGES_URL", raising=False)


def test_on_sqlite_only_the_gateway_has_several() -> None:
    assert processes(AllSettings(workers=2)) == {
        "relation-radar": 1,
        "share-registry": 1,
        "app-download": 1,
        "gateway": 2,
    }


def test_on_postgresql_all_but_the_one_that_keeps_a_folder_have_several() -> None:
    found = processes(AllSettings(workers=3, database=DATABASE))
    assert found.pop("app-download") == 1
    assert set(found.values()) == {3}


def test_with_a_bucket_all_have_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APPSHARE_PACKAGES_URL", "s3://packages")
    assert set(processes(AllSettings(workers=2, database=DATABASE)).values()) == {2}


def test_the_gateway_calls_each_process_at_its_own_port() -> None:
    settings = AllSettings(workers=2, database=DATABASE, relation_radar=Addresses.parse("127.0.0.1:7401"))
    with HeldPorts() as ports:
        settings = settings.with_ports(ports)
    first, second = settings.relation_radar.all
    assert first == Address("127.0.0.1", 7401)
    assert second.host == first.host
    assert second.port not in (0, first.port)
    *services, gateway = all_command._children(settings)
    assert f"--relation-radar={first},{second}" in gateway.arguments
    radars = [child.arguments for child in services if child.name == "relation-radar"]
    assert [f"--listen={address}" in each for address, each in zip((first, second), radars, strict=True)] == [True] * 2


def test_each_process_has_its_own_port_for_metrics() -> None:
    settings = AllSettings(workers=2, database=DATABASE, metrics_listen=Address("127.0.0.1", 9400))
    assert flags(settings, "metrics-listen") == [
        ["relation-radar", "127.0.0.1:9401"],
        ["relation-radar", "127.0.0.1:9411"],
        ["share-registry", "127.0.0.1:9402"],
        ["share-registry", "127.0.0.1:9412"],
        ["app-download", "127.0.0.1:9403"],
        ["gateway", "127.0.0.1:9400"],
    ]


def test_several_addresses_are_refused_with_what_to_do() -> None:
    with pytest.raises(ValidationError, match="--workers starts more"):
        AllSettings(relation_radar=Addresses.parse("127.0.0.1:7401,127.0.0.1:7411"))


def test_a_name_cannot_be_that_of_several_processes() -> None:
    with pytest.raises(ValidationError, match=r"needs an IP address, as 127\.0\.0\.1, and not localhost"):
        AllSettings(workers=2, database=DATABASE, share_registry=Addresses.parse("localhost:7402"))
