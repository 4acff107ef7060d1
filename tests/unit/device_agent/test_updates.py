import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from tests.unit.device_agent.gateway import Cloud

from appshare.command_line.exit_code import ExitCode
from appshare.device_agent.agent_home import AgentHome
from appshare.fit.device_profile import DeviceProfile
from appshare.v1 import app_pb2, share_pb2
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1.update_pb2 import UPDATE_STATE_AVAILABLE, UPDATE_STATE_OTHER_SIGNER, AppUpdate

Appshare = Callable[..., Result]

SIGNER = "ab" * 32
NOTES = AppUpdate(package_name="org.example.notes", state=UPDATE_STATE_AVAILABLE, version_name="2.2", version_code=22)
MAPS = AppUpdate(
    package_name="org.example.maps",
    state=UPDATE_STATE_OTHER_SIGNER,
    version_name="9",
    version_code=9,
    signer_sha256=SIGNER,
)


@pytest.fixture(autouse=True)
def device(home: AgentHome) -> None:
    home.save_device_profile(DeviceProfile(sdk_version=34))


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    path = tmp_path / "installed.json"
    apps = [
        {"package_name": "org.example.notes", "label": "Notes", "version_name": "2.1", "version_code": 21},
        {"package_name": "org.example.maps", "version_code": 8, "signer_sha256": SIGNER.upper()},
        {"package_name": "org.example.mail", "version_code": 1},
    ]
    path.write_text(json.dumps(apps))
    return path


def asked(cloud: Cloud) -> list[pb.CheckAppUpdatesRequest]:
    return [request for request in cloud.requests if isinstance(request, pb.CheckAppUpdatesRequest)]


def test_what_can_be_updated_is_shown_and_what_cannot(appshare: Appshare, cloud: Cloud, inventory: Path) -> None:
    cloud.updates = {each.package_name: each for each in (NOTES, MAPS)}
    result = appshare("updates", inventory)
    assert result.exit_code == ExitCode.DONE, result.output
    notes, maps = result.stdout.splitlines()[2:]
    assert notes.split()[:5] == ["Notes", "org.example.notes", "2.1", "2.2", "(22)"]
    assert "`appshare get org.example.notes`" in notes
    assert "signed by somebody else" in maps


def test_programs_are_told_of_every_app(appshare: Appshare, cloud: Cloud, inventory: Path) -> None:
    cloud.updates = {NOTES.package_name: NOTES}
    notes, maps, mail = json.loads(appshare("updates", inventory, "--json").stdout)["updates"]
    assert (notes["state"], notes["version_name"], notes["version_code"]) == ("available", "2.2", 22)
    assert [each["state"] for each in (maps, mail)] == ["none", "none"]


def test_the_server_learns_what_decides(appshare: Appshare, cloud: Cloud, inventory: Path) -> None:
    appshare("updates", inventory)
    [request] = asked(cloud)
    assert [(app.package_name, app.version_code, app.signer_sha256) for app in request.installed] == [
        ("org.example.notes", 21, ""),
        ("org.example.maps", 8, SIGNER),
        ("org.example.mail", 1, ""),
    ]
    assert request.profile.sdk_version == 34


def test_without_an_inventory_the_published_apps_are_meant(appshare: Appshare, cloud: Cloud) -> None:
    app = app_pb2.App(package_name="org.example.notes", version_code=20)
    cloud.my_apps = [share_pb2.InventoryApp(app=app)]
    assert appshare("updates").stdout == "No updates for 1 app.\n"
    assert [app.version_code for app in asked(cloud)[0].installed] == [20]


def test_many_apps_are_asked_about_in_several_calls(appshare: Appshare, cloud: Cloud, inventory: Path) -> None:
    inventory.write_text(json.dumps([{"package_name": f"org.example.a{number}"} for number in range(401)]))
    assert appshare("updates", inventory).stdout == "No updates for 401 apps.\n"
    assert [len(request.installed) for request in asked(cloud)] == [200, 200, 1]


def test_the_device_has_to_be_known(appshare: Appshare, home: AgentHome, inventory: Path) -> None:
    (home.folder / "device.json").unlink()
    result = appshare("updates", inventory)
    assert result.exit_code == ExitCode.WRONG_USAGE
    assert "--device" in result.stderr
