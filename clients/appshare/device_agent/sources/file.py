"""Files instead of a phone: a vCard file, a JSON inventory, a device-spec JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from appshare.command_line.failure import FailureError
from appshare.command_line.input_error import InputError
from appshare.device_agent.inventory import load_inventory
from appshare.device_agent.model import App
from appshare.device_agent.sources.source import RecentPerson
from appshare.device_agent.vcards import CardFile, read_cards
from appshare.fit.device_profile import DeviceProfile, load_device_profile

DEFAULT_CHARSET = "cp1252"
"""Of names that are not UTF-8 and do not say what they are: what old phones of the West wrote."""


@dataclass(frozen=True)
class FileSource:
    """Tells what is in files.

    Attributes:
        charset: of names in the address book that are not UTF-8 and do not say what they are.
    """

    cards: Path | None = None
    inventory: Path | None = None
    device_spec: Path | None = None
    charset: str = DEFAULT_CHARSET

    @property
    def name(self) -> str:
        """The file, or that there is none."""
        return str(self.cards or self.inventory or self.device_spec or "no file")

    def contacts(self) -> CardFile:
        """What is in the vCard file."""
        return read_cards(_require(self.cards, "a vCard FILE").read_bytes(), charset=self.charset)

    def call_log(self) -> Sequence[RecentPerson]:
        """Files have none."""
        raise FailureError("NO_PHONE", "a file has no call log; it is read from a phone only")

    def message_inbox(self) -> Sequence[RecentPerson]:
        """Files have none."""
        raise FailureError("NO_PHONE", "a file has no message inbox; it is read from a phone only")

    def installed_apps(self) -> Sequence[App]:
        """What is in the inventory."""
        return load_inventory(_require(self.inventory, "a JSON INVENTORY"))

    def device_profile(self) -> DeviceProfile:
        """What is in the device spec."""
        return load_device_profile(_require(self.device_spec, "a device-spec JSON, with --device FILE"))


def _require(path: Path | None, what: str) -> Path:
    if path is None:
        raise InputError(f"--source file needs {what}")
    return path
