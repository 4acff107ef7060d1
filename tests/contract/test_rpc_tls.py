"""TLS between real servers and clients: who is let in, and certificates that change while both run."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from structlog.testing import capture_logs
from tests.contract.probe import PING, ProbeStub, answering, probe_service
from tests.contract.refusals import refusal
from tests.support.certificates import files_of, make_certificates

from appshare import errors
from appshare.operator.certificate_folder import CertificateFolder
from appshare.rpc.address import Address
from appshare.rpc.call import Callee, open_channel, open_tls_channel
from appshare.rpc.certificates import CertificateFiles, UnusableCertificateError
from appshare.rpc.health import ask_health, open_own_channel
from appshare.rpc.identity import APP_DOWNLOAD, GATEWAY, RELATION_RADAR
from appshare.rpc.renewed_channel import RenewedChannel
from appshare.rpc.server import ServerOptions, running_server
from appshare.rpc.tls import channel_credentials

PROBE = Callee("the probe")
ANYWHERE = Address("127.0.0.1", 0)


@pytest.fixture
def certificates(tmp_path: Path) -> CertificateFolder:
    return make_certificates(tmp_path / "certificates")


@asynccontextmanager
async def serving(files: CertificateFiles) -> AsyncIterator[Address]:
    options = ServerOptions(certificates=files)
    async with running_server(ANYWHERE, [probe_service(**answering())], options) as address:
        yield address


async def ask(channel: grpc.aio.Channel) -> Any:
    async with channel:
        return await PROBE.unary(ProbeStub(channel).unary_unary, PING)


def channel_as(files: CertificateFiles, address: Address) -> grpc.aio.Channel:
    return grpc.aio.secure_channel(str(address), channel_credentials(files.read()))


def pem(certificates: CertificateFolder) -> bytes:
    return (certificates.path / "ca" / "ca.pem").read_bytes()


class TestTls:
    async def test_who_trusts_the_ca_needs_nothing_else(self, certificates: CertificateFolder) -> None:
        async with serving(files_of(certificates, GATEWAY, with_ca=False)) as address:
            assert await ask(open_tls_channel(str(address), pem(certificates))) == PING

    async def test_plain_text_gets_no_answer(self, certificates: CertificateFolder) -> None:
        async with serving(files_of(certificates, GATEWAY, with_ca=False)) as address:
            with pytest.raises(errors.UnavailableError):
                await ask(open_channel(str(address)))

    async def test_a_server_of_another_ca_is_not_trusted(self, certificates: CertificateFolder, tmp_path: Path) -> None:
        other = make_certificates(tmp_path / "other")
        async with serving(files_of(certificates, GATEWAY, with_ca=False)) as address:
            for ca in (pem(other), None):
                with pytest.raises(errors.UnavailableError):
                    await ask(open_tls_channel(str(address), ca))

    async def test_a_server_under_another_name_is_not_trusted(self, certificates: CertificateFolder) -> None:
        async with serving(files_of(certificates, GATEWAY, with_ca=False)) as address:
            elsewhere = (("grpc.ssl_target_name_override", "elsewhere.example.org"),)
            trusting = grpc.ssl_channel_credentials(pem(certificates))
            with pytest.raises(errors.UnavailableError):
                await ask(grpc.aio.secure_channel(str(address), trusting, options=elsewhere))

    async def test_without_a_usable_certificate_nothing_is_served(self, certificates: CertificateFolder) -> None:
        files = files_of(certificates, GATEWAY)
        files.key.write_bytes(files_of(certificates, APP_DOWNLOAD).key.read_bytes())
        with pytest.raises(UnusableCertificateError, match="is not the private key of"):
            async with serving(files):
                pass


class TestMutualTls:
    async def test_the_gateway_is_let_in(self, certificates: CertificateFolder) -> None:
        async with serving(files_of(certificates, RELATION_RADAR)) as address:
            assert await ask(channel_as(files_of(certificates, GATEWAY), address)) == PING

    @pytest.mark.parametrize("kind", ["unary_unary", "unary_stream", "stream_unary", "stream_stream"])
    async def test_another_process_of_the_cloud_is_refused(self, certificates: CertificateFolder, kind: str) -> None:
        async with (
            serving(files_of(certificates, RELATION_RADAR)) as address,
            channel_as(files_of(certificates, APP_DOWNLOAD), address) as channel,
        ):
            refused = await refusal(ProbeStub(channel).ask(kind))
        assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_THE_GATEWAY")

    async def test_who_shows_no_certificate_is_not_connected(self, certificates: CertificateFolder) -> None:
        async with serving(files_of(certificates, RELATION_RADAR)) as address:
            with pytest.raises(errors.UnavailableError):
                await ask(open_tls_channel(str(address), pem(certificates)))

    async def test_a_gateway_of_another_cloud_is_not_connected(
        self, certificates: CertificateFolder, tmp_path: Path
    ) -> None:
        foreign = files_of(make_certificates(tmp_path / "other"), GATEWAY)
        shown = CertificateFiles(foreign.certificate, foreign.key, files_of(certificates, GATEWAY).ca)
        async with serving(files_of(certificates, RELATION_RADAR)) as address:
            with pytest.raises(errors.UnavailableError):
                await ask(channel_as(shown, address))

    async def test_the_process_itself_may_ask_for_its_health(self, certificates: CertificateFolder) -> None:
        files = files_of(certificates, RELATION_RADAR)
        async with serving(files) as address, open_own_channel(address, files) as channel:
            assert await ask_health(channel, time_limit=5) == "SERVING"
            refused = await refusal(ProbeStub(channel).ask("unary_unary"))
            assert refused.reason == "NOT_THE_GATEWAY"


class TestRenewal:
    async def test_new_connections_get_the_new_certificate_and_old_ones_go_on(
        self, certificates: CertificateFolder, tmp_path: Path
    ) -> None:
        files = files_of(certificates, GATEWAY, with_ca=False)
        async with serving(files) as address, open_tls_channel(str(address), pem(certificates)) as before:
            assert await PROBE.unary(ProbeStub(before).unary_unary, PING) == PING
            other = make_certificates(tmp_path / "other")
            put_in_place(files, files_of(other, GATEWAY))
            assert await ask(open_tls_channel(str(address), pem(other))) == PING
            assert await PROBE.unary(ProbeStub(before).unary_unary, PING) == PING

    @pytest.mark.parametrize("name", ["certificate", "key"])
    @pytest.mark.parametrize("content", [b"", b"not PEM", None])
    async def test_files_that_cannot_be_used_leave_the_ones_before_and_are_told_of(
        self, certificates: CertificateFolder, name: str, content: bytes | None
    ) -> None:
        files = files_of(certificates, GATEWAY, with_ca=False)
        path: Path = getattr(files, name)
        with capture_logs() as logs:
            async with serving(files) as address:
                if content is None:
                    path.unlink()
                else:
                    path.write_bytes(content)
                for _ in range(2):
                    assert await ask(open_tls_channel(str(address), pem(certificates))) == PING
        [told] = [entry for entry in logs if entry["log_level"] == "error"]
        assert str(path) in told["problem"]

    async def test_a_channel_connects_anew_with_the_renewed_certificate(
        self, certificates: CertificateFolder, tmp_path: Path
    ) -> None:
        server, client = files_of(certificates, RELATION_RADAR), files_of(certificates, GATEWAY)
        async with serving(server) as address, RenewedChannel(str(address), client, look_every=0) as channel:
            stub = ProbeStub(channel)
            assert await stub.ask("unary_unary") == [PING]
            other = make_certificates(tmp_path / "other")
            put_in_place(server, files_of(other, RELATION_RADAR))
            put_in_place(client, files_of(other, GATEWAY))
            for kind in ("unary_unary", "unary_stream", "stream_unary", "stream_stream"):
                assert await stub.ask(kind) == [PING]

    async def test_a_stream_survives_the_renewal_of_its_channel(self, certificates: CertificateFolder) -> None:
        server, client = files_of(certificates, RELATION_RADAR), files_of(certificates, GATEWAY)

        async def echo(requests: Any, _context: Any) -> AsyncIterator[Any]:
            async for request in requests:
                yield request

        options = ServerOptions(certificates=server)
        async with (
            running_server(ANYWHERE, [probe_service(**{**answering(), "stream_stream": echo})], options) as address,
            RenewedChannel(str(address), client, look_every=0) as channel,
        ):
            stub = ProbeStub(channel)
            stream = stub.stream_stream()
            await stream.write(PING)
            assert await stream.read() == PING
            certificates.renew()
            assert await stub.ask("unary_unary") == [PING]
            await stream.write(PING)
            assert await stream.read() == PING
            await stream.done_writing()


def put_in_place(files: CertificateFiles, others: CertificateFiles) -> None:
    for name in ("certificate", "key", "ca"):
        target, source = getattr(files, name), getattr(others, name)
        if target:
            temporary = target.with_suffix(".temporary")
            temporary.write_bytes(source.read_bytes())
            temporary.replace(target)
