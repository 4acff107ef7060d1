"""A flag, else an environment variable, else a working default."""

import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Literal

import click
import pytest
from click.testing import CliRunner, Result
from pydantic import Field

from appshare.process.settings import ProcessSettings, default_data_folder, settings_options, to_flags
from appshare.relation_radar.settings import RadarSettings
from appshare.rpc.address import Address
from appshare.rpc.certificates import CertificateFiles

ANYWHERE = "0.0.0.0:7000"  # never bound


class Fruit(StrEnum):
    APPLE = "apple"
    PEAR = "pear"


class FruitSettings(ProcessSettings):
    listen: Address = Field(Address("127.0.0.1", 7000), description="Where fruit is served.")
    upstream: Address = Field(Address("127.0.0.1", 7001), description="Where fruit comes from.")
    fruit: Fruit = Field(Fruit.APPLE, description="What is served.")
    crate_size: int = Field(6, ge=1, description="How many at once.")
    ripeness: float = Field(0.5, gt=0, description="How ripe.")
    peeled: bool = Field(default=False, description="Whether without peel.")
    cut: Literal["whole", "sliced"] = Field("whole", description="How it is cut.")


Load = Callable[..., Result]


@pytest.fixture
def loaded() -> list[FruitSettings]:
    return []


@pytest.fixture
def load(loaded: list[FruitSettings], monkeypatch: pytest.MonkeyPatch) -> Load:
    """Runs a command with flags in an environment; puts the settings that it gets into `loaded`."""

    @click.command()
    @settings_options(FruitSettings)
    def command(settings: FruitSettings) -> None:
        loaded.append(settings)

    def run(*flags: str, **environment: str) -> Result:
        for name, value in environment.items():
            monkeypatch.setenv(f"APPSHARE_{name}", value)
        return CliRunner().invoke(command, flags)

    return run


# Setting, its flag, its variable, the default, and two other values: as text and as what is read from it.
SETTINGS = [
    ("listen", Address("127.0.0.1", 7000), ("[::1]:1", Address("::1", 1)), ("fruit:0", Address("fruit", 0))),
    ("upstream", Address("127.0.0.1", 7001), ("10.0.0.1:2", Address("10.0.0.1", 2)), ("a:3", Address("a", 3))),
    ("fruit", Fruit.APPLE, ("pear", Fruit.PEAR), ("apple", Fruit.APPLE)),
    ("crate_size", 6, ("12", 12), ("1", 1)),
    ("ripeness", 0.5, ("0.75", 0.75), ("1", 1.0)),
    ("cut", "whole", ("sliced", "sliced"), ("whole", "whole")),
    ("data", None, ("relative/folder", Path("relative/folder")), ("/absolute", Path("/absolute"))),
    ("log_level", "info", ("debug", "debug"), ("error", "error")),
]


@pytest.mark.parametrize(("name", "default", "one", "other"), SETTINGS)
def test_a_flag_beats_the_environment_which_beats_the_default(
    load: Load,
    loaded: list[FruitSettings],
    name: str,
    default: object,
    one: tuple[str, object],
    other: tuple[str, object],
) -> None:
    flag, variable = f"--{name.replace('_', '-')}", name.upper()
    assert load().exit_code == 0
    assert load(**{variable: one[0]}).exit_code == 0
    assert load(flag, other[0], **{variable: one[0]}).exit_code == 0
    expected = [default or default_data_folder(), one[1], other[1]]
    assert [getattr(settings, name) for settings in loaded] == expected


@pytest.mark.parametrize(
    ("flags", "environment", "value"),
    [
        ([], {}, False),
        (["--peeled"], {}, True),
        ([], {"PEELED": "true"}, True),
        ([], {"PEELED": "1"}, True),
        (["--no-peeled"], {"PEELED": "true"}, False),
        (["--peeled"], {"PEELED": "false"}, True),
    ],
)
def test_a_switch_has_a_flag_for_on_and_off(
    load: Load, loaded: list[FruitSettings], flags: list[str], environment: Mapping[str, str], *, value: bool
) -> None:
    assert load(*flags, **environment).exit_code == 0
    assert loaded[0].peeled is value


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("listen", "nowhere", "not host:port: nowhere"),
        ("upstream", "http://a:1", "not host:port: http://a:1"),
        ("fruit", "plum", "Input should be 'apple' or 'pear'"),
        ("crate_size", "0", "Input should be greater than or equal to 1"),
        ("crate_size", "six", "Input should be a valid integer"),
        ("crate_size", "", "Input should be a valid integer"),
        ("ripeness", "-1", "Input should be greater than 0"),
        ("cut", "diced", "Input should be 'whole' or 'sliced'"),
    ],
)
@pytest.mark.parametrize("source", ["flag", "environment"])
def test_a_wrong_value_is_refused_by_flag_and_variable(
    load: Load, loaded: list[FruitSettings], source: str, name: str, text: str, problem: str
) -> None:
    flag, variable = f"--{name.replace('_', '-')}", name.upper()
    result = load(f"{flag}={text}") if source == "flag" else load(**{variable: text})
    assert result.exit_code == 2
    assert f"Error: {flag} (APPSHARE_{variable}): {problem}" in result.output
    assert loaded == []


