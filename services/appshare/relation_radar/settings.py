"""What RelationRadar can be told."""

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from appshare import errors
from appshare.process.settings import BackendSettings
from appshare.relation_radar.friendship_changes import WatchLimits
from appshare.relation_radar.limits import RadarLimits
from appshare.relation_radar.model import Rule
from appshare.relation_radar.numbers import PERSONAL_TYPES, NumberType, read_number_types, require_region
from appshare.relation_radar.registration import RegistrationLimits
from appshare.rpc.address import Address


class SenderKind(StrEnum):
    """How a one-time code reaches the phone."""

    CONSOLE = "console"
    WEBHOOK = "webhook"


class RadarSettings(BackendSettings):
    """Settings of RelationRadar."""

    listen: Address = Field(Address("127.0.0.1", 7410), description="Address to listen on, host:port.")
    default_region: str = Field("CN", description="Region of numbers without a country code, when a device names none.")
    personal_number_types: str = Field(
        ",".join(kind for kind in NumberType if kind in PERSONAL_TYPES),
        description=f"Types of numbers that a person can have, of: {', '.join(NumberType)}.",
    )
    friendship_rule: Rule = Field(Rule.LISTED, description="Who must list whom: shared_contacts, listed or mutual.")
    shared_contacts: int = Field(2, ge=1, description="How many contacts in common make friends.")
    hub_limit: int = Field(200, ge=1, description="A number in more books than this says nothing about two people.")
    max_contacts: int = Field(20_000, ge=1, description="Contacts that a book may hold.")
    max_friends: int = Field(2_000, ge=1, description="Friends that a list may hold.")
    new_contacts_per_day: int = Field(
        20_000, ge=1, description="Numbers that may come into the books of a person's devices in a day."
    )
    lookups_per_hour: int = Field(1_000, ge=1, description="People that a person may look up by number or contact.")
    lookup_burst: int = Field(300, ge=100, description="How many of them at once; a batch has up to 100.")
    max_blocks: int = Field(1_000, ge=1, description="Numbers that a person may block.")
    heartbeat: float = Field(20, gt=0, description="Seconds after which an idle stream carries a heartbeat.")
    code_lifetime: int = Field(600, ge=1, description="Seconds in which a one-time code verifies a number.")
    codes_per_hour: int = Field(5, ge=1, description="One-time codes that a number is sent in an hour.")
    session_lifetime_days: int = Field(
        180, ge=1, description="Days after which a session that was not renewed is over."
    )
    max_devices: int = Field(20, ge=1, description="Devices in use that a number may have.")
    code_sender: SenderKind = Field(SenderKind.CONSOLE, description="console: codes go to the log; webhook: by POST.")
    webhook_url: str = Field("", description="Where codes are posted; https, or http on this machine.")
    webhook_secret_file: Path | None = Field(None, description="File with the secret that signs what is posted.")

    @field_validator("default_region")
    @classmethod
    def _require_region(cls, value: str) -> str:
        try:
            return require_region(value)
        except errors.InvalidArgumentError as error:
            raise ValueError(error.message) from error

    @field_validator("personal_number_types")
    @classmethod
    def _require_number_types(cls, value: str) -> str:
        read_number_types(value)
        return value

    @model_validator(mode="after")
    def _require_webhook(self) -> Self:
        if self.code_sender is SenderKind.WEBHOOK:
            url = urlsplit(self.webhook_url)
            is_here = url.scheme == "http" and Address(url.hostname or "", 0).is_loopback
            if not (is_here or (url.scheme == "https" and url.hostname)):
                raise ValueError("the sender webhook needs --webhook-url: https, or http on this machine")
            if self.webhook_secret_file is None:
                raise ValueError("the sender webhook needs --webhook-secret-file")
        return self

    def radar_limits(self) -> RadarLimits:
        """The bounds of books and lists."""
        return RadarLimits(
            hub_limit=self.hub_limit,
            max_contacts=self.max_contacts,
            max_friends=self.max_friends,
            number_types=read_number_types(self.personal_number_types),
            new_contacts_per_day=self.new_contacts_per_day,
            lookups_per_hour=self.lookups_per_hour,
            lookup_burst=self.lookup_burst,
        )

    def watch_limits(self) -> WatchLimits:
        """The bounds of watching friendships."""
        return WatchLimits(self.max_friends, self.heartbeat)

    def registration_limits(self) -> RegistrationLimits:
        """The bounds of registration."""
        return RegistrationLimits(
            code_lifetime=self.code_lifetime,
            codes_per_hour=self.codes_per_hour,
            number_types=read_number_types(self.personal_number_types),
            session_lifetime=timedelta(days=self.session_lifetime_days).total_seconds(),
            max_devices=self.max_devices,
        )
