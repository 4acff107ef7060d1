"""Who may call the operator port: operators with a name and a token each, of which only a digest is kept."""

import asyncio
import hashlib
import json
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import structlog

from appshare import errors
from appshare.process import secret_file
from appshare.process.clock import Clock
from appshare.rpc.fields import invalid_field

BOOTSTRAP = "bootstrap"
"""The name of whoever has the token that the gateway leaves in its folder."""

_BOOTSTRAP_FILE = "operator.token"
_FILE = "operators.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_MAX_OPERATORS = 100

_LOOK_EVERY = 1.0
"""Seconds between two looks at what other copies have changed."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator.

    Attributes:
        create_time: in seconds since the epoch.
        token_sha256: in hexadecimal. A token is 256 random bits: nobody finds it by its digest.
    """

    name: str
    create_time: float
    token_sha256: str


class Operators:
    """The operators of a gateway, which its copies share in one folder.

    A change is on disk before it counts. It counts at once in this copy, and within a second in the others; a token
    that is not known is looked for at once.

    Until it is removed, the first operator is the one whose token the gateway leaves in its folder: whoever can read
    the folder is an operator. Once removed it stays so, until the list of operators is removed from the folder.

    Args:
        folder: of the keys and operators.

    Raises:
        OSError: a file cannot be read or written, or is damaged.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._watched = secret_file.Watched(folder / _FILE)
        self._load()

    def all(self) -> list[Operator]:
        """The operators by name."""
        return sorted(self._by_name.values(), key=lambda each: each.name)

    def name_of(self, token: str) -> str:
        """The operator with a token.

        Raises:
            errors.UnauthenticatedError: INVALID_TOKEN.
        """
        if _digest(token) not in self._by_token:
            self.refresh()
        operator = self._by_token.get(_digest(token))
        if operator is None:
            raise errors.UnauthenticatedError(
                errors.Reason.INVALID_TOKEN,
                "not an operator's token of this cloud; the first one is in the gateway's data folder",
            )
        return operator.name

    def add(self, name: str) -> tuple[Operator, str]:
        """Adds an operator; returns it and its token, which is not kept.

        Raises:
            errors.InvalidArgumentError: INVALID_FIELD, not a name.
            errors.AlreadyExistsError: OPERATOR_EXISTS.
            errors.ResourceExhaustedError: LIMIT_EXCEEDED.
            OSError: it cannot be written; nothing was changed.
        """
        if not _NAME.fullmatch(name) or name == BOOTSTRAP:
            raise invalid_field("name", f"1 to 32 of a-z, 0-9, dot, dash, underscore, and not {BOOTSTRAP}")
        with self._changing():
            return self._add(name)

    def _add(self, name: str) -> tuple[Operator, str]:
        if name in self._by_name:
            raise errors.AlreadyExistsError(errors.Reason.OPERATOR_EXISTS, "there is an operator of this name")
        if len(self._by_name) >= _MAX_OPERATORS:
            raise errors.ResourceExhaustedError(
                errors.Reason.LIMIT_EXCEEDED, f"there are {_MAX_OPERATORS} operators; remove one first"
            )
        token = new_token()
        operator = Operator(name, self._clock(), _digest(token))
        self._keep([*self._by_name.values(), operator])
        return operator, token

    def remove(self, name: str) -> None:
        """Removes an operator.

        Raises:
            errors.NotFoundError: OPERATOR_NOT_FOUND.
            errors.InvalidArgumentError: INVALID_FIELD, it is the last one.
            OSError: it cannot be written; nothing was changed.
        """
        with self._changing():
            self._remove(name)

    def refresh(self) -> None:
        """Reads what another copy has changed; what cannot be read leaves the operators as they are, and is logged."""
        if not self._watched.has_changed:
            return
        try:
            self._load()
        except OSError as error:
            self._watched.seen()
            _log.error("operators that another copy has changed cannot be read", why=str(error))

    async def keep_up(self) -> None:
        """Reads what others have changed, for as long as it runs."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            self.refresh()

    def _remove(self, name: str) -> None:
        if name not in self._by_name:
            raise errors.NotFoundError(errors.Reason.OPERATOR_NOT_FOUND, "there is no operator of this name")
        if len(self._by_name) == 1:
            raise invalid_field("name", "this is the last operator; add another first")
        self._keep([each for each in self._by_name.values() if each.name != name])
        if name == BOOTSTRAP:
            self._remove_bootstrap_token()

    def _keep(self, operators: Sequence[Operator]) -> None:
        named = [asdict(each) for each in operators if each.name != BOOTSTRAP]
        kept = {"bootstrap": len(named) < len(operators), "operators": named}
        secret_file.replace(self._folder / _FILE, json.dumps(kept, indent=2).encode() + b"\n")
        self._watched.seen()
        self._by_name = {each.name: each for each in operators}
        self._by_token = {each.token_sha256: each for each in operators}

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Nobody else changes the operators, who are the newest, while the context is open."""
        with secret_file.changing(self._folder / _FILE):
            self.refresh()
            yield

    def _load(self) -> None:
        self._watched.seen()
        named, has_bootstrap = self._read()
        if has_bootstrap:
            named.append(self._bootstrap())
        else:
            self._remove_bootstrap_token()
        self._by_name = {each.name: each for each in named}
        self._by_token = {each.token_sha256: each for each in named}

    def _read(self) -> tuple[list[Operator], bool]:
        """The operators with a name of their own, and whether there is the first one too."""
        path = self._folder / _FILE
        try:
            kept = json.loads(path.read_bytes())
            return [Operator(**each) for each in kept["operators"]], bool(kept["bootstrap"])
        except FileNotFoundError:
            return [], True
        except (ValueError, KeyError, TypeError):
            raise OSError(
                f"{path} is damaged: put it back from a backup, or remove it and add operators anew"
            ) from None

    def _bootstrap(self) -> Operator:
        path = self._folder / _BOOTSTRAP_FILE
        token = secret_file.read_or_create(path, f"{new_token()}\n".encode).decode().strip()
        return Operator(BOOTSTRAP, path.stat().st_mtime, _digest(token))

    def _remove_bootstrap_token(self) -> None:
        """After a crash it is done at the next start: the token is void as soon as the list is written."""
        with suppress(OSError):  # secrets that are mounted for reading: void it is all the same
            (self._folder / _BOOTSTRAP_FILE).unlink(missing_ok=True)


def new_token() -> str:
    """A fresh operator token."""
    return secrets.token_urlsafe(32)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
