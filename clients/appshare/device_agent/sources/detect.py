"""Finds the phone: the one that the agent runs on, else the one on adb."""

from enum import StrEnum

from appshare.command_line.failure import FailureError
from appshare.command_line.input_error import InputError
from appshare.device_agent.sources.adb import attached_phones, is_adb_server_there, open_phone
from appshare.device_agent.sources.source import Phone
from appshare.device_agent.sources.termux import TermuxPhone, is_termux


class SourceKind(StrEnum):
    """Where the agent learns about the phone, as `--source` names it."""

    ADB = "adb"
    TERMUX = "termux"
    FILE = "file"


def find_phone(kind: SourceKind | None, serial: str | None) -> Phone | None:
    """The phone that is meant, or that is there; None: there is none, and none was named.

    Raises:
        InputError: several phones are attached and none is named.
        FailureError: the phone that is named is not there, or cannot be used yet.
    """
    if kind is SourceKind.FILE:
        return None
    if kind is SourceKind.TERMUX or (kind is None and not serial and is_termux()):
        if not is_termux():
            raise FailureError("NO_PHONE", "this is not Termux; a phone on a cable is `--source adb`")
        return TermuxPhone()
    if kind is SourceKind.ADB or serial:
        return open_phone(serial)
    return _attached_phone()


def require_phone(kind: SourceKind | None, serial: str | None, instead: str) -> Phone:
    """The phone that is meant, or that is there.

    Args:
        instead: what the user may do without a phone.

    Raises:
        InputError: there is none.
        FailureError: as `find_phone`.
    """
    phone = find_phone(kind, serial)
    if phone is None:
        raise InputError(f"no phone is here (in Termux, or attached with adb); {instead}")
    return phone


def _attached_phone() -> Phone | None:
    """A phone that is attached, when the adb server runs and the library for it is installed."""
    if not is_adb_server_there():
        return None
    try:
        attached = attached_phones()
    except FailureError:
        return None  # something else listens there, or the library is missing; `--source adb` says so
    return open_phone(None) if attached else None
