"""Snapshots of a data folder: complete, checked, put back, and never half there."""

import fcntl
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from appshare.command_line.exit_code import ExitCode
from appshare.command_line.input_error import InputError
from appshare.operator.__main__ import main
from appshare.operator.backup.backup_folder import BackupFolder
from appshare.operator.backup.data_folder import DataFolder


@pytest.fixture
def servers(tmp_path: Path) -> Path:
    """A data folder as running servers have it: what they wrote last is in the logs beside the databases."""
    data = tmp_path / "data"
    for service in ("relation-radar", "app-download", "gateway"):
        (data / service).mkdir(parents=True)
        (data / service / ".lock").touch()
    (data / "relation-radar" / "number.key").write_bytes(b"key")
    (data / "gateway" / "operator.token").write_text("token")
    (data / "gateway" / "endpoints.json").write_text("{}")
    return data


@pytest.fixture
def radar(servers: Path) -> sqlite3.Connection:
    database = sqlite3.connect(servers / "relation-radar" / "relation_radar.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE devices (name TEXT)")
    database.execute("INSERT INTO devices VALUES ('one')")
    return database


@pytest.fixture
def backup(tmp_path: Path) -> BackupFolder:
    return BackupFolder(tmp_path / "backups")


def add_package(servers: Path, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    path = servers / "app-download" / "packages" / digest[:2] / digest
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return digest


def devices(data: Path) -> list[str]:
    with closing(sqlite3.connect(data / "relation-radar" / "relation_radar.db")) as database:
        return [name for (name,) in database.execute("SELECT name FROM devices")]


def files_of(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_what_was_there_comes_back(servers: Path, radar: sqlite3.Connection, backup: BackupFolder) -> None:
    digest = add_package(servers, b"package")
    snapshot, damaged = backup.take(DataFolder(servers))
    radar.execute("INSERT INTO devices VALUES ('two')")
    restored = servers.parent / "restored"
    backup.restore(snapshot, restored)
    assert damaged == []
    assert devices(restored) == ["one"]
    assert files_of(restored) == {
        "relation-radar/relation_radar.db",
        "relation-radar/number.key",
        "gateway/operator.token",
        f"app-download/packages/{digest[:2]}/{digest}",
    }
    assert (restored / "app-download" / "packages" / digest[:2] / digest).read_bytes() == b"package"


def test_only_the_owner_reads_a_backup(servers: Path, radar: sqlite3.Connection, backup: BackupFolder) -> None:
    add_package(servers, b"package")
    snapshot, _ = backup.take(DataFolder(servers))
    backup.restore(snapshot, servers.parent / "restored")
    for folder in (backup.path, servers.parent / "restored"):
        assert {path.stat().st_mode & 0o077 for path in (folder, *folder.rglob("*.db"), *folder.rglob("*key*"))} == {0}


def test_what_was_deleted_is_not_in_a_snapshot(servers: Path, radar: sqlite3.Connection, backup: BackupFolder) -> None:
    radar.execute("INSERT INTO devices VALUES (?)", ("forgotten" * 10,))
    radar.execute("DELETE FROM devices WHERE name <> 'one'")
    backup.take(DataFolder(servers))
    assert not [path for path in backup.path.rglob("*") if path.is_file() and b"forgotten" in path.read_bytes()]


def test_a_transaction_that_is_not_finished_is_not_in_a_snapshot(
    servers: Path, radar: sqlite3.Connection, backup: BackupFolder
) -> None:
    radar.execute("BEGIN IMMEDIATE")
    radar.execute("INSERT INTO devices VALUES ('two')")
    snapshot, _ = backup.take(DataFolder(servers))
    backup.restore(snapshot, servers.parent / "restored")
    assert devices(servers.parent / "restored") == ["one"]


def test_packages_are_kept_once_for_all_snapshots(servers: Path, backup: BackupFolder) -> None:
    add_package(servers, b"package")
    first, _ = backup.take(DataFolder(servers))
    more = add_package(servers, b"another")
    second, _ = backup.take(DataFolder(servers))
    assert [each.name for each in backup.snapshots()] == [second.name, first.name]
    assert len(list(backup.path.glob("packages/??/*"))) == 2
    assert [more in each.packages for each in (first, second)] == [False, True]


def test_a_package_that_is_not_what_its_name_says_is_left_out_and_told(servers: Path, backup: BackupFolder) -> None:
    sound, damaged = add_package(servers, b"package"), add_package(servers, b"another")
    (servers / "app-download" / "packages" / damaged[:2] / damaged).write_bytes(b"rotten")
    snapshot, told = backup.take(DataFolder(servers))
    assert told == [damaged]
    assert set(snapshot.packages) == {sound}


def test_what_a_crash_left_is_no_snapshot(servers: Path, backup: BackupFolder) -> None:
    snapshot, _ = backup.take(DataFolder(servers))
    shutil.copytree(backup.path / snapshot.name, backup.path / "unfinished")
    assert [each.name for each in backup.snapshots()] == [snapshot.name]
    backup.take(DataFolder(servers))
    assert not (backup.path / "unfinished").exists()


def test_two_commands_do_not_work_on_one_backup(servers: Path, backup: BackupFolder) -> None:
    backup.take(DataFolder(servers))
    with (backup.path / ".lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another command"):
            backup.take(DataFolder(servers))


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b"rotten"), lambda path: path.unlink()])
def test_damage_is_found_and_not_restored(
    servers: Path, radar: sqlite3.Connection, backup: BackupFolder, damage: Callable[[Path], object]
) -> None:
    digest = add_package(servers, b"package")
    snapshot, _ = backup.take(DataFolder(servers))
    assert backup.faults(snapshot) == []
    damage(backup.path / "packages" / digest[:2] / digest)
    assert backup.faults(snapshot) == [f"packages/{digest[:2]}/{digest}"]
    with pytest.raises((InputError, FileNotFoundError)):
        backup.restore(snapshot, servers.parent / "restored")
    assert not (servers.parent / "restored").exists()


