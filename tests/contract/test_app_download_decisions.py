"""What the operator decides about packages, asked of AppDownload over a real connection."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import grpc
import pytest
from tests.contract.test_app_download_servicer import (
    CHAT,
    PHONE,
    SERVICE,
    changed,
    ingest,
    ingest_samples,
    match,
    settings,
)
from tests.unit.app_download.test_package_signature_blocks import Key, signed, signer

from appshare import errors
from appshare.app_download import adaptation_table
from appshare.app_download.__main__ import running
from appshare.v1 import adaptation_pb2, fit_pb2
from appshare.v1 import app_download_pb2 as pb
from appshare.v1.adaptation_pb2 import ROW_EFFECT_DENY, ROW_EFFECT_FORCE, ROW_EFFECT_PREFER
from appshare.v1.app_download_pb2_grpc import AppDownloadServiceStub
from appshare.v1.device_pb2 import PLATFORM_IOS, DeviceProfile

pytestmark = pytest.mark.usefixtures("fresh_store")

Rows = list[adaptation_pb2.OperatorRow]

MAIL = "org.appshare.sample.mail"


@pytest.fixture
async def stub(tmp_path: Path) -> AsyncIterator[AppDownloadServiceStub]:
    async with serving(tmp_path) as opened:
        yield opened


class serving:  # noqa: N801  # used as a context manager
    """AppDownload with its data in a folder and some of its settings."""

    def __init__(self, data: Path, **changes: Any) -> None:
        self._running = running(settings(data).model_copy(update=changes))

    async def __aenter__(self) -> AppDownloadServiceStub:
        addresses = await self._running.__aenter__()
        self._channel = grpc.aio.insecure_channel(str(addresses["listen"]))
        return AppDownloadServiceStub(self._channel)

    async def __aexit__(self, *failure: Any) -> None:
        await self._channel.close()
        await self._running.__aexit__(*failure)


def debug_signed(path: Path) -> bytes:
    """The package as somebody would sign it while developing."""
    with ZipFile(path) as source, ZipFile(package := io.BytesIO(), "w") as archive:
        for name in source.namelist():
            if not name.startswith("META-INF/"):
                archive.writestr(name, source.read(name))
    content = package.getvalue()
    return signed(content, v2=[signer(content, Key("Android Debug"))])


async def test_a_debug_certificate_is_refused_unless_the_operator_takes_it(samples: Path, tmp_path: Path) -> None:
    content = debug_signed(samples / "mail-1.0.apk")
    async with serving(tmp_path) as stub:
        with pytest.raises(errors.InvalidArgumentError, match="APPSHARE_REFUSE_DEBUG_CERTIFICATE=false") as refusal:
            await ingest(stub, "mail.apk", content)
        assert refusal.value.reason is errors.Reason.PACKAGE_DEBUG_CERTIFICATE
        assert not (await SERVICE.unary(stub.ListCatalogue, pb.ListCatalogueRequest())).packages
        assert not (await SERVICE.unary(stub.ReadSignerPins, pb.ReadSignerPinsRequest())).pins
    async with serving(tmp_path, refuse_debug_certificate=False) as stub:
        added = await ingest(stub, "mail.apk", content)
        assert added.package.debug_certificate


async def test_the_other_policies_are_settings_too(samples: Path, tmp_path: Path) -> None:
    async with serving(tmp_path, refuse_32_bit_only=True, lowest_target_sdk=34) as stub:
        for name, reason in (
            ("chat-2.0-armeabi-v7a.apk", errors.Reason.PACKAGE_TARGET_SDK_TOO_LOW),
            ("mail-1.0.apk", errors.Reason.PACKAGE_TARGET_SDK_TOO_LOW),
        ):
            with pytest.raises(errors.InvalidArgumentError) as refusal:
                await ingest(stub, name, (samples / name).read_bytes())
            assert refusal.value.reason is reason
    async with serving(tmp_path, refuse_32_bit_only=True) as stub:
        both = "chat-2.0-arm64-v8a.apk", "chat-2.0-armeabi-v7a.apk"
        with pytest.raises(errors.InvalidArgumentError) as refusal:
            await ingest(stub, both[1], (samples / both[1]).read_bytes())
        assert refusal.value.reason is errors.Reason.PACKAGE_32_BIT_ONLY
        for name in both:
            await ingest(stub, name, (samples / name).read_bytes())


async def test_the_first_package_pins_its_signer(
    stub: AppDownloadServiceStub, samples: Path, sample_truth: dict[str, Any]
) -> None:
    await ingest_samples(stub, samples, "chat-1.0.apk")
    await ingest_samples(stub, samples, "mail-1.0.apk")
    first = await SERVICE.unary(stub.ReadSignerPins, pb.ReadSignerPinsRequest(page_size=1))
    second = await SERVICE.unary(stub.ReadSignerPins, pb.ReadSignerPinsRequest(page_token=first.next_page_token))
    pins = [*first.pins, *second.pins]
    signer_sha256 = sample_truth["chat-1.0.apk"]["signer_sha256"]
    assert [(pin.package_name, pin.signer_sha256, pin.by_operator) for pin in pins] == [
        (CHAT, signer_sha256, False),
        (MAIL, signer_sha256, False),
    ]
    assert not second.next_page_token


async def test_an_app_is_pinned_before_its_first_package(
    stub: AppDownloadServiceStub, samples: Path, sample_truth: dict[str, Any]
) -> None:
    foreign = sample_truth["chat-4.0-other-signer.apk"]["signer_sha256"]
    await SERVICE.unary(stub.WriteSignerPin, pb.WriteSignerPinRequest(package_name=CHAT, signer_sha256=foreign.upper()))
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await ingest_samples(stub, samples, "chat-1.0.apk")
    assert refusal.value.metadata["pinned_sha256"] == foreign
    await ingest_samples(stub, samples, "chat-4.0-other-signer.apk")


async def test_packages_of_others_fit_nobody_once_an_app_is_pinned(stub: AppDownloadServiceStub, samples: Path) -> None:
    await ingest_samples(stub, samples, "chat-1.0.apk")
    request = pb.WriteSignerPinRequest(package_name=CHAT, signer_sha256="ab" * 32)
    assert (await SERVICE.unary(stub.WriteSignerPin, request)).packages_not_accepted == 1
    [reason] = (await match(stub, CHAT, PHONE)).no_fit.reasons
    assert (reason.kind, list(reason.device_has)) == (fit_pb2.NO_FIT_KIND_SIGNER_CHANGED, ["ab" * 32])
    await SERVICE.unary(stub.DeleteSignerPin, pb.DeleteSignerPinRequest(package_name=CHAT))
    assert (await match(stub, CHAT, PHONE)).HasField("fit")


async def test_a_pin_is_confirmed_without_a_digest(
    stub: AppDownloadServiceStub, samples: Path, sample_truth: dict[str, Any]
) -> None:
    for call in (
        SERVICE.unary(stub.WriteSignerPin, pb.WriteSignerPinRequest(package_name=CHAT)),
        SERVICE.unary(stub.DeleteSignerPin, pb.DeleteSignerPinRequest(package_name=CHAT)),
    ):
        with pytest.raises(errors.NotFoundError) as refusal:
            await call
        assert refusal.value.reason is errors.Reason.SIGNER_NOT_PINNED
    await ingest_samples(stub, samples, "chat-1.0.apk")
    pinned = await SERVICE.unary(stub.WriteSignerPin, pb.WriteSignerPinRequest(package_name=CHAT))
    assert pinned.pin.by_operator
    assert pinned.pin.signer_sha256 == sample_truth["chat-1.0.apk"]["signer_sha256"]
    assert "signer as pinned" in (await match(stub, CHAT, PHONE)).fit.explanation


@pytest.mark.parametrize("signer_sha256", ["x", "ab" * 31, "ab" * 32 + ",", ",".join(f"{n:064x}" for n in range(11))])
async def test_only_digests_are_signers(stub: AppDownloadServiceStub, signer_sha256: str) -> None:
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        request = pb.WriteSignerPinRequest(package_name=CHAT, signer_sha256=signer_sha256)
        await SERVICE.unary(stub.WriteSignerPin, request)
    assert refusal.value.field == "signer_sha256"


async def test_versions_below_the_lowest_are_refused_and_not_offered(
    stub: AppDownloadServiceStub, samples: Path
) -> None:
    await ingest_samples(stub, samples, "chat-2.0-arm64*")
    floor = pb.WriteVersionFloorRequest(package_name=CHAT, version_code=201)
    assert (await SERVICE.unary(stub.WriteVersionFloor, floor)).packages_below == 1
    [reason] = (await match(stub, CHAT, PHONE)).no_fit.reasons
    assert reason.kind == fit_pb2.NO_FIT_KIND_MIN_VERSION
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await ingest_samples(stub, samples, "chat-1.0.apk")
    assert refusal.value.reason is errors.Reason.PACKAGE_VERSION_TOO_LOW
    listed = await SERVICE.unary(stub.ReadVersionFloors, pb.ReadVersionFloorsRequest())
    assert [(each.package_name, each.version_code) for each in listed.floors] == [(CHAT, 201)]
    await SERVICE.unary(stub.WriteVersionFloor, pb.WriteVersionFloorRequest(package_name=CHAT))
    assert (await match(stub, CHAT, PHONE)).fit.version_code == 200


async def test_a_version_code_has_63_bits(stub: AppDownloadServiceStub) -> None:
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        request = pb.WriteVersionFloorRequest(package_name=CHAT, version_code=2**63)
        await SERVICE.unary(stub.WriteVersionFloor, request)
    assert refusal.value.field == "version_code"


async def insert(stub: AppDownloadServiceStub, effect: Any, **what: Any) -> adaptation_pb2.OperatorRow:
    row = adaptation_pb2.OperatorRow(**{"package_name": CHAT, "effect": effect, **what})
    return (await SERVICE.unary(stub.InsertOperatorRow, pb.InsertOperatorRowRequest(row=row))).row


async def rows_of(stub: AppDownloadServiceStub, size: int = 1) -> Rows:
    rows: Rows = []
    token = ""
    while True:
        page = await SERVICE.unary(stub.ReadOperatorRows, pb.ReadOperatorRowsRequest(page_size=size, page_token=token))
        rows += page.rows
        if not (token := page.next_page_token):
            return rows


def on(**conditions: Any) -> adaptation_pb2.DeviceCondition:
    return adaptation_pb2.DeviceCondition(**conditions)


async def test_rows_decide_in_their_order_and_say_so(stub: AppDownloadServiceStub, samples: Path) -> None:
    ids = await ingest_samples(stub, samples, "chat-[123]*.apk")
    pixel = changed(PHONE, model="Pixel 8")
    assert (await match(stub, CHAT, pixel)).fit.version_code == 300
    denied = await insert(stub, ROW_EFFECT_DENY, version_code=300, devices=on(model="pixel*"))
    assert (await match(stub, CHAT, pixel)).fit.version_code == 200
    assert (await match(stub, CHAT, PHONE)).fit.version_code == 300
    preferred = await insert(stub, ROW_EFFECT_PREFER, package_id=ids["chat-1.0.apk"], devices=on(model="Pixel 8"))
    fit = (await match(stub, CHAT, pixel)).fit
    assert (fit.version_code, fit.explanation[0]) == (100, "row 2 of the operator prefers it: model Pixel 8")
    everything = await insert(stub, ROW_EFFECT_DENY, devices=on(manufacturer="Google"))
    google = changed(pixel, manufacturer="google")
    assert (await match(stub, CHAT, google)).fit.version_code == 100
    moved = pb.PlaceOperatorRowRequest(row_id=preferred.row_id, position=3)
    assert (await SERVICE.unary(stub.PlaceOperatorRow, moved)).row.position == 3
    assert [row.row_id for row in await rows_of(stub)] == [denied.row_id, everything.row_id, preferred.row_id]
    no_fit = (await match(stub, CHAT, google)).no_fit
    assert no_fit.reasons[0].kind == fit_pb2.NO_FIT_KIND_DENIED
    assert list(no_fit.reasons[0].packages_want) == ["row 1: model pixel*", "row 2: manufacturer Google"]
    await SERVICE.unary(stub.DeleteOperatorRow, pb.DeleteOperatorRowRequest(row_id=everything.row_id))
    assert [(row.row_id, row.position) for row in await rows_of(stub)] == [
        (denied.row_id, 1),
        (preferred.row_id, 2),
    ]


async def test_force_gives_what_the_rules_of_fit_leave_out(stub: AppDownloadServiceStub, samples: Path) -> None:
    await ingest_samples(stub, samples, "mail-1.0.apk")
    assert (await match(stub, MAIL, PHONE)).no_fit.reasons[0].kind == fit_pb2.NO_FIT_KIND_MAX_SDK
    await insert(stub, ROW_EFFECT_FORCE, package_name=MAIL, devices=on(sdk={"lowest": 34, "highest": 34}))
    assert (await match(stub, MAIL, PHONE)).fit.version_code == 10
    assert (await match(stub, MAIL, changed(PHONE, os_version="15"))).HasField("no_fit")


async def test_a_row_comes_back_as_it_was_added(stub: AppDownloadServiceStub, samples: Path) -> None:
    await ingest_samples(stub, samples, "chat-1.0.apk")
    devices = on(
        manufacturer="Samsung",
        model="SM-*",
        sdk={"lowest": 21, "highest": 28},
        density={"lowest": 160},
        short_side={"highest": 720},
        long_side={"lowest": 1, "highest": 1280},
        abis=["x86", "x86_64"],
    )
    added = await insert(stub, ROW_EFFECT_FORCE, version_code=100, devices=devices)
    [listed] = await rows_of(stub)
    assert (listed, listed.devices, listed.version_code) == (added, devices, 100)
    assert (listed.position, listed.idle) == (1, "")


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"effect": 0}, "row.effect"),
        ({"package_name": ""}, "row.package_name"),
        ({"version_code": 2**63}, "row.version_code"),
        ({"devices": on(model="x" * 101)}, "row.devices.model"),
        ({"devices": on(manufacturer="a\nb")}, "row.devices.manufacturer"),
        ({"devices": on(sdk={"lowest": 29, "highest": 28})}, "row.devices.sdk"),
        ({"devices": on(sdk={"lowest": 10_001})}, "row.devices.sdk"),
        ({"devices": on(density={"highest": 0xFFFE})}, "row.devices.density"),
        ({"devices": on(short_side={"lowest": 0x10000})}, "row.devices.short_side"),
        ({"devices": on(short_side={"lowest": 5}, long_side={"highest": 4})}, "row.devices.short_side"),
        ({"devices": on(abis=["arm64"])}, "row.devices.abis"),
    ],
)
async def test_a_row_that_no_device_can_meet_is_refused(
    stub: AppDownloadServiceStub, row: dict[str, Any], field: str
) -> None:
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await insert(stub, row.pop("effect", ROW_EFFECT_DENY), **row)
    assert refusal.value.field == field
    assert await rows_of(stub) == []


async def test_a_row_about_nothing_that_is_there_is_refused(stub: AppDownloadServiceStub, samples: Path) -> None:
    await ingest_samples(stub, samples, "chat-1.0.apk")
    for row in ({"package_name": "org.example.unknown"}, {"version_code": 7}, {"package_id": "0" * 64}):
        with pytest.raises(errors.NotFoundError) as refusal:
            await insert(stub, ROW_EFFECT_DENY, **row)
        assert refusal.value.reason is errors.Reason.PACKAGE_NOT_FOUND


async def test_a_row_that_would_decide_nothing_is_refused_where_it_would_stand(
    stub: AppDownloadServiceStub, samples: Path
) -> None:
    await ingest_samples(stub, samples, "chat-1.0.apk")
    broad = await insert(stub, ROW_EFFECT_DENY, devices=on(model="SM-*"))
    with pytest.raises(errors.InvalidArgumentError, match="row 1 is about all its builds") as refusal:
        await insert(stub, ROW_EFFECT_PREFER, devices=on(model="SM-G970"))
    assert refusal.value.reason is errors.Reason.OPERATOR_ROW_IDLE
    narrow = await insert(stub, ROW_EFFECT_PREFER, devices=on(model="SM-G970"), position=1)
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await SERVICE.unary(stub.PlaceOperatorRow, pb.PlaceOperatorRowRequest(row_id=narrow.row_id, position=2))
    assert refusal.value.reason is errors.Reason.OPERATOR_ROW_IDLE
    assert [row.row_id for row in await rows_of(stub)] == [narrow.row_id, broad.row_id]


async def test_a_row_whose_package_is_gone_says_so(stub: AppDownloadServiceStub, samples: Path) -> None:
    ids = await ingest_samples(stub, samples, "chat-1.0.apk")
    await insert(stub, ROW_EFFECT_DENY, package_id=ids["chat-1.0.apk"])
    await SERVICE.unary(stub.DeleteFromCatalogue, pb.DeleteFromCatalogueRequest(package_id=ids["chat-1.0.apk"]))
    [row] = await rows_of(stub)
    assert row.idle == "the catalogue has no build that it is about"


async def test_a_row_has_a_place_among_the_others(stub: AppDownloadServiceStub, samples: Path) -> None:
    await ingest_samples(stub, samples, "chat-1.0.apk")
    row = await insert(stub, ROW_EFFECT_DENY)
    for call in (
        SERVICE.unary(stub.PlaceOperatorRow, pb.PlaceOperatorRowRequest(row_id=row.row_id, position=0)),
        SERVICE.unary(stub.PlaceOperatorRow, pb.PlaceOperatorRowRequest(row_id=row.row_id, position=2)),
        insert(stub, ROW_EFFECT_DENY, position=3),
    ):
        with pytest.raises(errors.InvalidArgumentError) as refusal:
            await call
        assert refusal.value.field == "position"


async def test_a_row_that_is_not_there_is_neither_moved_nor_removed(stub: AppDownloadServiceStub) -> None:
    for call in (
        SERVICE.unary(stub.PlaceOperatorRow, pb.PlaceOperatorRowRequest(row_id="x", position=1)),
        SERVICE.unary(stub.DeleteOperatorRow, pb.DeleteOperatorRowRequest(row_id="x")),
    ):
        with pytest.raises(errors.NotFoundError) as refusal:
            await call
        assert refusal.value.reason is errors.Reason.OPERATOR_ROW_NOT_FOUND


async def test_an_app_has_so_many_rows_and_no_more(
    stub: AppDownloadServiceStub, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adaptation_table, "ROWS_PER_APP", 3)
    await ingest_samples(stub, samples, "chat-1.0.apk")
    for number in range(3):
        await insert(stub, ROW_EFFECT_DENY, devices=on(model=f"model {number}"))
    with pytest.raises(errors.ResourceExhaustedError) as refusal:
        await insert(stub, ROW_EFFECT_DENY, devices=on(model="one more"))
    assert refusal.value.reason is errors.Reason.LIMIT_EXCEEDED
    assert len(await rows_of(stub, size=2)) == 3


@pytest.mark.parametrize("token", ["x", "WzFd", "bm8="])
async def test_a_foreign_page_token_is_refused(stub: AppDownloadServiceStub, token: str) -> None:
    for call in (
        SERVICE.unary(stub.ReadSignerPins, pb.ReadSignerPinsRequest(page_token=token)),
        SERVICE.unary(stub.ReadVersionFloors, pb.ReadVersionFloorsRequest(page_token=token)),
        SERVICE.unary(stub.ReadOperatorRows, pb.ReadOperatorRowsRequest(page_token=token)),
    ):
        with pytest.raises(errors.InvalidArgumentError) as refusal:
            await call
        assert refusal.value.reason is errors.Reason.INVALID_PAGE_TOKEN


async def test_a_restart_forgets_no_decision(samples: Path, tmp_path: Path) -> None:
    async with serving(tmp_path) as stub:
        await ingest_samples(stub, samples, "chat-[12]*.apk")
        await insert(stub, ROW_EFFECT_PREFER, version_code=100)
        await SERVICE.unary(stub.WriteSignerPin, pb.WriteSignerPinRequest(package_name=CHAT))
    async with serving(tmp_path) as stub:
        fit = (await match(stub, CHAT, PHONE)).fit
        assert fit.version_code == 100
        assert (await SERVICE.unary(stub.ReadSignerPins, pb.ReadSignerPinsRequest())).pins[0].by_operator
        await SERVICE.unary(stub.WriteVersionFloor, pb.WriteVersionFloorRequest(package_name=CHAT, version_code=200))
    async with serving(tmp_path) as stub:
        assert (await match(stub, CHAT, PHONE)).fit.version_code == 200
        [row] = await rows_of(stub)
        assert row.idle == "its builds are below version code 200, the lowest that you allow"


async def test_an_iphone_gets_the_link_of_an_app_that_the_catalogue_does_not_have(stub: AppDownloadServiceStub) -> None:
    url = "https://apps.apple.com/app/id1"
    await SERVICE.unary(stub.WriteAppStoreLink, pb.WriteAppStoreLinkRequest(package_name=CHAT, url=url))
    iphone = DeviceProfile(platform=PLATFORM_IOS, os_version="18.1")
    assert (await match(stub, CHAT, iphone)).app_store_link.url == url
    assert (await match(stub, CHAT, PHONE)).no_fit.reasons[0].kind == fit_pb2.NO_FIT_KIND_NOT_IN_CATALOGUE
