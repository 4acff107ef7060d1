"""deploy/kubernetes: valid to the schemas of Kubernetes, locked, and about settings that there are."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from appshare.app_download.settings import DownloadSettings
from appshare.gateway.settings import GatewaySettings
from appshare.process.settings import ENV_PREFIX, ProcessSettings
from appshare.relation_radar.settings import RadarSettings
from appshare.share_registry.settings import RegistrySettings

FOLDER = Path(__file__).parents[3] / "deploy" / "kubernetes"
SETTINGS: dict[str, type[ProcessSettings]] = {
    "relation-radar": RadarSettings,
    "share-registry": RegistrySettings,
    "app-download": DownloadSettings,
    "gateway": GatewaySettings,
}
SERVICES = {"relation-radar", "share-registry", "app-download"}
OF_OPERATORS = {"APPSHARE_OPERATOR_TOKEN_FILE"}
"""What `appshare-admin` is told in the container."""

COMPONENT = "app.kubernetes.io/component"

yaml = pytest.importorskip("yaml", reason="no PyYAML here: pip install -e '.[kubernetes]'")
validate = pytest.importorskip("kubernetes_validate", reason="no schemas here: pip install -e '.[kubernetes]'")
pytestmark = pytest.mark.skipif(not shutil.which("kubectl"), reason="no kubectl here, which puts overlays together")


def rendered(folder: str) -> list[dict[str, Any]]:
    command = ["kubectl", "kustomize", str(FOLDER / folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.fixture(scope="module")
def objects() -> list[dict[str, Any]]:
    return rendered("overlays/example")


def of_kind(objects: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in objects if each["kind"] == kind}


def pod(deployment: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = deployment["spec"]["template"]["spec"]
    return spec


@pytest.mark.parametrize("folder", ["base", "overlays/example"])
@pytest.mark.parametrize("version", ["1.30", "1.37"])
def test_every_object_is_valid(folder: str, version: str) -> None:
    found = rendered(folder)
    assert {each["kind"] for each in found} >= {"Deployment", "Service", "NetworkPolicy", "HorizontalPodAutoscaler"}
    for each in found:
        validate.validate(each, version, strict=True)


def test_the_check_refuses_what_is_not_valid(objects: list[dict[str, Any]]) -> None:
    deployment = next(iter(of_kind(objects, "Deployment").values()))
    with pytest.raises(validate.ValidationError):
        validate.validate(deployment | {"spec": deployment["spec"] | {"replicsa": 2}}, "1.37", strict=True)


def test_all_four_run_and_nothing_else(objects: list[dict[str, Any]]) -> None:
    deployments = of_kind(objects, "Deployment")
    assert deployments.keys() == SETTINGS.keys()
    for kind in ("Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"):
        assert of_kind(objects, kind).keys() == SETTINGS.keys()
    for name, each in deployments.items():
        [container] = pod(each)["containers"]
        assert container["args"] == [name]
        assert each["spec"]["template"]["metadata"]["labels"][COMPONENT] == name


def test_every_setting_is_one_of_the_process(objects: list[dict[str, Any]]) -> None:
    maps = of_kind(objects, "ConfigMap")
    for name, each in of_kind(objects, "Deployment").items():
        [container] = pod(each)["containers"]
        told = {variable["name"] for variable in container["env"]}
        for source in container["envFrom"]:
            told |= maps[source["configMapRef"]["name"]]["data"].keys() if "configMapRef" in source else set()
        known = {ENV_PREFIX + field.upper() for field in SETTINGS[name].model_fields} | OF_OPERATORS
        assert {variable for variable in told if variable.startswith(ENV_PREFIX)} <= known


def test_no_secret_is_in_a_file(objects: list[dict[str, Any]]) -> None:
    assert not of_kind(objects, "Secret")
    for each in of_kind(objects, "ConfigMap").values():
        assert not [name for name in each["data"] if "SECRET" in name or "KEY_ID" in name or name[9:] == "DATABASE"]


def test_pods_are_locked(objects: list[dict[str, Any]]) -> None:
    for each in of_kind(objects, "Deployment").values():
        [container] = pod(each)["containers"]
        own, whole = container["securityContext"], pod(each)["securityContext"]
        assert own["readOnlyRootFilesystem"]
        assert not own["allowPrivilegeEscalation"]
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert whole["runAsNonRoot"]
        assert whole["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not pod(each)["automountServiceAccountToken"]
        assert {"cpu", "memory"} == container["resources"]["requests"].keys()
        assert "memory" in container["resources"]["limits"]


def test_a_copy_has_time_to_drain(objects: list[dict[str, Any]]) -> None:
    for each in of_kind(objects, "Deployment").values():
        [container] = pod(each)["containers"]
        first = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert pod(each)["terminationGracePeriodSeconds"] >= first + 30


def test_only_the_gateway_is_reached_from_outside(objects: list[dict[str, Any]]) -> None:
    policies = of_kind(objects, "NetworkPolicy")
    everything = policies["nothing-but-names"]["spec"]
    assert everything["podSelector"] == {}
    assert set(everything["policyTypes"]) == {"Ingress", "Egress"}
    assert "ingress" not in everything
    [accepted] = policies["services"]["spec"]["ingress"]
    assert accepted["from"] == [{"podSelector": {"matchLabels": {COMPONENT: "gateway"}}}]
    [selected] = policies["services"]["spec"]["podSelector"]["matchExpressions"]
    assert set(selected["values"]) == SERVICES
    open_to_all = [name for name, each in policies.items() if any("from" not in rule for rule in _ingress(each))]
    assert open_to_all == ["gateway"]
    assert [name for name, each in of_kind(objects, "Service").items() if each["spec"].get("type")] == ["gateway"]


def test_the_gateway_finds_every_copy_of_a_service(objects: list[dict[str, Any]]) -> None:
    [container] = pod(of_kind(objects, "Deployment")["gateway"])["containers"]
    called = {variable["name"]: variable["value"] for variable in container["env"]}
    for name in SERVICES:
        service = of_kind(objects, "Service")[name]["spec"]
        assert service["clusterIP"] == "None"
        assert called[ENV_PREFIX + name.replace("-", "_").upper()] == f"{name}:{service['ports'][0]['port']}"


def _ingress(policy: dict[str, Any]) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = policy["spec"].get("ingress", [])
    return rules