def test_a_database_that_is_damaged_on_the_servers_is_told(servers: Path, backup: BackupFolder) -> None:
    (servers / "relation-radar" / "relation_radar.db").write_bytes(b"no database" * 1000)
    with pytest.raises(InputError, match="cannot be copied"):
        backup.take(DataFolder(servers))
    assert backup.snapshots() == []


def test_nothing_is_restored_over_something(servers: Path, backup: BackupFolder) -> None:
    snapshot, _ = backup.take(DataFolder(servers))
    with pytest.raises(InputError, match="is not empty"):
        backup.restore(snapshot, servers)


def test_old_snapshots_go_with_what_only_they_had(servers: Path, backup: BackupFolder) -> None:
    old = add_package(servers, b"package")
    backup.take(DataFolder(servers))
    shutil.rmtree(servers / "app-download" / "packages")
    new = add_package(servers, b"another")
    kept, _ = backup.take(DataFolder(servers))
    assert len(backup.prune(1)) == 1
    assert [each.name for each in backup.snapshots()] == [kept.name]
    assert {path.name for path in backup.path.glob("packages/??/*")} == {new} != {old}


@pytest.mark.parametrize(
    "manifest",
    ["", "[]", '{"layout": 1}', '{"layout": 2}', '{"layout": 1, "taken": "today", "files": {}, "packages": {}}'],
)
def test_a_manifest_that_cannot_be_read_is_told(servers: Path, backup: BackupFolder, manifest: str) -> None:
    snapshot, _ = backup.take(DataFolder(servers))
    (backup.path / snapshot.name / "manifest.json").write_text(manifest)
    with pytest.raises(InputError):
        backup.snapshots()


@pytest.mark.parametrize("path", ["../outside", "/outside", "relation-radar/../../outside"])
def test_a_manifest_leads_nowhere_else(servers: Path, backup: BackupFolder, path: str) -> None:
    snapshot, _ = backup.take(DataFolder(servers))
    manifest = backup.path / snapshot.name / "manifest.json"
    content = json.loads(manifest.read_text())
    content["files"][path] = [0, hashlib.sha256().hexdigest()]
    manifest.write_text(json.dumps(content))
    with pytest.raises(InputError, match="damaged"):
        backup.snapshots()


def run(servers: Path, *arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["--data", str(servers), "backup", *map(str, arguments)])


def test_a_folder_without_a_cloud_is_wrong_usage(tmp_path: Path) -> None:
    result = run(tmp_path, "take", tmp_path / "backups")
    assert result.exit_code == ExitCode.WRONG_USAGE
    assert "--data" in result.stderr


def test_a_damaged_package_is_told_by_the_exit_code(servers: Path, tmp_path: Path) -> None:
    digest = add_package(servers, b"package")
    (servers / "app-download" / "packages" / digest[:2] / digest).write_bytes(b"rotten")
    result = run(servers, "take", tmp_path / "backups", "--json")
    assert result.exit_code == ExitCode.FAILED
    assert json.loads(result.stdout)["damaged_packages"] == [digest]


def test_a_snapshot_that_is_not_there_is_told_with_those_that_are(servers: Path, tmp_path: Path) -> None:
    taken = json.loads(run(servers, "take", tmp_path / "backups", "--json").stdout)
    result = run(servers, "check", tmp_path / "backups", "--snapshot", "yesterday", "--json")
    assert result.exit_code == ExitCode.WRONG_USAGE
    assert json.loads(result.stdout)["error"]["candidates"] == [taken["name"]]
