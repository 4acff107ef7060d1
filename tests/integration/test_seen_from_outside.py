"""What a whole run leaves in logs, metrics and traces: how the cloud does, and nothing about anybody."""

import json
from collections.abc import AsyncIterator, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY, generate_latest
from tests.integration.access.matrix import ask_all
from tests.integration.access.relations import RELATIONS
from tests.support.cloud import GATEWAY, Cloud, Device, new_number, person, running_cloud

from appshare import errors
from appshare.rpc.address import Address
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1.operator_gateway_pb2 import GetSystemStatusRequest
from appshare.v1.operator_gateway_pb2_grpc import SystemServiceStub
from appshare.v1.share_pb2 import AUDIENCE_KIND_EVERYONE, AUDIENCE_KIND_FRIENDS, PUSH_POLICY_FRIENDS

PACKAGES = Path(__file__).parents[1] / "packages"
CHAT = "org.appshare.sample.chat"
NOTE = "A note for Zhang Min"
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture(scope="module")
def exporter() -> Iterator[InMemorySpanExporter]:
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(provider)  # once for the process
    yield spans
    provider.shutdown()


@pytest.fixture
async def observed(tmp_path: Path, exporter: InMemorySpanExporter) -> AsyncIterator[Cloud]:
    """A cloud with all that can be seen from outside switched on."""
    exporter.clear()
    limits = {"lookups_per_hour": 10_000, "codes_per_hour": 100}
    every = {"metrics_listen": Address("127.0.0.1", 0), "otlp_endpoint": "http://127.0.0.1:1"}
    async with running_cloud(tmp_path, every=every, **limits) as cloud:
        yield cloud


async def play(cloud: Cloud) -> tuple[Device, Device]:
    """Everything that devices do, and much that they must not."""
    await cloud.add_packages(PACKAGES, "chat-3.0-*.apk")
    owner, friend = await cloud.friends()
    await owner.share(chat=AUDIENCE_KIND_FRIENDS, maps=AUDIENCE_KIND_EVERYONE)
    await friend.shares_of(person(owner.number))
    await friend.accept_pushes(PUSH_POLICY_FRIENDS)
    await owner.push_to(friend.number, package_names=[CHAT], note=NOTE)
    assert await friend.events()
    _, content = await friend.download(owner.number, CHAT)
    assert content
    for refused in (
        friend.shares_of(person(new_number())),
        friend.shares_of(person("+86 1380013 not a number")),
        Device("", pb.Session(access_token=owner.session.refresh_token), cloud.channel).events(),
        GATEWAY.unary(owner.account.RefreshSession, pb.RefreshSessionRequest(refresh_token=owner.session.access_token)),
        GATEWAY.unary(cloud.channel.unary_unary(f"/{owner.number}/{owner.session.access_token}"), b""),
        GATEWAY.unary(cloud.channel.unary_unary("/appshare.v1.AccountService/Register"), owner.number.encode()),
    ):
        with pytest.raises(errors.AppShareError):
            await refused
    return owner, friend


async def every_rpc(cloud: Cloud) -> list[Device]:
    """Every RPC of devices, by somebody who may and by somebody who may not."""
    asked = []
    for relation in ("confirmed", "owner blocks"):
        both = await RELATIONS[relation](cloud)
        await ask_all(both)
        asked += [device for device in (both.viewer, both.owner, both.friend) if device]
    return asked


def secrets_of(cloud: Cloud, *devices: Device) -> list[str]:
    """What nobody may read, and what would lead to it."""
    found = [NOTE, "Zhang Min", "13800138"]
    for device in devices:
        found += [device.number.removeprefix("+"), device.number[3:]]
        found += [device.session.access_token, device.session.refresh_token]
        found += device.session.access_token.split(".")[1:]
    [(_, bearer)] = cloud.operator_metadata
    return [*found, bearer.removeprefix("Bearer ")]


async def test_logs_metrics_and_traces_tell_nothing_about_anybody(
    observed: Cloud, exporter: InMemorySpanExporter
) -> None:
    devices = [*await play(observed), *await every_rpc(observed)]
    logged = "\n".join(json.dumps(entry, default=str, ensure_ascii=False) for entry in logs_of(observed))
    measured = generate_latest(REGISTRY).decode()
    traced = "\n".join(span.to_json() for span in exporter.get_finished_spans())
    assert min(len(logged), len(measured), len(traced)) > 1000
    for name, text in {"logs": logged, "metrics": measured, "traces": traced}.items():
        for secret in secrets_of(observed, *devices):
            assert secret not in text, name
    for device in devices:
        for text in (logged, measured, traced):
            assert device.session.device_id not in text
    for text in (measured, traced):
        assert "127.0.0.1" not in text


def logs_of(cloud: Cloud) -> list[Any]:
    """All but the console sender's own line: it stands for the message to the phone."""
    return [entry for entry in cloud.logs.entries if entry["event"] != "one-time code"]


