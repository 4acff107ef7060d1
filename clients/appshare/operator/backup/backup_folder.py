"""A folder of backups: a folder for each snapshot, and the packages, which all snapshots share."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from appshare.command_line.input_error import InputError
from appshare.operator.backup.data_folder import PACKAGES, DataFolder, copy_database, require_sound
from appshare.operator.backup.durable import Seen, copy, make_folder, replacing, sha256_of, unseen
from appshare.operator.backup.snapshot import MANIFEST, Kept, Snapshot, read_snapshot, write_manifest

_UNFINISHED = "unfinished"


class BackupFolder:
    """Takes snapshots of a data folder, checks them and puts them back.

    A snapshot is there when its manifest is, which is written last; what a crash leaves is removed by the next one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._packages = path / "packages"

    def take(self, data: DataFolder, seen: Seen = unseen) -> tuple[Snapshot, list[str]]:
        """Copies all that the servers keep; returns the snapshot, and the packages that are damaged and not in it.

        Packages are copied before the databases that name them and once more after: what either names is there.

        Raises:
            InputError: another command works on the folder, or a database is damaged.
            OSError: a file cannot be read or written.
        """
        with self._owned():
            taken = datetime.now(UTC)
            folder = self._unfinished()
            before = self._copy_packages(data, seen)
            files = {str(path.relative_to(data.path)): path for path in data.databases()}
            kept = {name: self._keep(path, folder / name, copy_database) for name, path in files.items()}
            # After the databases: a key is in its file before anything is stored under it.
            files = {str(path.relative_to(data.path)): path for path in data.other_files()}
            kept |= {name: self._keep(path, folder / name, copy) for name, path in files.items()}
            found = before | self._copy_packages(data, seen)
            packages = {digest: Kept(size, digest) for digest, size in found.items() if size is not None}
            snapshot = Snapshot(f"{taken:%Y%m%dT%H%M%S.%f}"[:-3] + "Z", taken, kept, packages)
            with replacing(folder / MANIFEST) as path:
                path.write_text(write_manifest(snapshot), encoding="utf-8")
            folder.rename(self.path / snapshot.name)
            return snapshot, sorted(found.keys() - packages.keys())

    def snapshots(self) -> list[Snapshot]:
        """The snapshots, the newest first."""
        folders = sorted((path.parent for path in self.path.glob(f"*/{MANIFEST}")), reverse=True)
        return [read_snapshot(folder) for folder in folders if folder.name != _UNFINISHED]

    def find(self, name: str | None) -> Snapshot:
        """A snapshot; the newest when there is no name.

        Raises:
            InputError: there is none.
        """
        snapshots = self.snapshots()
        for snapshot in snapshots:
            if name in {None, snapshot.name}:
                return snapshot
        raise InputError(
            f"{self.path} holds no snapshot {name or ''}".rstrip(), candidates=[each.name for each in snapshots]
        )

    def faults(self, snapshot: Snapshot, seen: Seen = unseen) -> list[str]:
        """The files of a snapshot that are missing or not what was copied."""
        faults = []
        for path, kept in self._content(snapshot).items():
            try:
                whole = sha256_of(path, seen) == kept.sha256
                if whole and path.suffix == ".db":
                    require_sound(path)
            except (FileNotFoundError, InputError):
                whole = False
            if not whole:
                faults.append(str(path.relative_to(self.path)))
        return faults

    def restore(self, snapshot: Snapshot, data: Path, seen: Seen = unseen) -> None:
        """Puts a snapshot into a new data folder, which is there when all of it is.

        Raises:
            InputError: the folder holds something, or a file of the snapshot is missing or damaged.
            OSError: a file cannot be read or written.
        """
        if data.exists() and (not data.is_dir() or any(data.iterdir())):
            raise InputError(f"{data} is not empty: a snapshot is put into a new folder, never over another")
        unfinished = data.with_name(f".{data.name}.{_UNFINISHED}")
        shutil.rmtree(unfinished, ignore_errors=True)
        make_folder(unfinished)
        for path, kept in self._content(snapshot).items():
            target = unfinished / self._place(path, snapshot)
            make_folder(target.parent)
            if copy(path, target, seen) != kept.sha256:
                shutil.rmtree(unfinished)
                raise InputError(f"{path} is damaged; restore another snapshot")
        os.sync()
        if data.exists():
            data.rmdir()
        unfinished.rename(data)

    def prune(self, keep: int) -> list[Snapshot]:
        """Removes all but the newest snapshots, and the packages that no other has; returns those removed.

        Raises:
            InputError: another command works on the folder.
        """
        with self._owned():
            snapshots = self.snapshots()
            for snapshot in snapshots[keep:]:
                (self.path / snapshot.name / MANIFEST).unlink()
                shutil.rmtree(self.path / snapshot.name)
            needed = {digest for snapshot in snapshots[:keep] for digest in snapshot.packages}
            for path in self._packages.glob("??/*"):
                if path.name not in needed:
                    path.unlink()
            return snapshots[keep:]

    def _content(self, snapshot: Snapshot) -> dict[Path, Kept]:
        """Where the files of a snapshot are in this folder."""
        files = {self.path / snapshot.name / name: kept for name, kept in snapshot.files.items()}
        return files | {self._packages / digest[:2] / digest: kept for digest, kept in snapshot.packages.items()}

    def _place(self, path: Path, snapshot: Snapshot) -> Path:
        """Where a file of the backup belongs in a data folder."""
        if path.is_relative_to(self._packages):
            return Path(PACKAGES) / path.relative_to(self._packages)
        return path.relative_to(self.path / snapshot.name)

    def _unfinished(self) -> Path:
        folder = self.path / _UNFINISHED
        shutil.rmtree(folder, ignore_errors=True)
        return make_folder(folder)

    def _keep(self, source: Path, target: Path, copy_file: Callable[[Path, Path], object]) -> Kept:
        make_folder(target.parent)
        with replacing(target) as path:
            copy_file(source, path)
        return Kept(target.stat().st_size, sha256_of(target))

    def _copy_packages(self, data: DataFolder, seen: Seen) -> dict[str, int | None]:
        """Copies the packages that are not here yet; the size of each, None when it is not what its name says."""
        sizes: dict[str, int | None] = {}
        for source in data.packages():
            target = make_folder(self._packages / source.name[:2]) / source.name
            try:
                if not target.exists():
                    self._copy_package(source, target, seen)
                sizes[source.name] = target.stat().st_size
            except FileNotFoundError:
                continue  # removed from the catalogue meanwhile
            except InputError:
                sizes[source.name] = None
        return sizes

    def _copy_package(self, source: Path, target: Path, seen: Seen) -> None:
        with replacing(target) as path:
            if copy(source, path, seen) != source.name:
                raise InputError(f"{source} is damaged")

    @contextmanager
    def _owned(self) -> Iterator[None]:
        """Keeps other commands off the folder while the context is open."""
        make_folder(self.path)
        lock = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise InputError(f"another command works on {self.path}; wait for it") from None
        finally:
            os.close(lock)
