"""Settings of a process: a flag, else an environment variable, else a working default."""

import importlib.util
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Self

import click
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from appshare.process.traces import trace_watches
from appshare.process.worker import worker_index
from appshare.rpc.address import Address, Addresses
from appshare.rpc.call_log import CallLog
from appshare.rpc.call_metrics import CallMetrics
from appshare.rpc.certificates import CertificateFiles
from appshare.rpc.server import ServerOptions
from appshare.rpc.server_limits import ServerLimits

ENV_PREFIX = "APPSHARE_"

_CONNECTION_AGE = 300.0
"""Seconds; the calls of a connection that is older go on as long as they like."""

TLS_ADVICE = "listen on 127.0.0.1, give --tls-certificate and --tls-key (`appshare-admin certs init` makes them)"
"""What to do about plain text on an address that other machines reach."""

_ADDRESSES = (Address, Address | None)
WORKER_PORTS = 10
"""From the port of one worker's metrics to the next one's: between them are those of the other services of `all`."""
_OPTIONAL = (Address | None, Path | None)
"""Types of settings that an empty text leaves out."""


_DRIVERS = {"database": "asyncpg", "nats": "nats"}
"""Packages that settings need, which come with the extra `scale`."""


def default_data_folder() -> Path:
    """Where a user's programs keep their data (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "appshare"


class ProcessSettings(BaseSettings):
    """What every server process can be told; each service adds its own."""

    # Without decoding, an address in the environment is text like everywhere else; with it, it would have to be JSON.
    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, frozen=True, arbitrary_types_allowed=True, enable_decoding=False
    )

    data: Path = Field(default_factory=default_data_folder, description="Folder that holds all data.")
    listen: Address = Field(description="Address to listen on, host:port; port 0 takes a free one.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least that is logged.")
    log_format: Literal["auto", "text", "json"] = Field("auto", description="auto: text on a terminal, else json.")
    reflection: bool = Field(default=True, description="Answer gRPC reflection, so that tools can list the services.")
    tls_certificate: Path | None = Field(
        None, description="File with the certificate to show, PEM; with it and its key the process speaks TLS."
    )
    tls_key: Path | None = Field(None, description="File with the private key of the certificate, PEM, no password.")
    private_network: bool = Field(
        default=False,
        description="Allow plain text beyond this machine, on a network that only AppShare's own services are on.",
    )
    workers: int = Field(
        1,
        ge=1,
        le=64,
        description="Processes that share the port; a service behind the gateway needs --database for more than one,"
        " AppDownload --packages-url as well.",
    )
    max_calls: int = Field(10_000, ge=1, description="Calls that a port answers at once, streams included.")
    metrics_listen: Address | None = Field(
        None,
        description="Address for Prometheus, host:port, plain HTTP; without it they are not served. Each worker's port"
        " is ten above the one of the worker before.",
    )
    database: SecretStr = Field(
        SecretStr(""),
        description="PostgreSQL that keeps the data, postgresql://user:password@host/database; empty: SQLite in the"
        " data folder. Better in the environment: other users of a machine see flags.",
    )
    database_connections: int = Field(10, ge=1, description="Connections to PostgreSQL that a process holds at most.")
    nats: SecretStr = Field(
        SecretStr(""),
        description="NATS through which copies wake each other, nats://user:password@host:4222, tls://… for TLS,"
        " several with commas; empty: PostgreSQL does it, if there is one. Better in the environment.",
    )
    nats_ca: Path | None = Field(
        None, description="File with the authorities, PEM, that NATS's certificate is from; without it the public ones."
    )
    otlp_endpoint: str = Field("", description="Where traces go by OTLP over gRPC, a URL; empty: there are none.")

    @field_validator("*", mode="before")
    @classmethod
    def _read_text(cls, value: Any, info: Any) -> Any:
        annotation = cls.model_fields[info.field_name].annotation
        if annotation in _OPTIONAL and value == "":
            return None
        if annotation is Addresses:
            return Addresses((value,)) if isinstance(value, Address) else _parsed(Addresses.parse, value)
        return _parsed(Address.parse, value) if annotation in _ADDRESSES else value

    @model_validator(mode="after")
    def _require_pair(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("--tls-certificate and --tls-key go together: give both or neither")
        return self

    @model_validator(mode="after")
    def _require_drivers(self) -> Self:
        for name, driver in _DRIVERS.items():
            if getattr(self, name).get_secret_value() and importlib.util.find_spec(driver) is None:
                raise ValueError(f"--{name} needs the package {driver}: pip install 'appshare[scale]'")
        return self

    def certificates(self) -> CertificateFiles | None:
        """What the process shows where it listens; None: it speaks plain text."""
        if self.tls_certificate is None or self.tls_key is None:
            return None
        return CertificateFiles(self.tls_certificate, self.tls_key)

    @property
    def metrics_address(self) -> Address | None:
        """Where this very process serves its metrics."""
        address, worker = self.metrics_listen, worker_index()
        if address is None or not address.port or worker is None:
            return address
        return Address(address.host, address.port + WORKER_PORTS * worker)

    @property
    def workers_are_ours(self) -> bool:
        """Whether the workers are processes of this very command."""
        return True

    def listening(self) -> dict[str, Address]:
        """The addresses on which the process answers calls, by the names of their settings."""
        return {"listen": self.listen}

    def server_options(self) -> ServerOptions:
        """How the process serves."""
        return ServerOptions(
            certificates=self.certificates(),
            limits=ServerLimits(calls=self.max_calls),
            # They count also where nobody fetches them: the operator asks for the status.
            watches=[
                *trace_watches(self.otlp_endpoint),
                CallMetrics(),
                *([CallLog()] if self.log_level == "debug" else []),
            ],
            with_reflection=self.reflection,
            shares_port=worker_index() is not None,
        )

    def require_safe(self) -> None:
        """Refuses plain text on an address that other machines reach.

        Raises:
            click.UsageError: with what to do about it.
        """
        if self.certificates() is None:
            self.require_plain(self.listen, TLS_ADVICE)
        if self.metrics_listen:
            self.require_plain(self.metrics_listen)

    def require_plain(self, address: Address, instead: str = "listen on 127.0.0.1") -> None:
        """Refuses an address at which plain text could be read by others.

        Args:
            instead: what to do about it.

        Raises:
            click.UsageError: it is beyond this machine.
        """
        if not address.is_loopback and not self.private_network:
            raise click.UsageError(
                f"{address} is beyond this machine and would be plain text that others can read: {instead}, or set"
                " --private-network (APPSHARE_PRIVATE_NETWORK=true) if only trusted machines are on that network."
            )


class BackendSettings(ProcessSettings):
    """What every service behind the gateway can be told besides."""

    tls_ca: Path | None = Field(
        None,
        description="File with the private CA, PEM, that signed the gateway's certificate; for mutual TLS.",
    )

    @model_validator(mode="after")
    def _require_ca(self) -> Self:
        if (self.tls_ca is None) != (self.tls_certificate is None):
            raise ValueError("a service behind the gateway needs --tls-certificate, --tls-key and --tls-ca, or none")
        return self

    def certificates(self) -> CertificateFiles | None:
        """What the service shows, and the authority that must have signed what the gateway shows."""
        own = super().certificates()
        return replace(own, ca=self.tls_ca) if own else None

    def server_options(self) -> ServerOptions:
        """How the service serves: where it may have copies, callers connect anew now and then, and find those."""
        options = super().server_options()
        if not self.database.get_secret_value():
            return options
        return replace(options, limits=replace(options.limits, connection_age=_CONNECTION_AGE))

    def require_safe(self) -> None:
        """Refuses also several processes on one SQLite file, which only one may write.

        Raises:
            click.UsageError: with what to do about it.
        """
        super().require_safe()
        if self.workers > 1 and not self.database.get_secret_value():
            raise click.UsageError(
                f"--workers {self.workers} needs PostgreSQL (--database or APPSHARE_DATABASE): in SQLite one process"
                " keeps the data; leave --workers out, or move to PostgreSQL first"
            )


def settings_options(settings: type[ProcessSettings]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a click command one flag per setting and calls it with the settings object.

    A flag's help is the setting's description with its environment variable and default.
    """

    def decorate(command: Callable[[Any], None]) -> Callable[..., None]:
        def run(**flags: Any) -> None:
            command(_load(settings, {name: value for name, value in flags.items() if value is not None}))

        run.__doc__ = command.__doc__
        for name, field in reversed(settings.model_fields.items()):
            run = click.option(*_flag_names(name, field.annotation), default=None, help=_help(name, field))(run)
        return run

    return decorate


