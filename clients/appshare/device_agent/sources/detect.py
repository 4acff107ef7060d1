"""Finds the phone: the one that the agent runs on, else the one on adb."""

from enum import StrEnum

from appshare.command_line.failure import FailureError
from appshare.device_agent.sources.adb import attached_phones, is_adb_server_there, open_phone
from appshare.device_agent.sources.source import Phone
from appshare.device_agent.sources.termux import TermuxPhone, is_termux


class SourceKind(StrEnum):
    """Where the agent learns about the phone, as `--source` names it."""

    ADB = "adb"
    TERMUX = "termux"
    FILE = "file"


def find_phone(kind: SourceKind | None, serial: str | None, own: str | None = None) -> Phone | None:
    """The phone that is meant, or that is there; None: there is none, and none was named.

    Args:
        own: the phone on adb that the registration is of, see `open_phone`.

    Raises:
        InputError: several phones are attached, or another than the user's own, and none is named.
        FailureError: the phone that is named is not there, or cannot be used yet.
    """
    if kind is SourceKind.FILE:
        return None
    if kind is SourceKind.TERMUX or (kind is None and not serial and is_termux()):
        if not is_termux():
            raise FailureError("NO_PHONE", "this is not Termux; a phone on a cable is `--source adb`")
        return TermuxPhone()
    if kind is SourceKind.ADB or serial:
        return open_phone(serial, own)
    return _attached_phone(own)


def _attached_phone(own: str | None) -> Phone | None:
    """A phone that is attached, when the adb server runs and the library for it is installed."""
    if not is_adb_server_there():
        return None
    try:
        attached = attached_phones()
    except FailureError:
        return None  # something else listens there, or the library is missing; `--source adb` says so
    return open_phone(None, own) if attached else None
