"""Where the gateway speaks TLS, and to whom it shows what."""

from pathlib import Path

import click
import pytest

from appshare.gateway.settings import GatewaySettings
from appshare.rpc.address import Address
from appshare.rpc.certificates import CertificateFiles

PUBLIC = {"tls_certificate": Path("public.pem"), "tls_key": Path("public-key.pem")}
PRIVATE = {"services_certificate": Path("private.pem"), "services_key": Path("private-key.pem")}
CA = {"services_ca": Path("ca.pem")}
ELSEWHERE = Address("10.0.0.1", 1)


def test_one_certificate_serves_for_devices_and_services() -> None:
    settings = GatewaySettings(**PUBLIC, **CA)
    assert settings.certificates() == CertificateFiles(Path("public.pem"), Path("public-key.pem"))
    shown = CertificateFiles(Path("public.pem"), Path("public-key.pem"), Path("ca.pem"))
    assert settings.services_certificates() == shown


def test_the_services_can_be_shown_another_one() -> None:
    settings = GatewaySettings(**PUBLIC, **PRIVATE, **CA)
    assert settings.certificates() == CertificateFiles(Path("public.pem"), Path("public-key.pem"))
    shown = CertificateFiles(Path("private.pem"), Path("private-key.pem"), Path("ca.pem"))
    assert settings.services_certificates() == shown


def test_the_operators_port_speaks_plain_text_on_this_machine_only() -> None:
    settings = GatewaySettings(**PUBLIC)
    assert settings.operator_certificates() is None
    assert settings.model_copy(update={"operator_listen": ELSEWHERE}).operator_certificates() == settings.certificates()


@pytest.mark.parametrize("name", ["listen", "operator_listen", "relation_radar", "share_registry", "app_download"])
def test_plain_text_beyond_this_machine_is_refused_on_either_side(name: str) -> None:
    plain = GatewaySettings(**{name: ELSEWHERE})
    with pytest.raises(click.UsageError, match=r"10\.0\.0\.1:1 is beyond this machine"):
        plain.require_safe()
    plain.model_copy(update={"private_network": True}).require_safe()
    GatewaySettings(**{name: ELSEWHERE}, **PUBLIC, **CA).require_safe()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (CA, "--services-ca needs a certificate to show"),
        ({"services_key": Path("key.pem")}, "--services-certificate and --services-key go together"),
    ],
)
def test_half_of_mutual_tls_is_refused(given: dict[str, Path], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        GatewaySettings(**given)
