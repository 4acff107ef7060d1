"""The settings of a process as its operator may see them: with their defaults, and without what could be a secret."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from appshare.process.settings import ENV_PREFIX, ProcessSettings

_MAY_HOLD_SECRETS = ("http", "https")
"""Schemes of URLs of which path, query and user can be a secret, as those of webhooks are."""


@dataclass(frozen=True)
class SettingInForce:
    """A setting; value and default are as they could be written into the variable."""

    name: str
    variable: str
    value: str
    default: str
    description: str


def settings_in_force(settings: ProcessSettings) -> Iterator[SettingInForce]:
    """Every setting, in the order of the help."""
    for name, field in type(settings).model_fields.items():
        yield SettingInForce(
            name=name,
            variable=f"{ENV_PREFIX}{name.upper()}",
            value=_shown(getattr(settings, name)),
            default=_shown(None if field.is_required() else field.get_default(call_default_factory=True)),
            description=field.description or "",
        )


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else _without_secret(str(value))


def _without_secret(text: str) -> str:
    try:
        url = urlsplit(text)
        if url.scheme.lower() not in _MAY_HOLD_SECRETS:
            return text
        where = f"{url.scheme}://{url.netloc.rpartition('@')[2]}"
    except ValueError:  # not a URL that can be read; that it is set is all that is told
        return "…"
    return where if text == where else f"{where}/…"
