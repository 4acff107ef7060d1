"""AppDownload over a real connection: every call, and every refusal that its contract names."""

import hashlib
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from appshare import errors
from appshare.app_download.__main__ import running
from appshare.app_download.settings import DownloadSettings
from appshare.rpc.address import Address
from appshare.rpc.call import Callee
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import catalogue_pb2, fit_pb2
from appshare.v1.app_download_pb2_grpc import AppDownloadServiceStub
from appshare.v1.device_pb2 import PLATFORM_ANDROID, PLATFORM_IOS, DeviceProfile, Resolution

pytestmark = pytest.mark.usefixtures("fresh_store")

SERVICE = Callee("AppDownload")
CHAT = "org.appshare.sample.chat"
PHONE = DeviceProfile(
    platform=PLATFORM_ANDROID,
    os_version="14",
    supported_abis=["arm64-v8a", "armeabi-v7a"],
    screen_density=420,
    resolution=Resolution(width=1080, height=2400),
)


def settings(tmp_path: Path) -> DownloadSettings:
    return DownloadSettings(data=tmp_path, listen=Address("127.0.0.1", 0), max_package_mib=1, chunk_kib=64)


@pytest.fixture
async def stub(tmp_path: Path) -> AsyncIterator[AppDownloadServiceStub]:
    async with (
        running(settings(tmp_path)) as addresses,
        grpc.aio.insecure_channel(str(addresses["listen"])) as channel,
    ):
        yield AppDownloadServiceStub(channel)


async def upload(
    header: catalogue_pb2.UploadHeader, content: bytes, size: int = 10_000
) -> AsyncIterator[pb.IngestRequest]:
    yield pb.IngestRequest(header=header)
    for offset in range(0, len(content), size):
        yield pb.IngestRequest(chunk=fit_pb2.FileChunk(offset=offset, data=content[offset : offset + size]))


