"""docs/operating.md names what there is."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from appshare.gateway.settings import GatewaySettings

DOCUMENT = (Path(__file__).parents[3] / "docs" / "operating.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(appshare_\w+)` \| (.*?) ?\|", DOCUMENT, re.MULTILINE)
PROCESSES = ("relation_radar", "share_registry", "app_download", "gateway")


def test_every_metric_is_listed_with_its_labels() -> None:
    for name in PROCESSES:
        import_module(f"appshare.{name}.__main__")
    metrics = {each for each in REGISTRY._collector_to_names if isinstance(each, MetricWrapperBase)}
    there = {(_shown(each), *each._labelnames) for each in metrics if each._name.startswith("appshare_")}
    assert {(name, *re.findall(r"`(\w+)`", labels)) for name, labels in ROWS} == there


def _shown(metric: MetricWrapperBase) -> str:
    return metric._name + ("_total" if metric._type == "counter" else "")  # nobody else tells


@pytest.mark.parametrize("flag", sorted(set(re.findall(r"--([a-z][a-z-]*)", DOCUMENT)) - {"help", "file"}))
def test_every_setting_is_there(flag: str) -> None:
    assert flag.removeprefix("no-").replace("-", "_") in GatewaySettings.model_fields
