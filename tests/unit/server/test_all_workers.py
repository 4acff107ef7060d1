"""How many processes of each service `appshare-server all` starts."""

import pytest

from appshare.server import all_command
from appshare.server.settings import AllSettings

DATABASE = "postgresql://localhost/appshare"


def workers(settings: AllSettings) -> dict[str, str]:
    found = {}
    for child in all_command._children(settings):
        [found[child.name]] = [each for each in child.arguments if each.startswith("--workers=")]
    return found


@pytest.fixture(autouse=True)
def _no_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APPSHARE_PACKAGES_URL", raising=False)


def test_on_sqlite_only_the_gateway_has_several() -> None:
    assert workers(AllSettings(workers=2)) == {
        "relation-radar": "--workers=1",
        "share-registry": "--workers=1",
        "app-download": "--workers=1",
        "gateway": "--workers=2",
    }


def test_on_postgresql_all_but_the_one_that_keeps_a_folder_have_several() -> None:
    found = workers(AllSettings(workers=2, database=DATABASE))
    assert found.pop("app-download") == "--workers=1"
    assert set(found.values()) == {"--workers=2"}


def test_with_a_bucket_all_have_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APPSHARE_PACKAGES_URL", "s3://packages")
    assert set(workers(AllSettings(workers=2, database=DATABASE)).values()) == {"--workers=2"}
