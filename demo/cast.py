"""Who takes part: the phones, their address books and what they run on."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.commands import CommandLine
from demo.stage import Stage
from demo.transcript import Transcript

NUMBERS = {
    "Li Wei": "+8613800138001",
    "Zhang Min": "+8613800138002",
    "Chen Jie": "+8613800138003",
    "Wang Fang": "+8613800138004",
    "Liu Yang": "+8613800138005",
}
"""Invented people; the numbers are of the kind that mobile phones in China have."""

DEVICES: dict[str, dict[str, Any]] = {
    "new-phone": {
        "platform": "android",
        "osVersion": "14",
        "supportedAbis": ["arm64-v8a", "armeabi-v7a"],
        "screenDensity": 420,
        "resolution": {"width": 1080, "height": 2400},
        "supportedLocales": ["zh-CN", "en"],
        "deviceFeatures": ["android.hardware.location"],
        "model": "New Phone",
    },
    "older-phone": {
        "platform": "android",
        "osVersion": "9",
        "supportedAbis": ["armeabi-v7a"],
        "screenDensity": 240,
        "resolution": {"width": 480, "height": 800},
        "deviceFeatures": ["android.hardware.location"],
        "model": "Older Phone",
    },
    "old-phone": {
        "platform": "android",
        "osVersion": "4.4",
        "supportedAbis": ["armeabi-v7a", "armeabi"],
        "screenDensity": 240,
        "resolution": {"width": 480, "height": 800},
        "model": "Old Phone",
    },
    "tablet": {
        "platform": "android",
        "osVersion": "12",
        "supportedAbis": ["x86_64"],
        "screenDensity": 320,
        "resolution": {"width": 1600, "height": 2560},
        "deviceFeatures": ["android.hardware.location"],
        "model": "Tablet",
    },
    "ancient-phone": {
        "platform": "android",
        "osVersion": "2.3",
        "supportedAbis": ["mips"],
        "screenDensity": 120,
        "resolution": {"width": 240, "height": 320},
        "model": "Ancient Phone",
    },
    "iphone": {
        "platform": "ios",
        "osVersion": "18.1",
        "resolution": {"width": 1206, "height": 2622},
        "model": "iPhone",
    },
}

ANDROID_PHONES = ("new-phone", "older-phone", "old-phone")
"""Newest first."""


@dataclass(frozen=True)
class Phone:
    """A phone of the demo: a person's name, the agent on it, and the folder that stands for it."""

    name: str
    folder: Path
    agent: CommandLine

    @property
    def number(self) -> str:
        """In E.164."""
        return NUMBERS[self.name]

    def write_contacts(self, *names: str) -> Path:
        """An address book as phones export it; the first contact also has a work and a fax number."""
        cards = []
        for index, name in enumerate(names):
            more = ["TEL;TYPE=WORK:010-6552 9988", "TEL;TYPE=FAX:010-6552 9989"] if index == 0 else []
            lines = ["BEGIN:VCARD", "VERSION:3.0", f"FN:{name}", f"TEL;TYPE=CELL:{NUMBERS[name]}", *more, "END:VCARD"]
            cards.append("\r\n".join(lines))
        return self._write("contacts.vcf", "\r\n".join(cards) + "\r\n")

    def write_apps(self, apps: list[dict[str, Any]]) -> Path:
        """The list of installed apps, as a scan gives it."""
        return self._write("apps.json", json.dumps({"apps": apps}, ensure_ascii=False, indent=2))

    def write_device(self, name: str) -> Path:
        """A device-spec file."""
        return self._write(f"{name}.json", json.dumps(DEVICES[name], indent=2))

    def _write(self, name: str, content: str) -> Path:
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        return path


def new_phone(name: str, folder: Path, transcript: Transcript) -> Phone:
    """A phone that is not registered yet."""
    folder.mkdir(parents=True)
    program = (sys.executable, "-m", "appshare.device_agent", "--home", str(folder / "agent"))
    return Phone(name, folder, CommandLine(transcript, name, "appshare", program))


def operator(stage: Stage, transcript: Transcript) -> CommandLine:
    """The operator's command."""
    return CommandLine(transcript, "operator", "appshare-admin", stage.admin)
