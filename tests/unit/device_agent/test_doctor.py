"""`appshare doctor`: each thing that can be wrong, and what to do about it."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from tests.support.adb_server import FakePhone
from tests.support.android import CONTACTS_QUERY
from tests.support.certificates import files_of, make_certificates
from tests.unit.device_agent.conftest import serving_in_thread
from tests.unit.device_agent.gateway import Cloud

from appshare.command_line.exit_code import ExitCode
from appshare.device_agent.agent_home import Account, AgentHome
from appshare.device_agent.model import Session
from appshare.rpc.identity import GATEWAY

Appshare = Callable[..., Result]


def findings(result: Result) -> Mapping[str, Mapping[str, Any]]:
    return {each["topic"]: each for each in json.loads(result.stdout)["findings"]}


def verdicts(result: Result) -> Mapping[str, str]:
    return {topic: each["verdict"] for topic, each in findings(result).items()}


@pytest.mark.usefixtures("adb")
def test_when_all_is_well(appshare: Appshare, home: AgentHome) -> None:
    result = appshare("doctor", "--json")
    assert result.exit_code == ExitCode.DONE
    assert set(verdicts(result).values()) == {"ok"}
    assert findings(result)["contacts"]["message"] == "3 contacts"
    assert home.account().session.refresh_token == "refresh-2"  # noqa: S105  # renewed, and kept


def test_a_person_gets_a_line_for_each(appshare: Appshare) -> None:
    lines = appshare("doctor").stdout.splitlines()
    assert lines[0].startswith("ok    folder    ")
    assert "\x1b" not in "".join(lines)


def test_a_device_that_is_not_registered(run: Appshare) -> None:
    result = run("doctor", "--json")
    assert result.exit_code == ExitCode.FAILED
    assert verdicts(result) == {"folder": "ok", "account": "fail", "phone": "ok"}
    assert findings(result)["account"]["advice"] == "appshare register NUMBER"


def test_what_others_could_read(appshare: Appshare, home: AgentHome) -> None:
    (home.folder / "account.json").chmod(0o640)
    (home.folder).chmod(0o755)
    result = appshare("doctor")
    assert result.exit_code == ExitCode.FAILED
    assert f"chmod 600 {home.folder / 'account.json'}" in result.stdout
    assert f"chmod 700 {home.folder}" in result.stdout


def test_a_server_that_is_not_there(run: Appshare, home: AgentHome, session: Session) -> None:
    home.save_account(Account("127.0.0.1:1", session))
    result = run("doctor", "--json")
    assert result.exit_code == ExitCode.FAILED
    assert findings(result)["server"]["verdict"] == "fail"
    assert "session" not in findings(result)


def test_a_session_that_is_over_for_good(appshare: Appshare, home: AgentHome, session: Session) -> None:
    account = home.account()
    home.save_account(Account(account.server, Session("d", "a", session.access_expire_time, "used before")))
    found = findings(appshare("doctor", "--json"))["session"]
    assert (found["verdict"], found["advice"]) == ("fail", "register again: appshare register NUMBER")


@pytest.mark.parametrize(("ahead", "told"), [(600, "behind the server's"), (-600, "ahead of the server's")])
def test_a_clock_that_is_wrong(appshare: Appshare, cloud: Cloud, ahead: int, told: str) -> None:
    cloud.clock_ahead = timedelta(seconds=ahead)
    found = findings(appshare("doctor", "--json"))["clock"]
    assert found["verdict"] == "warn"
    assert told in found["message"]


def test_certificates(run: Appshare, cloud: Cloud, home: AgentHome, session: Session, tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path / "certificates")
    ca = (certificates.path / "ca" / "ca.pem").read_text(encoding="ascii")
    with serving_in_thread(cloud, files_of(certificates, GATEWAY, with_ca=False)) as address:
        home.save_account(Account(f"https://{address}", session, ca))
        trusted = findings(run("doctor", "--json"))["tls"]
        home.save_account(Account(f"https://{address}", session))
        untrusted = findings(run("doctor", "--json"))["tls"]
    assert trusted["verdict"] == "ok"
    assert untrusted["verdict"] == "fail"
    assert "register LINK" in untrusted["advice"]


def test_a_server_without_tls_where_there_must_be_some(
    run: Appshare, cloud: Cloud, home: AgentHome, session: Session
) -> None:
    with serving_in_thread(cloud) as address:
        home.save_account(Account(f"https://{address}", session))
        found = findings(run("doctor", "--json"))["tls"]
    assert found["verdict"] == "fail"


def test_what_the_phone_does_not_give(appshare: Appshare, adb: dict[str, FakePhone], phone: FakePhone) -> None:
    phone.answers[CONTACTS_QUERY] = "Permission Denial: reading contacts\n"
    result = appshare("doctor", "--json")
    assert result.exit_code == ExitCode.DONE
    assert findings(result)["contacts"]["verdict"] == "warn"
    assert findings(result)["apps"]["verdict"] == "ok"


def test_phones_that_cannot_be_told_apart(appshare: Appshare, adb: dict[str, FakePhone]) -> None:
    adb["other"] = FakePhone()
    assert "R58M1, other" in findings(appshare("doctor", "--json"))["phone"]["message"]
