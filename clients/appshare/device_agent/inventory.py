"""Lists of installed apps as JSON: `{"apps": [...]}` or the bare list."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from appshare.command_line.input_error import InputError
from appshare.device_agent.model import App
from appshare.fit.device_profile import Platform

Value = TypeVar("Value", str, int)

_PACKAGE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,254}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LARGEST_VERSION_CODE = 2**63 - 1


def load_inventory(path: Path) -> tuple[App, ...]:
    """Reads an inventory file.

    Raises:
        InputError: it is not one; the message names the file and the entry.
        OSError: the file cannot be read.
    """
    try:
        return read_inventory(json.loads(path.read_bytes()))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}") from None


def read_inventory(document: object) -> tuple[App, ...]:
    """Reads an inventory; keys that it does not know mean nothing.

    Raises:
        InputError: an entry is of the wrong form; the message names it.
    """
    entries = document.get("apps") if isinstance(document, Mapping) else document
    if not isinstance(entries, list):
        raise InputError('an inventory is a list of apps, or {"apps": [...]}')
    apps: dict[str, App] = {}
    for index, entry in enumerate(entries):
        app = _read_app(entry, f"apps[{index}]")
        if app.package_name in apps:
            raise InputError(f"apps[{index}] ({app.package_name}): is there twice")
        apps[app.package_name] = app
    return tuple(apps.values())


def with_known_labels(apps: Iterable[App], known: Iterable[App]) -> tuple[App, ...]:
    """The apps; one whose source does not tell its label keeps the one by which it is known."""
    labels = {app.package_name: app.label for app in known}
    return tuple(
        replace(app, label=labels.get(app.package_name, app.label)) if app.label == app.package_name else app
        for app in apps
    )


def _read_app(entry: object, place: str) -> App:
    if not isinstance(entry, Mapping):
        raise InputError(f"{place}: must be an object")
    package_name = _value(entry, "package_name", "", place)
    if not _PACKAGE_NAME.fullmatch(package_name):
        raise InputError(f'{place}.package_name: must be an app\'s identity, for example "org.example.notes"')
    place = f"{place} ({package_name})"
    version_code = _value(entry, "version_code", 0, place)
    if not 0 <= version_code <= _LARGEST_VERSION_CODE:
        raise InputError(f"{place}.version_code: must be between 0 and {_LARGEST_VERSION_CODE}")
    return App(
        package_name=package_name,
        label=_value(entry, "label", package_name, place),
        version_name=_value(entry, "version_name", "", place),
        version_code=version_code,
        signer_sha256=_signer(_value(entry, "signer_sha256", "", place), place),
        platform=_platform(_value(entry, "platform", Platform.ANDROID.value, place), place),
    )


def _value(entry: Mapping[str, object], key: str, default: Value, place: str) -> Value:
    """The value under a key, of the kind of its default; null counts as left out."""
    value = entry.get(key)
    if value is None:
        return default
    if not isinstance(value, type(default)) or isinstance(value, bool):
        raise InputError(f"{place}.{key}: must be a {'text' if isinstance(default, str) else 'whole number'}")
    return value


def _signer(text: str, place: str) -> str:
    """A digest in lower case; keytool writes it in capitals with colons."""
    signer = text.replace(":", "").lower()
    if signer and not _SHA256.fullmatch(signer):
        raise InputError(f"{place}.signer_sha256: must be 64 hexadecimal digits")
    return signer


def _platform(name: str, place: str) -> Platform:
    try:
        return Platform(name.lower())
    except ValueError:
        raise InputError(f'{place}.platform: must be "android" or "ios"') from None
