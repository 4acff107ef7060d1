"""Settings of a process: a flag, else an environment variable, else a working default."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import click
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from appshare.rpc.address import Address

ENV_PREFIX = "APPSHARE_"


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
    private_network: bool = Field(
        default=False,
        description="Allow plain text beyond this machine, on a network that only AppShare's own services are on.",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _read_addresses(cls, value: Any, info: Any) -> Any:
        field = cls.model_fields[info.field_name]
        return Address.parse(value) if field.annotation is Address and isinstance(value, str) else value

    def require_safe(self, address: Address) -> None:
        """Refuses plain text on an address that other machines reach.

        Raises:
            click.UsageError: with what to do about it.
        """
        if not address.is_loopback and not self.private_network:
            raise click.UsageError(
                f"{address} can be reached by other machines and this process speaks plain text. Listen on 127.0.0.1,"
                " or set --private-network (APPSHARE_PRIVATE_NETWORK=true) if only trusted machines are on it."
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


def _load(settings: type[ProcessSettings], flags: dict[str, Any]) -> ProcessSettings:
    try:
        return settings(**flags)
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"--{name.replace('_', '-')} ({ENV_PREFIX}{name.upper()}): " for name in map(str, first["loc"]))
        raise click.UsageError(where + first["msg"].removeprefix("Value error, ")) from error


def _flag_names(name: str, annotation: Any) -> tuple[str, ...]:
    flag = f"--{name.replace('_', '-')}"
    return (f"{flag}/--no-{flag[2:]}",) if annotation is bool else (flag,)


def _help(name: str, field: Any) -> str:
    default = field.get_default(call_default_factory=True)
    shown = "" if default is None else f"; default {default}"
    return f"{field.description} [{ENV_PREFIX}{name.upper()}{shown}]"