def to_flags(settings: ProcessSettings, names: Iterable[str]) -> list[str]:
    """The flags that give another process these settings, whatever its environment says; without secrets."""
    values = ((name, getattr(settings, name)) for name in names)
    return [_to_flag(name.replace("_", "-"), value) for name, value in values if not isinstance(value, SecretStr)]


def to_environment(settings: ProcessSettings, names: Iterable[str]) -> dict[str, str]:
    """The variables that give another process the secrets among these settings."""
    values = ((name, getattr(settings, name)) for name in names)
    return {
        f"{ENV_PREFIX}{name.upper()}": value.get_secret_value()
        for name, value in values
        if isinstance(value, SecretStr)
    }


def _to_flag(name: str, value: object) -> str:
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    return f"--{name}={'' if value is None else value}"


def _load(settings: type[ProcessSettings], flags: dict[str, Any]) -> ProcessSettings:
    try:
        return settings(**flags)
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"--{name.replace('_', '-')} ({ENV_PREFIX}{name.upper()}): " for name in map(str, first["loc"]))
        raise click.UsageError(where + first["msg"].removeprefix("Value error, ")) from error


def _parsed(parse: Callable[[str], Any], value: Any) -> Any:
    return parse(value) if isinstance(value, str) else value


def _flag_names(name: str, annotation: Any) -> tuple[str, ...]:
    flag = f"--{name.replace('_', '-')}"
    return (f"{flag}/--no-{flag[2:]}",) if annotation is bool else (flag,)


def _help(name: str, field: Any) -> str:
    default = field.get_default(call_default_factory=True)
    shown = "" if default is None else f"; default {default}"
    return f"{field.description} [{ENV_PREFIX}{name.upper()}{shown}]"
