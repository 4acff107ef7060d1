"""Which apps are on an Android phone, by what its own commands print."""

import re
from dataclasses import dataclass, replace

from appshare.device_agent.model import App
from appshare.device_agent.sources.shell import Shell, run_if_possible

_LISTED = re.compile(r"^package:([A-Za-z0-9_.]+)(?: versionCode:(\d+))?\s*$", re.MULTILINE)
_PACKAGE = re.compile(r"^  Package \[([^\]]+)\]")
_VERSION_CODE = re.compile(r"^    versionCode=(\d+)")
_VERSION_NAME = re.compile(r"^    versionName=(.*)$")
_BEHIND_PACKAGES = "Hidden system packages:"
"""What an update has replaced is listed behind this line."""

_LINKED_PACKAGE = re.compile(r"^  ([A-Za-z0-9_.]+):\s*$")
_SIGNATURES = re.compile(r"^    Signatures: \[([0-9A-Fa-f:]{95})\]\s*$")
"""One certificate's SHA-256; of an app with several signers no single one is told."""


@dataclass(frozen=True)
class _Version:
    name: str = ""
    code: int = 0


def read_android_apps(shell: Shell) -> tuple[App, ...]:
    """The apps that the phone's owner has installed, by package name.

    The version's name and the signer are told only to those whom Android lets see them, the signer only of apps with
    links to web sites (`pm get-app-links`). Labels are told to nobody: the package name stands for them.

    Raises:
        FailureError: the phone does not list its apps, or is gone.
    """
    listed = _LISTED.findall(_list(shell))
    versions = _versions(run_if_possible(shell, "dumpsys", "package", "packages"))
    signers = _signers(run_if_possible(shell, "pm", "get-app-links"))
    return tuple(
        App(
            package_name=name,
            label=name,
            version_name=versions.get(name, _Version()).name,
            version_code=int(code) if code else versions.get(name, _Version()).code,
            signer_sha256=signers.get(name, ""),
        )
        for name, code in sorted(listed)
    )


def _list(shell: Shell) -> str:
    words = ("cmd", "package", "list", "packages", "-3")
    # Android 7 and older do not know the option.
    return run_if_possible(shell, *words, "--show-versioncode") or shell.run("pm", "list", "packages", "-3")


def _versions(dumpsys: str) -> dict[str, _Version]:
    found: dict[str, _Version] = {}
    package = ""
    for line in dumpsys.splitlines():
        if line.startswith(_BEHIND_PACKAGES):
            break
        if match := _PACKAGE.match(line):
            package = match[1]
        elif match := _VERSION_CODE.match(line):
            found[package] = replace(found.get(package, _Version()), code=int(match[1]))
        elif match := _VERSION_NAME.match(line):
            found[package] = replace(found.get(package, _Version()), name=match[1].strip())
    return found


def _signers(app_links: str) -> dict[str, str]:
    found: dict[str, str] = {}
    package = ""
    for line in app_links.splitlines():
        if match := _LINKED_PACKAGE.match(line):
            package = match[1]
        elif match := _SIGNATURES.match(line):
            found[package] = match[1].replace(":", "").lower()
    return found
