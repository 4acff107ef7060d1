"""What the agent keeps on the device between its runs: who it is, whom it knows, what it runs on."""

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from appshare.command_line.input_error import InputError
from appshare.device_agent.address_book import AddressBook, BookContact
from appshare.device_agent.choices import Choices
from appshare.device_agent.inventory import read_inventory
from appshare.device_agent.kept_lists import KeptLists, read_kept_lists, write_kept_lists
from appshare.device_agent.model import App, Registration, Session
from appshare.fit.device_profile import DeviceProfile, read_device_profile, write_device_profile

Value = TypeVar("Value")

_ACCOUNT = "account.json"
_REGISTRATION = "registration.json"
_CONTACTS = "contacts.json"
_DEVICE = "device.json"
_CHOICES = "choices.json"
_KEPT_LISTS = "shares.json"
_LAST_PUSH = "push.json"
_PUBLISHED = "published.json"
_RECEIVED = "received.json"
_PHONE = "phone.json"
_FILES = (_ACCOUNT, _REGISTRATION, _CONTACTS, _DEVICE, _CHOICES, _KEPT_LISTS, _LAST_PUSH, _PUBLISHED, _RECEIVED, _PHONE)

SESSION_LOCK, SYNC_LOCK = ".lock", ".sync.lock"
"""What agents of one home take turns in: renewing the session, and syncing the phone."""


