"""What RelationRadar can be told."""

from enum import StrEnum
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from appshare import errors
from appshare.process.settings import BackendSettings
from appshare.relation_radar.model import Rule
from appshare.relation_radar.numbers import require_region
from appshare.relation_radar.radar import RadarLimits
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
    friendship_rule: Rule = Field(Rule.LISTED, description="Who must list whom: shared_contacts, listed or mutual.")
    shared_contacts: int = Field(2, ge=1, description="How many contacts in common make friends.")
    hub_limit: int = Field(200, ge=1, description="A number in more books than this says nothing about two people.")
    max_contacts: int = Field(20_000, ge=1, description="Contacts that a book may hold.")
    max_friends: int = Field(2_000, ge=1, description="Friends that a list may hold.")
    code_lifetime: int = Field(600, ge=1, description="Seconds in which a one-time code verifies a number.")
    codes_per_hour: int = Field(5, ge=1, description="One-time codes that a number is sent in an hour.")
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
        return RadarLimits(self.hub_limit, self.max_contacts, self.max_friends)

    def registration_limits(self) -> RegistrationLimits:
        """The bounds of registration."""
        return RegistrationLimits(self.code_lifetime, self.codes_per_hour)