def announce(name: str, content: bytes, /, **changes: Any) -> catalogue_pb2.UploadHeader:
    facts = {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return catalogue_pb2.UploadHeader(files=[catalogue_pb2.UploadFile(**(facts | changes))])


async def ingest(stub: AppDownloadServiceStub, name: str, content: bytes, /, **changes: Any) -> pb.IngestResponse:
    return await SERVICE.upload(stub.Ingest, upload(announce(name, content, **changes), content))


async def ingest_samples(stub: AppDownloadServiceStub, samples: Path, pattern: str) -> dict[str, str]:
    """Adds samples; returns their package ids by file name."""
    return {
        path.name: (await ingest(stub, path.name, path.read_bytes())).package.package_id
        for path in sorted(samples.glob(pattern))
    }


async def match(stub: AppDownloadServiceStub, package_name: str, profile: DeviceProfile) -> fit_pb2.FitAnswer:
    request = pb.MatchRequest(package_name=package_name, profile=profile)
    return (await SERVICE.unary(stub.Match, request)).answer


async def download(
    stub: AppDownloadServiceStub, package_name: str, profile: DeviceProfile = PHONE, **position: Any
) -> tuple[fit_pb2.FitAnswer, list[fit_pb2.FileChunk]]:
    resume = [fit_pb2.FilePosition(**position)] if position else []
    request = pb.DownloadRequest(package_name=package_name, profile=profile, resume=resume)
    first, *rest = [message async for message in SERVICE.stream(stub.Download, request)]
    return first.answer, [message.chunk for message in rest]


def changed(profile: DeviceProfile, **changes: Any) -> DeviceProfile:
    copy = DeviceProfile()
    copy.CopyFrom(profile)
    for name, value in changes.items():
        setattr(copy, name, value)
    return copy


async def test_a_package_is_read_when_it_is_added(
    stub: AppDownloadServiceStub, samples: Path, sample_truth: dict[str, Any]
) -> None:
    content = (samples / "chat-2.0-arm64-v8a.apk").read_bytes()
    added = await ingest(stub, "chat.apk", content)
    truth = sample_truth["chat-2.0-arm64-v8a.apk"]
    package = added.package
    assert not added.already_present
    assert package.package_id == truth["sha256"]
    assert (package.package_name, package.version_code, package.version_name) == (CHAT, 200, "2.0")
    assert (package.min_sdk, package.target_sdk, package.max_sdk) == (truth["min_sdk"], truth["target_sdk"], 0)
    assert list(package.abis) == ["arm64-v8a"]
    assert package.files[0].name == "chat.apk"


async def test_a_package_that_is_there_is_stored_once(stub: AppDownloadServiceStub, samples: Path) -> None:
    content = (samples / "mail-1.0.apk").read_bytes()
    await ingest(stub, "mail.apk", content)
    again = await ingest(stub, "again.apk", content)
    assert again.already_present
    assert again.package.files[0].name == "mail.apk"


def cut_in_half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def with_bytes_in_front(content: bytes) -> bytes:
    return b"dex\n035\0" + content


async def test_a_package_of_another_signer_is_refused_with_both_digests(
    stub: AppDownloadServiceStub, samples: Path, sample_truth: dict[str, Any]
) -> None:
    ids = await ingest_samples(stub, samples, "chat-1.0.apk")
    foreign = "chat-4.0-other-signer.apk"
    content = (samples / foreign).read_bytes()
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await ingest(stub, foreign, content)
    assert refusal.value.reason is errors.Reason.PACKAGE_SIGNER_CHANGED
    assert refusal.value.metadata == {
        "signer_sha256": sample_truth[foreign]["signer_sha256"],
        "pinned_sha256": sample_truth["chat-1.0.apk"]["signer_sha256"],
    }
    await SERVICE.unary(stub.DeleteFromCatalogue, pb.DeleteFromCatalogueRequest(package_id=ids["chat-1.0.apk"]))
    with pytest.raises(errors.InvalidArgumentError):
        await ingest(stub, foreign, content)  # phones have the app still
    await SERVICE.unary(stub.DeleteSignerPin, pb.DeleteSignerPinRequest(package_name=CHAT))
    assert (await ingest(stub, foreign, content)).package.signer_sha256 == sample_truth[foreign]["signer_sha256"]


async def test_an_unsigned_package_is_refused(stub: AppDownloadServiceStub, samples: Path, tmp_path: Path) -> None:
    unsigned = tmp_path / "unsigned.apk"
    with zipfile.ZipFile(samples / "mail-1.0.apk") as signed, zipfile.ZipFile(unsigned, "w") as stripped:
        for entry in signed.infolist():
            if not entry.filename.startswith("META-INF/"):
                stripped.writestr(entry, signed.read(entry))
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await ingest(stub, "unsigned.apk", unsigned.read_bytes())
    assert refusal.value.reason is errors.Reason.PACKAGE_UNSIGNED
    await assert_nothing_stored(stub, tmp_path)


async def test_a_package_that_was_changed_after_signing_is_refused(
    stub: AppDownloadServiceStub, samples: Path, tmp_path: Path
) -> None:
    content = bytearray((samples / "browser-1.0.apk").read_bytes())
    content[100_000] ^= 1  # in the middle of the large asset
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await ingest(stub, "changed.apk", bytes(content))
    assert refusal.value.reason is errors.Reason.PACKAGE_SIGNATURE_INVALID
    await assert_nothing_stored(stub, tmp_path)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda content: b"", errors.Reason.PACKAGE_NOT_AN_APK),
        (lambda content: b"this is a text and not a package", errors.Reason.PACKAGE_NOT_AN_APK),
        (cut_in_half, errors.Reason.PACKAGE_TRUNCATED),
        (with_bytes_in_front, errors.Reason.PACKAGE_AMBIGUOUS),
        (lambda content: content + bytes(1 << 20), errors.Reason.PACKAGE_TOO_LARGE),
    ],
)
async def test_a_file_that_is_no_package_is_refused_and_not_stored(
    stub: AppDownloadServiceStub, samples: Path, tmp_path: Path, make: Any, reason: errors.Reason
) -> None:
    content = make((samples / "mail-1.0.apk").read_bytes())
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await ingest(stub, "bad.apk", content)
    assert refusal.value.reason is reason
    await assert_nothing_stored(stub, tmp_path)


async def test_a_zip_without_a_manifest_is_no_package(stub: AppDownloadServiceStub, tmp_path: Path) -> None:
    path = tmp_path / "some.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no manifest")
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await ingest(stub, "some.apk", path.read_bytes())
    assert refusal.value.reason is errors.Reason.PACKAGE_NOT_AN_APK