async def test_calls_are_counted_by_method_and_status(observed: Cloud) -> None:
    def count(method: str, code: str) -> float:
        return REGISTRY.get_sample_value("appshare_calls_total", {"method": method, "code": code}) or 0

    methods = [
        ("/appshare.v1.SharingService/ListMyApps", "OK"),
        ("/appshare.v1.ShareRegistryService/ListInventory", "OK"),
        ("/appshare.v1.SharingService/ListMyApps", "UNAUTHENTICATED"),
        ("unknown", "UNIMPLEMENTED"),
    ]
    before = [count(*each) for each in methods]
    device = await observed.register()
    await device.call(device.sharing.ListMyApps, pb.ListMyAppsRequest())
    for refused in (
        GATEWAY.unary(device.sharing.ListMyApps, pb.ListMyAppsRequest()),
        GATEWAY.unary(observed.channel.unary_unary("/no.such/Method", StringValue.SerializeToString), StringValue()),
    ):
        with pytest.raises(errors.AppShareError):
            await refused
    assert [count(*each) - seen for each, seen in zip(methods, before, strict=True)] == [1, 1, 1, 1]
    assert REGISTRY.get_sample_value("appshare_calls_running", {"method": methods[0][0]}) == 0
    assert REGISTRY.get_sample_value("appshare_call_seconds_count", {"method": methods[0][0]})


async def test_what_the_services_do_is_counted(observed: Cloud) -> None:
    def sample(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0

    def samples() -> list[float]:
        return [
            sample("appshare_friendship_verdicts_total", level="confirmed"),
            sample("appshare_pushes_total", outcome="accepted"),
            sample("appshare_downloads_total"),
        ]

    before, sent_before = samples(), sample("appshare_downloaded_bytes_total")
    await observed.add_packages(PACKAGES, "chat-3.0-arm64-v8a.apk")
    owner, friend = await observed.friends()
    await owner.share(chat=AUDIENCE_KIND_FRIENDS)
    await friend.accept_pushes(PUSH_POLICY_FRIENDS)
    await owner.push_to(friend.number, package_names=[CHAT])
    _, content = await friend.download(owner.number, CHAT)
    changes = [now - seen for now, seen in zip(samples(), before, strict=True)]
    assert changes == [2, 1, 1]  # the push and the download ask how the two stand
    assert sample("appshare_downloaded_bytes_total") - sent_before == len(content)
    assert sample("appshare_store_bytes", service="app-download") >= len(content)
    for service in ("relation-radar", "share-registry"):
        assert sample("appshare_store_bytes", service=service) > 0
    assert REGISTRY.get_sample_value("appshare_inbox_events") is not None
    assert REGISTRY.get_sample_value("appshare_inbox_oldest_seconds") is not None


async def test_a_trace_goes_through_every_hop(observed: Cloud, exporter: InMemorySpanExporter) -> None:
    owner, friend = await observed.friends()
    await owner.share(chat=AUDIENCE_KIND_FRIENDS)
    exporter.clear()
    caller = [("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01"), ("tracestate", "a=+8613800138000")]
    listed = pb.ListSharesRequest(owner=person(owner.number))
    await GATEWAY.unary(friend.sharing.ListShares, listed, metadata=[*friend.metadata, *caller])
    spans = {span.name: span for span in exporter.get_finished_spans()}
    gateway = spans["appshare.v1.SharingService/ListShares"]
    assert f"{gateway.parent.span_id:016x}" == "00f067aa0ba902b7"
    for name in ("appshare.v1.RelationRadarService/FindDevices", "appshare.v1.ShareRegistryService/ListVisibleShares"):
        assert f"{spans[name].context.trace_id:032x}" == TRACE
        assert spans[name].parent.span_id == gateway.context.span_id
        assert not spans[name].context.trace_state


async def test_without_an_endpoint_nothing_is_traced(tmp_path: Path, exporter: InMemorySpanExporter) -> None:
    exporter.clear()
    async with running_cloud(tmp_path) as cloud:
        await cloud.register()
    assert not exporter.get_finished_spans()


async def test_a_failed_call_is_a_failed_span(observed: Cloud, exporter: InMemorySpanExporter) -> None:
    exporter.clear()
    with pytest.raises(grpc.aio.AioRpcError):
        await observed.channel.unary_unary("/appshare.v1.SharingService/ListMyApps")(b"")
    [span] = exporter.get_finished_spans()
    assert span.attributes is not None
    assert (span.attributes["rpc.grpc.status_code"], span.status.description) == (16, "UNAUTHENTICATED")
    assert not span.events


async def test_an_operator_sees_how_every_process_does_and_which_does_not_answer(cloud: Cloud) -> None:
    status = SystemServiceStub(cloud.operator_channel).GetSystemStatus
    await cloud.register()
    await cloud.stop("share_registry")
    answer = await GATEWAY.unary(status, GetSystemStatusRequest(), metadata=cloud.operator_metadata)
    services = {service.name: service for service in answer.services}
    assert list(services) == ["gateway", "relation-radar", "share-registry", "app-download"]
    assert [name for name, service in services.items() if not service.HasField("status")] == ["share-registry"]
    radar = services["relation-radar"].status
    assert radar.version == version("appshare")
    assert radar.ended_calls > 0
    assert min(radar.memory_bytes, radar.store_bytes, radar.start_time.seconds) > 0
    assert "downloads" in {figure.name for figure in radar.figures}
