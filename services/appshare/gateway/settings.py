"""What the gateway can be told."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, Self

import grpc
from pydantic import Field, model_validator

from appshare.gateway.rates import Rates
from appshare.process.settings import TLS_ADVICE, ProcessSettings
from appshare.rpc.address import Address, Addresses
from appshare.rpc.certificates import CertificateFiles
from appshare.rpc.server import ServerOptions
from appshare.rpc.server_limits import ServerLimits
from appshare.rpc.watch import CallWatch

_CONNECTION_AGE, _CONNECTION_GRACE = 6 * 3600.0, 600.0
"""Seconds; a stream that is cut then is resumed where it was."""
_CALLS_PER_CONNECTION = 256
"""Above twice of what a well-behaved client has under way: gRPC refuses streams beyond it by a reset, and counts a call
that is answered until the process has come round to putting it away."""


class GatewaySettings(ProcessSettings):
    """Settings of the gateway."""

    listen: Address = Field(Address("127.0.0.1", 7400), description="Address for devices, host:port.")
    operator_listen: Address = Field(
        Address("127.0.0.1", 7401), description="Address for operators, host:port; plain text on this machine."
    )
    relation_radar: Addresses = Field(
        Addresses((Address("127.0.0.1", 7410),)),
        description="Address of RelationRadar; of several copies a name that resolves to all, or ip:port,ip:port;"
        " dns://ip:port/name:port has that DNS server asked.",
    )
    share_registry: Addresses = Field(
        Addresses((Address("127.0.0.1", 7420),)), description="Address of ShareRegistry, or of its copies."
    )
    app_download: Addresses = Field(
        Addresses((Address("127.0.0.1", 7430),)), description="Address of AppDownload, or of its copies."
    )
    services_ca: Path | None = Field(
        None, description="File with the private CA, PEM, of the services; with it they are called by mutual TLS."
    )
    services_certificate: Path | None = Field(
        None, description="File with the certificate to show the services, PEM; without it --tls-certificate."
    )
    services_key: Path | None = Field(None, description="File with the private key of that certificate, PEM.")
    keys_folder: Path | None = Field(
        None,
        description="Folder with the keys and operators, which all copies of the gateway share; without it the data"
        " folder. What changes in it counts within seconds.",
    )
    access_lifetime: int = Field(3600, ge=1, description="Seconds that an access token is good for.")
    max_connections: int = Field(10_000, ge=1, description="Connections of devices that are open at once.")
    connection_idle: int = Field(
        300, ge=1, description="Seconds that a connection of a device stays open without a call."
    )
    calls_per_device: int = Field(600, ge=0, description="Calls of a device in a minute; 0: no limit.")
    costly_calls_per_device: int = Field(
        120, ge=0, description="Syncs, pushes, downloads and the like of a device in a minute; 0: no limit."
    )
    streams_per_device: int = Field(32, ge=0, description="Calls of a device that run at once; 0: no limit.")
    calls_per_number: int = Field(
        1_200, ge=0, description="Calls of all devices of a number together in a minute; 0: no limit."
    )
    costly_calls_per_number: int = Field(
        240,
        ge=0,
        description="Syncs, pushes, downloads and the like of all devices of a number in a minute; 0: no limit.",
    )
    calls_per_peer: int = Field(6_000, ge=0, description="Calls from a network address in a minute; 0: no limit.")
    open_calls_per_peer: int = Field(
        120, ge=0, description="Calls without a token from a network address in a minute; 0: no limit."
    )
    operator_failures_per_peer: int = Field(
        10, ge=0, description="Wrong operator tokens from a network address in a minute; 0: no limit."
    )

    search: Literal["shared", "upstreams"] = Field(
        "shared",
        description="What devices find by name: apps that friends share, or also those that the upstreams list.",
    )

    @model_validator(mode="after")
    def _require_services_pair(self) -> Self:
        if (self.services_certificate is None) != (self.services_key is None):
            raise ValueError("--services-certificate and --services-key go together: give both or neither")
        if self.services_ca and not (self.services_certificate or self.tls_certificate):
            raise ValueError("--services-ca needs a certificate to show: --services-certificate or --tls-certificate")
        return self

    def listening(self) -> dict[str, Address]:
        """The addresses of both ports."""
        return {**super().listening(), "operator_listen": self.operator_listen}

    def services_certificates(self) -> CertificateFiles | None:
        """What the gateway shows the services, and who must have signed theirs; None: they are called in plain text."""
        certificate = self.services_certificate or self.tls_certificate
        key = self.services_key or self.tls_key
        if self.services_ca is None or certificate is None or key is None:
            return None
        return CertificateFiles(certificate, key, self.services_ca)

    def operator_certificates(self) -> CertificateFiles | None:
        """What the operators' port shows; on this machine it speaks plain text, as its command finds it."""
        return None if self.operator_listen.is_loopback else self.certificates()

    def device_options(self, *watches: CallWatch) -> ServerOptions:
        """How the devices' port serves."""
        options = self.server_options()
        limits = ServerLimits(
            calls=self.max_calls,
            calls_per_connection=_CALLS_PER_CONNECTION,
            connections=self.max_connections,
            connection_idle=self.connection_idle,
            connection_age=_CONNECTION_AGE,
            connection_grace=_CONNECTION_GRACE,
        )
        return replace(options, limits=limits, watches=[*options.watches, *watches])

    def operator_options(self, *watches: CallWatch, leans_on: Mapping[str, grpc.aio.Channel]) -> ServerOptions:
        """How the operators' port serves; its health also tells of the services behind the gateway."""
        options = self.server_options()
        return replace(
            options, certificates=self.operator_certificates(), watches=[*options.watches, *watches], leans_on=leans_on
        )

    def rates(self) -> Rates:
        """How often devices and network addresses may call."""
        return Rates(
            device_calls=self.calls_per_device,
            device_costly_calls=self.costly_calls_per_device,
            device_streams=self.streams_per_device,
            number_calls=self.calls_per_number,
            number_costly_calls=self.costly_calls_per_number,
            peer_calls=self.calls_per_peer,
            peer_open_calls=self.open_calls_per_peer,
        )

    def require_safe(self) -> None:
        """Refuses plain text on an address that other machines reach.

        Raises:
            click.UsageError: with what to do about it.
        """
        super().require_safe()
        if self.operator_certificates() is None:
            self.require_plain(self.operator_listen, TLS_ADVICE)
        if self.services_certificates() is None:
            for service in (self.relation_radar, self.share_registry, self.app_download):
                for address in service.all:
                    self.require_plain(address, "give --services-ca")
