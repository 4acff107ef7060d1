"""Certificates in files: usable, or refused with a sentence that says what is wrong."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from appshare.operator.certificate_authority import LIFETIME, CertificateAuthority, new_key
from appshare.rpc.certificates import CertificateFiles, UnusableCertificateError, WatchedCertificates

NOW = datetime.now(UTC)


@pytest.fixture
def files(tmp_path: Path) -> CertificateFiles:
    return issue(tmp_path, NOW)


def issue(folder: Path, now: datetime, *names: str) -> CertificateFiles:
    authority = CertificateAuthority.create(new_key(), now)
    issued = authority.issue("gateway", names or ("localhost",), now)
    (folder / "ca.pem").write_bytes(authority.certificate_pem)
    (folder / "certificate.pem").write_bytes(issued.certificate)
    (folder / "key.pem").write_bytes(issued.key)
    return CertificateFiles(folder / "certificate.pem", folder / "key.pem", folder / "ca.pem")


@pytest.mark.parametrize(
    ("names", "name"),
    [(["localhost"], "localhost"), (["*.example.org"], "any.example.org"), (["192.0.2.7"], "192.0.2.7")],
)
def test_it_is_known_under_a_name_and_until_when(tmp_path: Path, names: list[str], name: str) -> None:
    read = issue(tmp_path, NOW, *names).read()
    assert read.name == name
    assert read.expire_time == (NOW + LIFETIME).replace(microsecond=0)


@pytest.mark.parametrize("name", ["certificate.pem", "key.pem", "ca.pem"])
@pytest.mark.parametrize(("damage", "problem"), [(b"", "holds no"), (b"not PEM", "holds no"), (None, "cannot be read")])
def test_what_cannot_be_used_is_refused_by_its_name(
    files: CertificateFiles, tmp_path: Path, name: str, damage: bytes | None, problem: str
) -> None:
    path = tmp_path / name
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    with pytest.raises(UnusableCertificateError, match=problem) as refusal:
        files.read()
    assert str(path) in str(refusal.value)


def test_a_key_of_another_certificate_is_refused(files: CertificateFiles) -> None:
    files.key.write_bytes(new_key())
    with pytest.raises(UnusableCertificateError, match="is not the private key of"):
        files.read()


def test_a_certificate_that_has_ended_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableCertificateError, match="has ended: renew it"):
        issue(tmp_path, NOW - LIFETIME - timedelta(days=1)).read()


def test_each_change_is_seen_once(files: CertificateFiles, tmp_path: Path) -> None:
    with capture_logs() as logs:
        watched = WatchedCertificates(files)
        first = watched.current
        assert watched.renewed() is None
        issue(tmp_path, NOW)
        renewed = watched.renewed()
        assert renewed is not None
        assert renewed == watched.current != first
        assert watched.renewed() is None
    assert [entry["event"] for entry in logs] == ["certificate in use", "certificate in use"]


def test_files_that_can_be_used_again_are_taken_up(files: CertificateFiles) -> None:
    with capture_logs() as logs:
        watched = WatchedCertificates(files)
        key, first = files.key.read_bytes(), watched.current
        files.key.write_bytes(b"half")
        assert watched.renewed() is None
        assert watched.current == first
        files.key.write_bytes(key)
        assert watched.renewed() == first
    assert [entry["log_level"] for entry in logs] == ["info", "error", "info"]


def test_a_certificate_near_its_end_is_worth_a_warning(tmp_path: Path) -> None:
    with capture_logs() as logs:
        WatchedCertificates(issue(tmp_path, NOW - LIFETIME + timedelta(days=20)))
    assert [entry["log_level"] for entry in logs] == ["warning"]


def test_the_warning_comes_every_day_until_it_is_renewed(tmp_path: Path) -> None:
    ends = (NOW + LIFETIME).replace(microsecond=0)
    times = [NOW, *(ends - timedelta(days=days) for days in (31, 30, 29.5, 29, 1, -1))]
    clock = iter(times)
    current = [NOW]
    with capture_logs() as logs:
        watched = WatchedCertificates(issue(tmp_path, NOW), now=lambda: current[0])
        told = []
        for current[0] in clock:
            before = len(logs)
            assert watched.renewed() is None
            told.append([entry["log_level"] for entry in logs[before:]])
    assert told == [[], [], ["warning"], [], ["warning"], ["warning"], ["warning"]]
    assert logs[0]["log_level"] == "info"


def test_the_days_that_are_left_are_measured(files: CertificateFiles, tmp_path: Path) -> None:
    def days_left() -> float | None:
        return REGISTRY.get_sample_value("appshare_certificate_days_left", {"file": str(files.certificate)})

    current = NOW
    watched = WatchedCertificates(files, now=lambda: current)
    assert days_left() == pytest.approx(LIFETIME.days, abs=0.001)
    current = NOW + timedelta(days=10)
    assert days_left() == pytest.approx(LIFETIME.days - 10, abs=0.001)
    issue(tmp_path, current)
    assert watched.renewed()
    assert days_left() == pytest.approx(LIFETIME.days, abs=0.001)
