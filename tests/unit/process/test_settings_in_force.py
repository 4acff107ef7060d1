"""What the operator may see of the settings."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appshare.app_download.settings import DownloadSettings
from appshare.gateway.settings import GatewaySettings
from appshare.process.settings import ProcessSettings
from appshare.process.settings_in_force import settings_in_force
from appshare.relation_radar.settings import RadarSettings
from appshare.rpc.address import Address
from appshare.share_registry.settings import RegistrySettings

PROCESSES: list[type[ProcessSettings]] = [GatewaySettings, RadarSettings, RegistrySettings, DownloadSettings]
SERVICES = Path(__file__).parents[3] / "services"
NO_SETTING = {"headers"}


def values(settings: ProcessSettings) -> dict[str, str]:
    return {each.name: each.value for each in settings_in_force(settings)}


@pytest.mark.parametrize("process", PROCESSES)
def test_every_setting_is_there_with_its_default_and_what_it_is(process: type[ProcessSettings]) -> None:
    shown = list(settings_in_force(process()))
    assert [each.name for each in shown] == list(process.model_fields)
    assert all(each.value == each.default and each.description for each in shown)
    assert {each.variable for each in shown} == {f"APPSHARE_{name.upper()}" for name in process.model_fields}


def test_a_value_is_shown_as_it_could_be_written() -> None:
    shown = values(GatewaySettings(reflection=False, relation_radar=Address("::1", 7), max_calls=5))
    assert (shown["reflection"], shown["relation_radar"], shown["max_calls"]) == ("false", "[::1]:7", "5")
    assert shown["services_ca"] == ""


@given(secret=st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=8, max_size=30))
def test_of_a_url_only_where_it_leads_is_shown(secret: str) -> None:
    for url in (f"https://hooks.example.org/{secret}", f"https://u:{secret}@hooks.example.org/?k={secret}"):
        shown = values(RadarSettings(webhook_url=url, otlp_endpoint=url))
        assert shown["webhook_url"] == shown["otlp_endpoint"] == "https://hooks.example.org/…"
    assert values(RadarSettings(webhook_url="http://127.0.0.1:8080"))["webhook_url"] == "http://127.0.0.1:8080"
    assert values(RadarSettings(otlp_endpoint=f"https://[{secret}z"))["otlp_endpoint"] == "…"


@pytest.mark.parametrize("process", PROCESSES)
def test_a_secret_is_only_ever_named_by_its_file(process: type[ProcessSettings]) -> None:
    may_be_secret = [name for name in process.model_fields if re.search("secret|token|password|key", name)]
    assert all("Path" in str(process.model_fields[name].annotation) for name in may_be_secret)


def test_every_refusal_names_a_setting() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in SERVICES.rglob("*.py"))
    named = set(re.findall(r'\blimit="(\w+)"', sources)) | set(re.findall(r'_t(?:ake|oo_much)\(.+, "(\w+)"\)', sources))
    known = {name for process in PROCESSES for name in process.model_fields}
    assert len(named) > 15
    assert named - known == NO_SETTING