def default_home() -> Path:
    """Where a user's programs keep their configuration (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "appshare"


@dataclass(frozen=True)
class Account:
    """A registered device and where it is registered.

    Attributes:
        ca: the authorities that the server's certificate may be from, or that certificate, in PEM; None: the public
            authorities.
        server_name: the name that the certificate must be for; None: the host of the address.
    """

    server: str
    session: Session
    ca: str | None = None
    server_name: str | None = None


@dataclass(frozen=True)
class PendingRegistration:
    """A registration that waits for its code, and where; `ca` and `server_name` as in `Account`."""

    server: str
    registration: Registration
    ca: str | None = None
    server_name: str | None = None


class AgentHome:
    """A folder that only its user can read; every file in it is whole, whenever the agent is stopped.

    Reading raises InputError for a file that is damaged, and OSError for one that cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find_account(self) -> Account | None:
        """Who the device is; None: it is not registered."""
        return self._read(_ACCOUNT, _read_account)

    def account(self) -> Account:
        """Who the device is.

        Raises:
            InputError: it is not registered.
        """
        account = self.find_account()
        if account is None:
            raise InputError("this device is not registered; register it with `appshare register NUMBER`")
        return account

    def save_account(self, account: Account) -> None:
        """Keeps who the device is."""
        self._write(_ACCOUNT, asdict(account))

    def pending_registration(self) -> PendingRegistration:
        """The registration that waits for its code.

        Raises:
            InputError: there is none.
        """
        pending = self._read(_REGISTRATION, _read_pending)
        if pending is None:
            raise InputError("no registration waits for a code; start one with `appshare register NUMBER`")
        return pending

    def save_pending_registration(self, pending: PendingRegistration) -> None:
        """Keeps a registration until its code comes."""
        self._write(_REGISTRATION, asdict(pending))

    def complete_registration(self, account: Account) -> None:
        """Keeps who the device is from now on; as a new device it has no book and no apps on the server."""
        self.save_address_book(replace(self.address_book(), version=None))
        (self.folder / _PUBLISHED).unlink(missing_ok=True)
        self.save_account(account)
        (self.folder / _REGISTRATION).unlink(missing_ok=True)

    def address_book(self) -> AddressBook:
        """The contacts as they were synced last; empty before that."""
        return self._read(_CONTACTS, _read_book) or AddressBook()

    def save_address_book(self, book: AddressBook) -> None:
        """Keeps the contacts."""
        self._write(_CONTACTS, asdict(book))

    def device_profile(self) -> DeviceProfile | None:
        """What the device is, when that was told."""
        return self._read(_DEVICE, read_device_profile)

    def save_device_profile(self, profile: DeviceProfile) -> None:
        """Keeps what the device is."""
        self._write(_DEVICE, write_device_profile(profile))

    def phone_serial(self) -> str | None:
        """The phone on adb that this registration is of; None: of none, or that is not known."""
        return self._read(_PHONE, lambda document: str(document["serial"]))

    def save_phone_serial(self, serial: str) -> None:
        """Keeps which phone on adb this registration is of."""
        self._write(_PHONE, {"serial": serial})

    def choices(self) -> Choices:
        """What the user has told the agent."""
        return self._read(_CHOICES, _read_choices) or Choices()

    def save_choices(self, choices: Choices) -> None:
        """Keeps what the user has told the agent."""
        self._write(_CHOICES, asdict(choices))

    def kept_lists(self) -> KeptLists:
        """Lists of what others share, as they were seen last."""
        return self._read(_KEPT_LISTS, read_kept_lists) or KeptLists({})

    def save_kept_lists(self, kept: KeptLists) -> None:
        """Keeps lists of what others share."""
        self._write(_KEPT_LISTS, write_kept_lists(kept))

    def last_push_id(self) -> str | None:
        """The push that was sent last, when there was one."""
        return self._read(_LAST_PUSH, lambda document: str(document["push_id"]))

    def save_last_push_id(self, push_id: str) -> None:
        """Keeps which push was sent last."""
        self._write(_LAST_PUSH, {"push_id": push_id})

    def published_apps(self) -> tuple[App, ...] | None:
        """The apps that were published last; None: that is not known."""
        return self._read(_PUBLISHED, read_inventory)

    def save_published_apps(self, apps: Iterable[App]) -> None:
        """Keeps which apps were published last."""
        self._write(_PUBLISHED, {"apps": [asdict(app) for app in apps]})

    def received_apps(self) -> dict[str, int]:
        """The apps that were installed from what others share: their version codes by package name."""
        return self._read(_RECEIVED, _read_versions) or {}

    def save_received_app(self, package_name: str, version_code: int) -> None:
        """Keeps that an app was installed from what others share."""
        self._write(_RECEIVED, self.received_apps() | {package_name: version_code})

    def forget_everything(self) -> None:
        """Removes all that is kept, the session last: until then the device can still ask the cloud."""
        for name in reversed(_FILES):
            (self.folder / name).unlink(missing_ok=True)

    @contextmanager
    def try_lock(self, name: str = SESSION_LOCK) -> Iterator[bool]:
        """Yields True while no other agent of this home holds the lock, else False at once."""
        self._create()
        lock = os.open(self.folder / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(lock)

    def _create(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def _read(self, name: str, read: Callable[[Any], Value]) -> Value | None:
        path = self.folder / name
        try:
            return read(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, InputError) as error:
            raise InputError(f"{path} is damaged; remove it and do again what made it") from error

    def _write(self, name: str, document: Mapping[str, Any]) -> None:
        self._create()
        path = self.folder / name
        temporary = self.folder / f".{name}.{os.getpid()}"
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(document, file, default=datetime.isoformat, ensure_ascii=False, indent=1)
                file.flush()
                os.fsync(descriptor)
            temporary.replace(path)
        except OSError as error:  # of a full disk the system does not say where, else it names the temporary file
            raise OSError(error.errno, error.strerror, str(path)) from error
        finally:
            with suppress(OSError):  # where nothing can be written nothing is left either
                temporary.unlink()


def _read_account(document: Mapping[str, Any]) -> Account:
    session = document["session"]
    return Account(
        server=document["server"],
        session=Session(**{**session, "access_expire_time": datetime.fromisoformat(session["access_expire_time"])}),
        ca=document.get("ca"),
        server_name=document.get("server_name"),
    )


def _read_pending(document: Mapping[str, Any]) -> PendingRegistration:
    registration = document["registration"]
    expire_time = datetime.fromisoformat(registration["code_expire_time"])
    started = Registration(registration["registration_id"], expire_time)
    return PendingRegistration(document["server"], started, document.get("ca"), document.get("server_name"))


def _read_book(document: Mapping[str, Any]) -> AddressBook:
    return AddressBook(_read_contacts(document["contacts"]), document["next_contact_id"], document["version"])


def _read_choices(document: Mapping[str, Any]) -> Choices:
    return Choices(_read_contacts(document["excluded"]), bool(document["install_receipts"]))


def _read_versions(document: Mapping[str, Any]) -> dict[str, int]:
    return {name: int(code) for name, code in document.items()}


def _read_contacts(documents: Iterable[Mapping[str, Any]]) -> tuple[BookContact, ...]:
    return tuple(BookContact(**{**contact, "numbers": tuple(contact["numbers"])}) for contact in documents)