def test_a_flag_that_is_none_is_refused(load: Load) -> None:
    result = load("--colour", "red")
    assert result.exit_code == 2
    assert "--colour" in result.output


def test_variables_of_others_are_left_alone(load: Load, loaded: list[FruitSettings]) -> None:
    assert load(COLOUR="red").exit_code == 0


def test_the_help_names_flag_variable_and_default_of_every_setting(load: Load) -> None:
    shown = " ".join(load("--help").output.split())
    for name, field in FruitSettings.model_fields.items():
        assert f"--{name.replace('_', '-')}" in shown
        default = field.get_default(call_default_factory=True)
        told = "" if default is None else f"; default {default}"
        assert f"{field.description} [APPSHARE_{name.upper()}{told}]" in shown


@pytest.mark.parametrize("settings", [FruitSettings, RadarSettings])
def test_every_setting_has_a_default_and_a_sentence(settings: type[ProcessSettings]) -> None:
    for field in settings.model_fields.values():
        assert not field.is_required()
        assert field.description is not None
        assert field.description.endswith(".")


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        FruitSettings().crate_size = 7


def test_data_is_where_a_users_programs_keep_theirs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert FruitSettings().data == tmp_path / "appshare"
    monkeypatch.setenv("XDG_DATA_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert FruitSettings().data == tmp_path / ".local" / "share" / "appshare"


# Plain text and TLS


@pytest.mark.parametrize("address", ["127.0.0.1:1", "[::1]:1", "localhost:1"])
def test_plain_text_on_this_machine_is_safe(address: str) -> None:
    FruitSettings(listen=Address.parse(address)).require_safe()


@pytest.mark.parametrize("address", [ANYWHERE, "[::]:1", "10.0.0.1:1", "example.org:1"])
def test_plain_text_that_other_machines_reach_is_refused(address: str) -> None:
    settings = FruitSettings(listen=Address.parse(address))
    with pytest.raises(click.UsageError) as caught:
        settings.require_safe()
    assert caught.value.message.startswith(f"{address} is beyond this machine")
    assert "appshare-admin certs init" in caught.value.message
    assert "--private-network (APPSHARE_PRIVATE_NETWORK=true)" in caught.value.message
    settings.model_copy(update={"private_network": True}).require_safe()


def test_tls_is_safe_on_every_address() -> None:
    settings = FruitSettings(listen=Address.parse(ANYWHERE), tls_certificate=Path("c.pem"), tls_key=Path("k.pem"))
    settings.require_safe()
    assert settings.certificates() == CertificateFiles(Path("c.pem"), Path("k.pem"))


def test_metrics_stay_on_this_machine() -> None:
    FruitSettings(metrics_listen=Address("127.0.0.1", 1)).require_safe()
    with pytest.raises(click.UsageError, match=r"0\.0\.0\.0:7000 is beyond this machine"):
        FruitSettings(metrics_listen=Address.parse(ANYWHERE)).require_safe()


@pytest.mark.parametrize("flag", ["--tls-certificate=c.pem", "--tls-key=k.pem"])
def test_a_certificate_without_its_key_is_refused(load: Load, flag: str) -> None:
    result = load(flag)
    assert result.exit_code == 2
    assert "--tls-certificate and --tls-key go together" in result.output


@pytest.mark.parametrize(("setting", "package"), [("database", "asyncpg"), ("nats", "nats")])
def test_what_needs_a_package_that_is_not_here_says_how_to_get_it(
    load: Load, monkeypatch: pytest.MonkeyPatch, setting: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    result = load(f"--{setting}=server://user:a-secret@host/name")
    assert result.exit_code == 2
    assert f"--{setting} needs the package {package}: pip install 'appshare[scale]'" in result.output
    assert "a-secret" not in result.output


def test_a_service_behind_the_gateway_has_all_of_mutual_tls_or_nothing() -> None:
    pair = {"tls_certificate": Path("c.pem"), "tls_key": Path("k.pem")}
    for settings in (pair, {"tls_ca": Path("ca.pem")}):
        with pytest.raises(ValueError, match="needs --tls-certificate, --tls-key and --tls-ca, or none"):
            RadarSettings(**settings)
    complete = RadarSettings(**pair, tls_ca=Path("ca.pem"))
    assert complete.certificates() == CertificateFiles(Path("c.pem"), Path("k.pem"), Path("ca.pem"))
    assert RadarSettings().certificates() is None


def test_an_empty_text_leaves_out_what_the_environment_says(load: Load, loaded: list[FruitSettings]) -> None:
    load(
        "--tls-certificate=", "--tls-key=", "--metrics-listen=", TLS_CERTIFICATE="c", TLS_KEY="k", METRICS_LISTEN="a:1"
    )
    assert (loaded[0].certificates(), loaded[0].metrics_listen) == (None, None)


def test_settings_go_on_to_another_process_as_flags(load: Load, loaded: list[FruitSettings]) -> None:
    settings = FruitSettings(upstream=Address("::1", 5), fruit=Fruit.PEAR, peeled=True, tls_key=None, ripeness=0.25)
    assert load(*to_flags(settings, FruitSettings.model_fields), FRUIT="apple", PEELED="false").exit_code == 0
    assert loaded == [settings]