async def assert_nothing_stored(stub: AppDownloadServiceStub, tmp_path: Path) -> None:
    listed = await SERVICE.unary(stub.ListCatalogue, pb.ListCatalogueRequest())
    assert not listed.packages
    assert not [path for path in (tmp_path / "app-download" / "packages").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 5}, "more bytes arrived"),
        ({"size": 1_000_000}, "bytes arrived of 1000000"),
        ({"sha256": "0" * 64}, "another SHA-256"),
    ],
)
async def test_bytes_that_were_not_announced_are_refused(
    stub: AppDownloadServiceStub, samples: Path, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(errors.InvalidArgumentError, match=message) as refusal:
        await ingest(stub, "mail.apk", (samples / "mail-1.0.apk").read_bytes(), **changes)
    assert refusal.value.reason is errors.Reason.UPLOAD_MISMATCH
    await assert_nothing_stored(stub, tmp_path)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "header.files[0].name"),
        ({"name": "../mail.apk"}, "header.files[0].name"),
        ({"name": "a\\b.apk"}, "header.files[0].name"),
        ({"name": "a\nb.apk"}, "header.files[0].name"),
        ({"name": "x" * 256}, "header.files[0].name"),
        ({"sha256": "ABC"}, "header.files[0].sha256"),
    ],
)
async def test_a_header_is_checked(stub: AppDownloadServiceStub, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await ingest(stub, "mail.apk", b"", **changes)
    assert (refusal.value.reason, refusal.value.field) == (errors.Reason.INVALID_FIELD, field)


async def test_an_upload_needs_a_header_and_no_gaps(stub: AppDownloadServiceStub, samples: Path) -> None:
    content = (samples / "mail-1.0.apk").read_bytes()

    async def without_header() -> AsyncIterator[pb.IngestRequest]:
        yield pb.IngestRequest(chunk=fit_pb2.FileChunk(data=content))

    async def with_gap() -> AsyncIterator[pb.IngestRequest]:
        yield pb.IngestRequest(header=announce("mail.apk", content))
        yield pb.IngestRequest(chunk=fit_pb2.FileChunk(offset=1, data=content[1:]))

    async def empty() -> AsyncIterator[pb.IngestRequest]:
        for message in ():
            yield message

    for requests, field in ((without_header(), "header"), (with_gap(), "chunk"), (empty(), "header")):
        with pytest.raises(errors.InvalidArgumentError) as refusal:
            await SERVICE.upload(stub.Ingest, requests)
        assert refusal.value.field == field


async def test_an_upload_that_breaks_off_leaves_nothing(
    stub: AppDownloadServiceStub, samples: Path, tmp_path: Path
) -> None:
    content = (samples / "mail-1.0.apk").read_bytes()
    call = stub.Ingest()
    await call.write(pb.IngestRequest(header=announce("mail.apk", content)))
    await call.write(pb.IngestRequest(chunk=fit_pb2.FileChunk(data=content[:1000])))
    call.cancel()
    while list((tmp_path / "app-download" / "packages" / "incoming").iterdir()):
        await SERVICE.unary(stub.ListCatalogue, pb.ListCatalogueRequest())
    await assert_nothing_stored(stub, tmp_path)


async def test_the_download_is_the_file_that_fits(
    stub: AppDownloadServiceStub, samples: Path, sample_truth: dict[str, Any]
) -> None:
    await ingest_samples(stub, samples, "chat-[123]*.apk")
    answer, chunks = await download(stub, CHAT)
    file = answer.fit.files[0]
    assert file.name == "chat-3.0-arm64-v8a.apk"
    received = b"".join(chunk.data for chunk in chunks)
    assert hashlib.sha256(received).hexdigest() == file.sha256 == sample_truth[file.name]["sha256"]
    assert len(received) == file.size
    assert "ABI arm64-v8a first of 2" in list(answer.fit.explanation)


async def test_a_large_file_comes_in_chunks_with_their_offsets(stub: AppDownloadServiceStub, samples: Path) -> None:
    await ingest_samples(stub, samples, "browser-*.apk")
    _, chunks = await download(stub, "org.appshare.sample.browser")
    assert len(chunks) > 1
    assert [chunk.offset for chunk in chunks] == [64 * 1024 * index for index in range(len(chunks))]


async def test_a_download_resumes_at_the_byte(stub: AppDownloadServiceStub, samples: Path) -> None:
    ids = await ingest_samples(stub, samples, "browser-*.apk")
    content = (samples / "browser-1.0.apk").read_bytes()
    for offset in (1, 100_000, len(content)):
        _, chunks = await download(stub, "org.appshare.sample.browser", sha256=ids["browser-1.0.apk"], offset=offset)
        assert b"".join(chunk.data for chunk in chunks) == content[offset:]


async def test_a_position_in_another_file_starts_nothing(stub: AppDownloadServiceStub, samples: Path) -> None:
    await ingest_samples(stub, samples, "mail-*.apk")
    profile = changed(PHONE, os_version="13")
    _, chunks = await download(stub, "org.appshare.sample.mail", profile, sha256="f" * 64, offset=10**9)
    assert b"".join(chunk.data for chunk in chunks) == (samples / "mail-1.0.apk").read_bytes()


async def test_an_offset_beyond_the_file_is_refused(stub: AppDownloadServiceStub, samples: Path) -> None:
    ids = await ingest_samples(stub, samples, "mail-*.apk")
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await download(
            stub,
            "org.appshare.sample.mail",
            changed(PHONE, os_version="13"),
            sha256=ids["mail-1.0.apk"],
            offset=10**9,
        )
    assert refusal.value.field == "resume[0].offset"


async def test_nothing_that_fits_is_an_answer_with_reasons_and_no_bytes(
    stub: AppDownloadServiceStub, samples: Path
) -> None:
    await ingest_samples(stub, samples, "mail-*.apk")
    answer, chunks = await download(stub, "org.appshare.sample.mail")
    assert not chunks
    [reason] = answer.no_fit.reasons
    assert reason.kind == fit_pb2.NO_FIT_KIND_MAX_SDK
    assert (list(reason.device_has), list(reason.packages_want)) == (["34"], ["33"])
    assert reason.message == "made for Android up to 13; you have 14"


async def test_an_app_that_is_not_there_is_an_answer_too(stub: AppDownloadServiceStub) -> None:
    answer = await match(stub, "org.example.unknown", PHONE)
    assert [reason.kind for reason in answer.no_fit.reasons] == [fit_pb2.NO_FIT_KIND_NOT_IN_CATALOGUE]


async def test_an_iphone_gets_the_app_store_link(stub: AppDownloadServiceStub, samples: Path) -> None:
    iphone = DeviceProfile(platform=PLATFORM_IOS, os_version="18.1", model="iPhone17,1")
    unknown = await match(stub, CHAT, iphone)
    assert unknown.no_fit.reasons[0].kind == fit_pb2.NO_FIT_KIND_NOT_IN_CATALOGUE
    await ingest_samples(stub, samples, "chat-1*.apk")
    only_android = await match(stub, CHAT, iphone)
    assert only_android.no_fit.reasons[0].kind == fit_pb2.NO_FIT_KIND_PLATFORM
    link = pb.WriteAppStoreLinkRequest(package_name=CHAT, url="https://apps.example.com/chat")
    await SERVICE.unary(stub.WriteAppStoreLink, link)
    assert (await match(stub, CHAT, iphone)).app_store_link.url == "https://apps.example.com/chat"


@pytest.mark.parametrize(
    "url",
    [
        "http://apps.example.com",
        "javascript:alert(1)",
        "https://",
        "https://[",
        "x",
        "https://apps.apple.com@example.org/app",
        "https://apps.example.com/a b",
        "https://apps.example.com/a\nb",
        "https://apps.example.com/" + "a" * 2048,
    ],
)
async def test_only_an_https_address_is_a_link(stub: AppDownloadServiceStub, url: str) -> None:
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await SERVICE.unary(stub.WriteAppStoreLink, pb.WriteAppStoreLinkRequest(package_name=CHAT, url=url))
    assert refusal.value.field == "url"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"platform": 0}, "profile.platform"),
        ({"os_version": ""}, "profile.sdk_version"),
        ({"os_version": "fourteen"}, "profile.os_version"),
        ({"sdk_version": 4_000_000_000}, "profile.sdk_version"),
        ({"screen_density": 4_294_967_295}, "profile.screen_density"),
    ],
)
async def test_a_profile_that_no_device_has_is_refused(
    stub: AppDownloadServiceStub, changes: dict[str, Any], field: str
) -> None:
    profile = changed(PHONE, **changes)
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await match(stub, CHAT, profile)
    assert (refusal.value.reason, refusal.value.field) == (errors.Reason.INVALID_DEVICE_PROFILE, field)
    with pytest.raises(errors.InvalidArgumentError):
        await download(stub, CHAT, profile)


