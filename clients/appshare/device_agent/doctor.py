"""Looks at everything that a command of the agent needs, and says what to do about what is not as it should be."""

import asyncio
import os
import socket
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from appshare import errors
from appshare.command_line.failure import FailureError
from appshare.command_line.input_error import InputError
from appshare.command_line.output import counted, sentence
from appshare.command_line.server_address import ServerAddress
from appshare.command_line.server_certificate import ServerCertificate, distrust, fetch_trusted_certificate
from appshare.device_agent.agent_home import Account, AgentHome
from appshare.device_agent.connection import open_client, renew_kept_session
from appshare.device_agent.sources.adb import is_adb_server_there
from appshare.device_agent.sources.source import Phone

_PATIENCE = 10.0
"""Seconds for a connection to the server."""

_CLOCK_TOLERANCE = timedelta(seconds=60)
_CERTIFICATE_WARNING = timedelta(days=14)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Verdict(StrEnum):
    """How something is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """What was found out about one thing.

    Attributes:
        advice: what to do; empty where nothing is to be done.
    """

    topic: str
    verdict: Verdict
    message: str
    advice: str = ""


def examine(home: AgentHome, find_phone: Callable[[], Phone | None]) -> Iterator[Finding]:
    """Looks at one thing after the other; what cannot work any more behind a failure is left out."""
    yield from _look_at_folder(home)
    account = None
    try:
        account = home.account()
        yield Finding("account", Verdict.OK, f"registered at {account.server}")
    except InputError as error:
        yield Finding("account", Verdict.FAIL, str(error), "appshare register NUMBER")
    if account:
        reachable = list(_look_at_server(account))
        yield from reachable
        if all(each.verdict is not Verdict.FAIL for each in reachable):
            yield from asyncio.run(_look_at_session(home))
    yield from _look_at_phone(find_phone)


def _look_at_folder(home: AgentHome) -> Iterator[Finding]:
    if not home.folder.is_dir():
        yield Finding("folder", Verdict.OK, f"{home.folder} is not there yet; the first registration makes it")
        return
    if not os.access(home.folder, os.W_OK | os.X_OK):
        yield Finding("folder", Verdict.FAIL, f"{home.folder} cannot be written", f"chmod u+rwx {home.folder}")
        return
    open_to_others = [path for path in [home.folder, *sorted(home.folder.glob("*.json"))] if _is_open(path)]
    for path in open_to_others:
        kept = "the session" if path.name == "account.json" else "what is kept"
        mode = "700" if path.is_dir() else "600"
        verdict = Verdict.FAIL if path.name == "account.json" else Verdict.WARN
        yield Finding("folder", verdict, f"others on this machine can read {kept} in {path}", f"chmod {mode} {path}")
    if not open_to_others:
        yield Finding("folder", Verdict.OK, f"{home.folder} is for you alone")


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & _OTHERS)


def _look_at_server(account: Account) -> Iterator[Finding]:
    where = ServerAddress.parse(account.server)
    started = time.monotonic()
    try:
        socket.create_connection((where.address.host, where.address.port), _PATIENCE).close()
    except OSError as error:
        advice = "check the network, or ask the operator whether the server runs"
        yield Finding("server", Verdict.FAIL, f"{where.address} cannot be reached: {sentence(error)}", advice)
        return
    elapsed = round((time.monotonic() - started) * 1000)
    yield Finding("server", Verdict.OK, f"{where.address} can be reached ({elapsed} ms)")
    yield _look_at_tls(where, account)


def _look_at_tls(where: ServerAddress, account: Account) -> Finding:
    if not where.tls:
        return Finding("tls", Verdict.OK, "plain text, to this machine only")
    why = distrust(where.address, account.ca, account.server_name)
    if why:
        advice = "ask who invited you, or the operator, for a new link: appshare register LINK"
        return Finding("tls", Verdict.FAIL, f"the server's certificate is not trusted: {why}", advice)
    try:
        return _judge(fetch_trusted_certificate(where.address, account.ca, account.server_name))
    except (OSError, ValueError) as error:
        return Finding("tls", Verdict.FAIL, f"the server does not speak TLS: {sentence(error)}", "ask the operator")


def _judge(shown: ServerCertificate) -> Finding:
    until = f"{shown.end:%Y-%m-%d}"
    if shown.end - datetime.now(UTC) < _CERTIFICATE_WARNING:
        return Finding("tls", Verdict.WARN, f"the server's certificate ends on {until}", "tell the operator")
    return Finding("tls", Verdict.OK, f"the server's certificate is trusted, until {until}")


async def _look_at_session(home: AgentHome) -> list[Finding]:
    """Renews the session, which shows that it can be, and what time the server has."""
    try:
        async with open_client(home) as client:
            began = datetime.now(UTC)
            await renew_kept_session(home, home.account().session, client.refresh_session)
            taken = datetime.now(UTC) - began
            devices = await client.devices()
    except errors.AppShareError as error:
        lost = isinstance(error, errors.UnauthenticatedError | errors.NotFoundError)
        advice = "register again: appshare register NUMBER" if lost else "try again later"
        return [Finding("session", Verdict.FAIL, error.message, advice)]
    found = [Finding("session", Verdict.OK, f"signed in; {counted(len(devices), 'device')} of your number")]
    renewed = next((each.last_seen_time for each in devices if each.is_this_device), None)
    if renewed:
        found.append(_look_at_clock(renewed - (began + taken / 2)))
    return found


def _look_at_clock(ahead: timedelta) -> Finding:
    """Args: ahead: how far the server's clock is ahead of ours."""
    if abs(ahead) <= _CLOCK_TOLERANCE:
        return Finding("clock", Verdict.OK, "like the server's")
    seconds = round(abs(ahead).total_seconds())
    side = "behind" if ahead > timedelta() else "ahead of"
    return Finding("clock", Verdict.WARN, f"{counted(seconds, 'second')} {side} the server's", "set the clock")


def _look_at_phone(find_phone: Callable[[], Phone | None]) -> Iterator[Finding]:
    try:
        phone = find_phone()
    except (FailureError, InputError) as error:
        candidates = ", ".join(getattr(error, "candidates", ()))
        yield Finding("phone", Verdict.WARN, f"{error} {candidates}".strip())
        return
    if phone is None:
        yield _without_phone()
        return
    yield Finding("phone", Verdict.OK, phone.name)
    for what, read in (
        ("contacts", lambda: counted(len(phone.contacts().cards), "contact")),
        ("call log", lambda: counted(len(phone.call_log()), "caller")),
        ("messages", lambda: counted(len(phone.message_inbox()), "sender")),
        ("apps", lambda: counted(len(phone.installed_apps()), "app")),
        ("device", lambda: f"Android API level {phone.device_profile().sdk_version}"),
    ):
        yield _try(what, read)


def _without_phone() -> Finding:
    message = "none is here (in Termux, or attached with adb); contacts and apps are read from files"
    if is_adb_server_there() and find_spec("adbutils") is None:
        return Finding("phone", Verdict.WARN, "an adb server runs, but not for us", "pip install 'appshare[adb]'")
    return Finding("phone", Verdict.OK, message)


def _try(what: str, read: Callable[[], str]) -> Finding:
    try:
        return Finding(what, Verdict.OK, read())
    except FailureError as error:
        return Finding(what, Verdict.WARN, str(error), "allow it on the phone")
