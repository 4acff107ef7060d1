"""Installs an app on Android in one session: all of its files, or nothing."""

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from appshare.command_line.failure import FailureError
from appshare.device_agent.sources.shell import Shell

_SESSION = re.compile(r"Success: created install session \[(\d+)\]")
_FAILURE = re.compile(r"(INSTALL_[A-Z_]+)")

_ADVICE = {
    "INSTALL_FAILED_UPDATE_INCOMPATIBLE": "the phone has the app from another signer; remove that one first",
    "INSTALL_FAILED_VERSION_DOWNGRADE": "the phone has a newer version already",
    "INSTALL_FAILED_INSUFFICIENT_STORAGE": "the phone's storage is full; make room and try again",
    "INSTALL_FAILED_USER_RESTRICTED": 'the phone does not allow it; allow "Install via USB" in its developer options',
    "INSTALL_FAILED_ABORTED": "it was refused on the phone",
    "INSTALL_FAILED_VERIFICATION_FAILURE": "the phone's virus check refuses the app",
    "INSTALL_FAILED_DEPRECATED_SDK_VERSION": "the phone's Android refuses apps that are made for one that old",
}


def install_in_session(shell: Shell, manager: Sequence[str], paths: Sequence[Path]) -> None:
    """Installs an app; a session that does not come to its end leaves nothing on the phone.

    Args:
        manager: the command of Android's package manager, "pm" or "cmd package".

    Raises:
        FailureError: the phone refuses the app, or is gone.
        OSError: a file cannot be read.
    """
    total = sum(path.stat().st_size for path in paths)
    created = shell.run(*manager, "install-create", "-r", "-S", str(total))
    match = _SESSION.search(created)
    if match is None:
        raise _refused(created)
    session = match[1]
    try:
        for index, path in enumerate(paths):
            # The name is for the session alone; that of the file is the server's, and not needed.
            size = str(path.stat().st_size)
            written = shell.feed(path, *manager, "install-write", "-S", size, session, f"{index}.apk", "-")
            _require_success(written)
        _require_success(shell.run(*manager, "install-commit", session))
    except BaseException:
        with suppress(FailureError):  # the first failure is the one to tell
            shell.run(*manager, "install-abandon", session)
        raise


def _require_success(said: str) -> None:
    if not said.lstrip().startswith("Success"):
        raise _refused(said)


def _refused(said: str) -> FailureError:
    match = _FAILURE.search(said)
    reason = match[1] if match else "INSTALL_FAILED"
    told = " ".join(said.split())[:200]
    why = _ADVICE.get(reason) or told or "it does not say why"
    return FailureError(reason, f"the phone did not install the app: {why}")