async def test_an_app_must_be_named(stub: AppDownloadServiceStub) -> None:
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await match(stub, "", PHONE)
    assert refusal.value.field == "package_name"


async def test_lists_come_in_pages(stub: AppDownloadServiceStub, samples: Path) -> None:
    await ingest_samples(stub, samples, "chat-[123]*.apk")
    versions, token = [], ""
    while True:
        request = pb.ListCatalogueRequest(page_size=2, page_token=token)
        page = await SERVICE.unary(stub.ListCatalogue, request)
        assert len(page.packages) <= 2
        versions += [package.version_code for package in page.packages]
        if not (token := page.next_page_token):
            break
    assert versions == [300, 300, 200, 200, 200, 100]


@pytest.mark.parametrize("token", ["x", "WzFd", "bm8="])
async def test_a_foreign_page_token_is_refused(stub: AppDownloadServiceStub, token: str) -> None:
    for call in (
        SERVICE.unary(stub.ListCatalogue, pb.ListCatalogueRequest(page_token=token)),
        SERVICE.unary(stub.ListAdaptationRows, pb.ListAdaptationRowsRequest(page_token=token)),
    ):
        with pytest.raises(errors.InvalidArgumentError) as refusal:
            await call
        assert refusal.value.reason is errors.Reason.INVALID_PAGE_TOKEN


