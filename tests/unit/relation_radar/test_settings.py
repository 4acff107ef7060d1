"""A sender that could not work is refused at start."""

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from appshare.relation_radar.__main__ import main
from appshare.relation_radar.code_senders.choice import open_code_sender
from appshare.relation_radar.code_senders.console import ConsoleCodeSender
from appshare.relation_radar.code_senders.webhook import WebhookCodeSender
from appshare.relation_radar.limits import RadarLimits
from appshare.relation_radar.numbers import PERSONAL_TYPES, NumberType
from appshare.relation_radar.registration import RegistrationLimits
from appshare.relation_radar.settings import RadarSettings


@pytest.mark.parametrize(
    "settings",
    [
        {"webhook_url": "https://sms.example/send"},
        {"webhook_secret_file": "secret"},
        {"webhook_url": "http://sms.example/send", "webhook_secret_file": "secret"},
        {"webhook_url": "ftp://127.0.0.1/send", "webhook_secret_file": "secret"},
        {"webhook_url": "https:///send", "webhook_secret_file": "secret"},
    ],
)
def test_a_webhook_needs_a_safe_address_and_a_secret(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RadarSettings(code_sender="webhook", **settings)


@pytest.mark.parametrize("url", ["https://sms.example/send", "http://127.0.0.1:8080/send"])
async def test_the_settings_choose_the_sender(url: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("shared\n", encoding="utf-8")
    chosen = RadarSettings(code_sender="webhook", webhook_url=url, webhook_secret_file=secret)
    async with open_code_sender(chosen, lambda: 0.0) as sender:
        assert isinstance(sender, WebhookCodeSender)
    async with open_code_sender(RadarSettings(), lambda: 0.0) as sender:
        assert isinstance(sender, ConsoleCodeSender)


@pytest.mark.parametrize("content", [None, "", " \n"])
async def test_a_secret_that_is_missing_or_empty_is_refused(content: str | None, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_text(content, encoding="utf-8")
    chosen = RadarSettings(code_sender="webhook", webhook_url="https://sms.example", webhook_secret_file=secret)
    with pytest.raises(OSError, match="secret"):
        async with open_code_sender(chosen, lambda: 0.0):
            pytest.fail("it was opened")


def test_the_command_says_which_setting_is_missing() -> None:
    result = CliRunner().invoke(main, ["--code-sender", "webhook"])
    assert result.exit_code == click.UsageError.exit_code
    assert "--webhook-url" in result.output


def test_the_types_of_numbers_that_count_reach_registration_and_books() -> None:
    chosen = RadarSettings(personal_number_types="mobile, toll_free")
    types = {NumberType.MOBILE, NumberType.TOLL_FREE}
    assert chosen.registration_limits().number_types == chosen.radar_limits().number_types == types
    usual = RadarSettings()
    assert usual.registration_limits().number_types == usual.radar_limits().number_types == PERSONAL_TYPES


def test_the_command_says_which_types_of_numbers_there_are() -> None:
    result = CliRunner().invoke(main, ["--personal-number-types", "mobile,landline"])
    assert result.exit_code == click.UsageError.exit_code
    assert "--personal-number-types (APPSHARE_PERSONAL_NUMBER_TYPES): separate by commas" in result.output


def test_every_limit_reaches_what_it_is_for() -> None:
    chosen = RadarSettings(
        hub_limit=1,
        max_contacts=2,
        max_friends=3,
        new_contacts_per_day=4,
        lookups_per_hour=5,
        lookup_burst=600,
        code_lifetime=7,
        codes_per_hour=8,
        session_lifetime_days=9,
        max_devices=10,
    )
    assert chosen.radar_limits() == RadarLimits(
        hub_limit=1, max_contacts=2, max_friends=3, new_contacts_per_day=4, lookups_per_hour=5, lookup_burst=600
    )
    assert chosen.registration_limits() == RegistrationLimits(
        code_lifetime=7, codes_per_hour=8, session_lifetime=9 * 24 * 3600, max_devices=10
    )


def test_the_limits_of_the_settings_are_those_of_the_classes_by_default() -> None:
    assert RadarSettings().radar_limits() == RadarLimits()
    assert RadarSettings().registration_limits() == RegistrationLimits()


def test_a_burst_of_look_ups_has_room_for_a_batch() -> None:
    with pytest.raises(ValidationError):
        RadarSettings(lookup_burst=99)