async def test_the_adaptation_table_has_a_row_per_package(stub: AppDownloadServiceStub, samples: Path) -> None:
    await ingest_samples(stub, samples, "*-1.0*.apk")
    mail = await SERVICE.unary(
        stub.ListAdaptationRows, pb.ListAdaptationRowsRequest(package_name="org.appshare.sample.mail")
    )
    [row] = mail.rows
    assert (row.min_sdk, row.max_sdk, list(row.screens), list(row.abis)) == (23, 33, [], [])
    assert list(row.file_names) == ["mail-1.0.apk"]
    maps = await SERVICE.unary(
        stub.ListAdaptationRows, pb.ListAdaptationRowsRequest(package_name="org.appshare.sample.maps")
    )
    assert len(maps.rows) == 3
    assert all("normal 240 dpi" in row.screens for row in maps.rows if "hdpi" in row.file_names[0].split("-")[2][:4])


async def test_a_removed_package_is_gone_and_a_running_download_completes(
    stub: AppDownloadServiceStub, samples: Path
) -> None:
    ids = await ingest_samples(stub, samples, "browser-*.apk")
    request = pb.DownloadRequest(package_name="org.appshare.sample.browser", profile=PHONE)
    received = b""
    async for message in SERVICE.stream(stub.Download, request):
        received += message.chunk.data
        if message.HasField("chunk") and message.chunk.offset == 0:
            delete = pb.DeleteFromCatalogueRequest(package_id=ids["browser-1.0.apk"])
            await SERVICE.unary(stub.DeleteFromCatalogue, delete)
    assert received == (samples / "browser-1.0.apk").read_bytes()
    answer = await match(stub, "org.appshare.sample.browser", PHONE)
    assert answer.HasField("no_fit")
    with pytest.raises(errors.NotFoundError) as refusal:
        await SERVICE.unary(stub.DeleteFromCatalogue, pb.DeleteFromCatalogueRequest(package_id="0" * 64))
    assert refusal.value.reason is errors.Reason.PACKAGE_NOT_FOUND


async def test_a_damaged_file_is_data_loss(stub: AppDownloadServiceStub, samples: Path, tmp_path: Path) -> None:
    ids = await ingest_samples(stub, samples, "browser-*.apk")
    sha256 = ids["browser-1.0.apk"]
    (tmp_path / "app-download" / "packages" / sha256[:2] / sha256).unlink()
    with pytest.raises(errors.DataLossError):
        await download(stub, "org.appshare.sample.browser")


async def test_a_restart_loses_nothing(samples: Path, tmp_path: Path) -> None:
    for _start in range(2):
        async with (
            running(settings(tmp_path)) as addresses,
            grpc.aio.insecure_channel(str(addresses["listen"])) as channel,
        ):
            stub = AppDownloadServiceStub(channel)
            await ingest_samples(stub, samples, "mail-*.apk")
    async with (
        running(settings(tmp_path)) as addresses,
        grpc.aio.insecure_channel(str(addresses["listen"])) as channel,
    ):
        _, chunks = await download(
            AppDownloadServiceStub(channel), "org.appshare.sample.mail", changed(PHONE, os_version="13")
        )
    assert b"".join(chunk.data for chunk in chunks) == (samples / "mail-1.0.apk").read_bytes()
