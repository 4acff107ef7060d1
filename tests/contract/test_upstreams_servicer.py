"""Upstreams over real connections: a repository that fdroidserver has made, served by HTTP, asked for by gRPC."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from threading import Event
from typing import Any

import grpc
import pytest
from tests.support.uploads import upload
from tests.support.upstream import (
    LONG,
    NOTES,
    OWNER,
    SOMEBODY_ELSE,
    Repository,
    UpstreamServer,
    signed_jar,
)

from appshare import errors
from appshare.app_download.__main__ import running
from appshare.app_download.settings import DownloadSettings
from appshare.app_download.upstreams import web
from appshare.app_download.upstreams.fetched_file import HELD_BACK
from appshare.rpc.address import Address
from appshare.rpc.call import Callee
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import catalogue_pb2, fit_pb2, upstream_pb2
from appshare.v1.app_download_pb2_grpc import AppDownloadServiceStub
from appshare.v1.device_pb2 import PLATFORM_ANDROID, DeviceProfile
from appshare.v1.error_reason_pb2 import ErrorReason

pytestmark = pytest.mark.usefixtures("fresh_store")

SERVICE = Callee("AppDownload")
OLD_PHONE = DeviceProfile(platform=PLATFORM_ANDROID, sdk_version=24, supported_abis=["armeabi-v7a"])
NEW_PHONE = DeviceProfile(platform=PLATFORM_ANDROID, sdk_version=34, supported_abis=["arm64-v8a"])
ANCIENT_PHONE = DeviceProfile(platform=PLATFORM_ANDROID, sdk_version=10)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "PAUSE", 0.0)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture
def server(repository: Repository) -> Iterator[UpstreamServer]:
    with UpstreamServer(repository.folder).running() as server:
        yield server


@pytest.fixture
async def stub(tmp_path: Path) -> AsyncIterator[AppDownloadServiceStub]:
    settings = DownloadSettings(data=tmp_path, listen=Address("127.0.0.1", 0), chunk_kib=16, upstream_refresh_minutes=0)
    async with (
        running(settings) as addresses,
        grpc.aio.insecure_channel(str(addresses["listen"])) as channel,
    ):
        yield AppDownloadServiceStub(channel)


async def add(stub: AppDownloadServiceStub, server: UpstreamServer, **changes: Any) -> upstream_pb2.UpstreamState:
    facts = {"name": "sample", "address": server.address, "fingerprint": OWNER.fingerprint} | changes
    request = upstream_pb2.RegisterUpstreamRequest(upstream=upstream_pb2.Upstream(**facts))
    messages = [message async for message in SERVICE.stream(stub.RegisterUpstream, request)]
    return messages[-1].state


async def refresh(stub: AppDownloadServiceStub, name: str = "sample") -> upstream_pb2.FetchUpstreamResponse:
    request = upstream_pb2.FetchUpstreamRequest(name=name)
    return [message async for message in SERVICE.stream(stub.FetchUpstream, request)][-1]


async def state(stub: AppDownloadServiceStub) -> upstream_pb2.UpstreamState:
    [only] = (await SERVICE.unary(stub.ReadUpstreams, upstream_pb2.ReadUpstreamsRequest())).upstreams
    return only


async def match(stub: AppDownloadServiceStub, profile: DeviceProfile, app: str = NOTES) -> fit_pb2.FitAnswer:
    return (await SERVICE.unary(stub.Match, pb.MatchRequest(package_name=app, profile=profile))).answer


async def download(
    stub: AppDownloadServiceStub, profile: DeviceProfile = OLD_PHONE, resume: tuple[str, int] | None = None
) -> tuple[fit_pb2.Fit, bytes]:
    """The fit and the bytes; an error has what had come before as `received`."""
    positions = [fit_pb2.FilePosition(sha256=resume[0], offset=resume[1])] if resume else []
    request = pb.DownloadRequest(package_name=NOTES, profile=profile, resume=positions)
    fit, content = fit_pb2.Fit(), b""
    try:
        async for message in SERVICE.stream(stub.Download, request):
            if message.HasField("answer"):
                fit = message.answer.fit
            content += message.chunk.data
    except errors.AppShareError as error:
        error.received = content  # type: ignore[attr-defined]  # for the tests' eyes only
        raise
    return fit, content


async def catalogue(stub: AppDownloadServiceStub) -> list[catalogue_pb2.CataloguePackage]:
    return list((await SERVICE.unary(stub.ListCatalogue, pb.ListCatalogueRequest())).packages)


def leftovers(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "app-download" / "packages").rglob("*") if path.is_file()]


async def test_an_upstream_is_read_when_it_is_added(stub: AppDownloadServiceStub, server: UpstreamServer) -> None:
    added = await add(stub, server)
    assert added == await state(stub)
    assert (added.app_count, added.version_count, added.skipped_version_count) == (1, 3, 0)
    assert added.upstream.address == server.address
    assert added.HasField("index_time")
    assert (added.failure_count, added.failure) == (0, ErrorReason.ERROR_REASON_UNSPECIFIED)


async def test_what_is_sent_tells_nothing_of_anybody(stub: AppDownloadServiceStub, server: UpstreamServer) -> None:
    server.answers["entry.jar"] = (200, {"Set-Cookie": "who=me"})
    with pytest.raises(errors.DataLossError):
        await add(stub, server)
    server.answers.clear()
    await add(stub, server)
    await download(stub)
    expected = {"Host": server.address.split("/")[2], "User-Agent": "AppShare", "Accept": "*/*"}
    expected |= {"Accept-Encoding": "identity", "Connection": "keep-alive"}
    assert all(headers == expected for _, headers in server.asked)


async def test_a_name_is_given_once(stub: AppDownloadServiceStub, server: UpstreamServer) -> None:
    await add(stub, server)
    with pytest.raises(errors.AlreadyExistsError) as refusal:
        await add(stub, server, fingerprint=SOMEBODY_ELSE.fingerprint)
    assert refusal.value.reason is errors.Reason.UPSTREAM_EXISTS
    assert (await state(stub)).upstream.fingerprint == OWNER.fingerprint


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("upstream.name", {"name": "Sample"}),
        ("upstream.fingerprint", {"fingerprint": "AB" * 32}),
        ("upstream.address", {"address": "ftp://example.org/repo"}),
        ("upstream.address", {"address": "http://example.org/repo"}),
        ("upstream.address", {"address": "https://user@example.org/repo"}),
        ("upstream.mirrors[0]", {"mirrors": ["http://example.org/repo"]}),
        ("upstream.mirrors", {"mirrors": ["https://example.org/repo"] * 11}),
    ],
)
async def test_a_wrong_field_is_named(
    stub: AppDownloadServiceStub, server: UpstreamServer, field: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await add(stub, server, **changes)
    assert refusal.value.field == field


async def test_an_upstream_that_cannot_be_read_is_not_added(
    stub: AppDownloadServiceStub, server: UpstreamServer, tmp_path: Path
) -> None:
    with pytest.raises(errors.DataLossError) as refusal:
        await add(stub, server, fingerprint=SOMEBODY_ELSE.fingerprint)
    assert refusal.value.reason is errors.Reason.UPSTREAM_SIGNER_MISMATCH
    assert not (await SERVICE.unary(stub.ReadUpstreams, upstream_pb2.ReadUpstreamsRequest())).upstreams
    assert leftovers(tmp_path) == []


async def test_an_upstream_that_is_gone_is_told_apart(stub: AppDownloadServiceStub, server: UpstreamServer) -> None:
    server.answers["entry.jar"] = (503, {})
    with pytest.raises(errors.UnavailableError) as refusal:
        await add(stub, server)
    assert refusal.value.reason is errors.Reason.UPSTREAM_UNREACHABLE
    assert "503" in refusal.value.message


@pytest.mark.parametrize("act", ["FetchUpstream", "DeleteUpstream"])
async def test_an_unknown_upstream_is_not_found(stub: AppDownloadServiceStub, act: str) -> None:
    with pytest.raises(errors.NotFoundError) as refusal:
        if act == "FetchUpstream":
            await refresh(stub, "nobody")
        else:
            await SERVICE.unary(stub.DeleteUpstream, upstream_pb2.DeleteUpstreamRequest(name="nobody"))
    assert refusal.value.reason is errors.Reason.UPSTREAM_NOT_FOUND


async def test_what_has_not_changed_is_not_sent_again(stub: AppDownloadServiceStub, server: UpstreamServer) -> None:
    await add(stub, server)
    assert not (await refresh(stub)).changed
    assert server.requests_for("index-v2.json") == 1
    assert "If-None-Match" in server.asked[-1][1]


async def test_an_index_that_is_signed_again_unchanged_is_not_sent_again(
    stub: AppDownloadServiceStub, server: UpstreamServer, repository: Repository
) -> None:
    repository.publish()
    await add(stub, server)
    repository.publish()
    assert not (await refresh(stub)).changed
    assert server.requests_for("index-v2.json") == 1


async def test_what_has_changed_is_found(
    stub: AppDownloadServiceStub, server: UpstreamServer, repository: Repository
) -> None:
    await add(stub, server)
    for sha256 in [key for key, each in repository.versions.items() if each["manifest"]["versionCode"] == 200]:
        del repository.versions[sha256]
    repository.publish()
    refreshed = await refresh(stub)
    assert refreshed.changed
    assert (refreshed.state.app_count, refreshed.state.version_count) == (1, 1)
    assert (await match(stub, NEW_PHONE)).fit.version_code == 100


def rolled_back(repository: Repository) -> None:
    repository.index["more"] = True
    repository.publish(later=-1)


def another_index(repository: Repository) -> None:
    repository.index["more"] = True
    repository.publish()
    content = (repository.folder / "index-v2.json").read_bytes()
    (repository.folder / "index-v2.json").write_bytes(content.replace(b"Notes", b"Nodes"))


def a_longer_index(repository: Repository) -> None:
    repository.index["more"] = True
    repository.publish()
    with (repository.folder / "index-v2.json").open("ab") as file:
        file.write(b" ")


def no_index(repository: Repository) -> None:
    content = b'{"packages": {"org.example'
    repository.publish(sha256=hashlib.sha256(content).hexdigest(), size=len(content))
    (repository.folder / "index-v2.json").write_bytes(content)


def a_huge_index(repository: Repository) -> None:
    repository.publish(sha256="b" * 64, size=1 << 40)


def of_another_signer(repository: Repository) -> None:
    repository.publish(signers=[SOMEBODY_ELSE])


def with_two_entries(repository: Repository) -> None:
    repository.write_entry(signed_jar({"entry.json": b"{}", "more.json": b"{}"}))


TAMPERINGS = {
    rolled_back: (errors.Reason.UPSTREAM_ROLLED_BACK, ""),
    another_index: (errors.Reason.UPSTREAM_INDEX_MISMATCH, ""),
    a_longer_index: (errors.Reason.UPSTREAM_INDEX_MISMATCH, ""),
    no_index: (errors.Reason.UPSTREAM_INDEX_MALFORMED, "MALFORMED_INDEX"),
    a_huge_index: (errors.Reason.UPSTREAM_TOO_LARGE, ""),
    of_another_signer: (errors.Reason.UPSTREAM_SIGNER_MISMATCH, "OTHER_SIGNER"),
    with_two_entries: (errors.Reason.UPSTREAM_ENTRY_INVALID, "OTHER_ENTRIES"),
}


@pytest.mark.parametrize("tamper", TAMPERINGS)
async def test_after_a_tampering_the_index_in_use_stays(
    stub: AppDownloadServiceStub, server: UpstreamServer, repository: Repository, tmp_path: Path, tamper: Any
) -> None:
    before = await add(stub, server)
    tamper(repository)
    with pytest.raises(errors.DataLossError) as refusal:
        await refresh(stub)
    reason, detail = TAMPERINGS[tamper]
    assert refusal.value.reason is reason
    assert refusal.value.metadata.get("refusal", "") == detail
    after = await state(stub)
    assert (after.failure_count, after.failure) == (1, ErrorReason.Value(f"ERROR_REASON_{reason}"))
    assert after.failure_message == refusal.value.message
    assert (after.index_time, after.version_count) == (before.index_time, before.version_count)
    assert (await match(stub, NEW_PHONE)).fit.version_code == 200
    assert leftovers(tmp_path) == []


async def test_a_refresh_that_works_ends_the_failures(
    stub: AppDownloadServiceStub, server: UpstreamServer, repository: Repository
) -> None:
    await add(stub, server)
    server.answers["entry.jar"] = (500, {})
    for _ in range(2):
        with pytest.raises(errors.UnavailableError):
            await refresh(stub)
    assert (await state(stub)).failure_count == 2
    server.answers.clear()
    await refresh(stub)
    assert (await state(stub)).failure_count == 0


async def test_a_mirror_stands_in(stub: AppDownloadServiceStub, server: UpstreamServer, repository: Repository) -> None:
    with UpstreamServer(repository.folder).running() as mirror:
        server.answers = {name: (404, {}) for name in ("entry.jar", "index-v2.json", LONG)}
        await add(stub, server, mirrors=[mirror.address])
        _, content = await download(stub)
    assert content == (repository.folder / LONG).read_bytes()
    assert mirror.requests_for(LONG) == server.requests_for(LONG) == 1


async def test_a_redirection_is_followed_on_the_same_host_only(
    stub: AppDownloadServiceStub, server: UpstreamServer, repository: Repository
) -> None:
    with UpstreamServer(repository.folder).running() as elsewhere:
        server.answers["entry.jar"] = (302, {"Location": f"{elsewhere.address}/entry.jar"})
        with pytest.raises(errors.UnavailableError, match="redirects"):
            await add(stub, server)
        assert elsewhere.asked == []
    (repository.folder / "moved.jar").write_bytes((repository.folder / "entry.jar").read_bytes())
    server.answers["entry.jar"] = (302, {"Location": "moved.jar"})
    assert (await add(stub, server)).app_count == 1


async def test_on_a_miss_the_upstream_is_searched(stub: AppDownloadServiceStub, server: UpstreamServer) -> None:
    await add(stub, server)
    for profile, code, name in ((OLD_PHONE, 100, LONG), (NEW_PHONE, 200, "notes-2.0-arm64-v8a.apk")):
        fit = (await match(stub, profile)).fit
        assert (fit.version_code, fit.upstream, fit.files[0].name) == (code, "sample", name)
        assert fit.explanation[-1] == "from the upstream sample"
    assert server.requests_for(LONG) == 0


async def test_what_no_build_of_an_upstream_fits_is_told_why(
    stub: AppDownloadServiceStub, server: UpstreamServer
) -> None:
    await add(stub, server)
    answer = await match(stub, ANCIENT_PHONE)
    assert fit_pb2.NO_FIT_KIND_MIN_SDK in [reason.kind for reason in answer.no_fit.reasons]
    nothing = await match(stub, NEW_PHONE, "org.example.nothing")
    assert [reason.kind for reason in nothing.no_fit.reasons] == [fit_pb2.NO_FIT_KIND_NOT_IN_CATALOGUE]


async def test_what_was_fetched_is_in_the_catalogue(
    stub: AppDownloadServiceStub, server: UpstreamServer, repository: Repository
) -> None:
    await add(stub, server)
    fit, content = await download(stub)
    assert content == (repository.folder / LONG).read_bytes()
    assert fit.upstream == "sample"
    [package] = await catalogue(stub)
    assert (package.package_name, package.version_code, package.package_id) == (NOTES, 100, fit.files[0].sha256)
    again, content_again = await download(stub)
    assert again.upstream == ""
    assert content_again == content
    assert server.requests_for(LONG) == 1


async def test_a_signer_that_the_catalogue_has_pinned_counts(
    stub: AppDownloadServiceStub, server: UpstreamServer, repository: Repository
) -> None:
    for version in repository.versions.values():
        if version["manifest"]["versionCode"] == 200:
            version["manifest"]["signer"] = {"sha256": [SOMEBODY_ELSE.fingerprint]}
    repository.publish()
    await add(stub, server)
    await download(stub)
    assert (await match(stub, NEW_PHONE)).fit.version_code == 100
    newest = DeviceProfile(platform=PLATFORM_ANDROID, sdk_version=34, supported_abis=["x86_64"])
    assert (await match(stub, newest)).fit.upstream == ""


async def test_it_is_streamed_while_it_comes_in_but_for_the_end(
    stub: AppDownloadServiceStub, server: UpstreamServer, repository: Repository
) -> None:
    await add(stub, server)
    content = (repository.folder / LONG).read_bytes()
    gate = Event()
    server.gates[LONG] = (len(content) - 1, gate)
    request = pb.DownloadRequest(package_name=NOTES, profile=OLD_PHONE)
    received = b""
    async with aclosing(SERVICE.stream(stub.Download, request)) as messages:
        async for message in messages:
            received += message.chunk.data
            if len(received) == len(content) - HELD_BACK:
                assert await catalogue(stub) == []
                gate.set()
    assert received == content


async def test_however_many_ask_it_is_fetched_once(
    stub: AppDownloadServiceStub, server: UpstreamServer, repository: Repository
) -> None:
    await add(stub, server)
    content = (repository.folder / LONG).read_bytes()
    gate = Event()
    server.gates[LONG] = (50_000, gate)
    waiting = [asyncio.ensure_future(download(stub)) for _ in range(8)]
    digest = hashlib.sha256(content).hexdigest()
    late = asyncio.ensure_future(download(stub, resume=(digest, 100_000)))
    leaving = asyncio.ensure_future(download(stub))
    await asyncio.to_thread(server.wait_for, LONG)
    leaving.cancel()
    gate.set()
    assert [found for _, found in await asyncio.gather(*waiting)] == [content] * 8
    assert (await late)[1] == content[100_000:]
    assert server.requests_for(LONG) == 1


async def test_when_all_have_left_it_is_fetched_all_the_same(
    stub: AppDownloadServiceStub, server: UpstreamServer
) -> None:
    await add(stub, server)
    gate = Event()
    server.gates[LONG] = (50_000, gate)
    request = pb.DownloadRequest(package_name=NOTES, profile=OLD_PHONE)
    async with aclosing(SERVICE.stream(stub.Download, request)) as messages:
        async for message in messages:
            if message.chunk.data:
                break
    gate.set()
    assert (await download(stub))[1] == (server.folder / LONG).read_bytes()
    assert server.requests_for(LONG) == 1


@pytest.mark.parametrize("ranges", [True, False], ids=["with ranges", "without ranges"])
async def test_a_fetch_goes_on_where_it_was_cut_off(
    stub: AppDownloadServiceStub, server: UpstreamServer, repository: Repository, *, ranges: bool
) -> None:
    await add(stub, server)
    server.ranges = ranges
    server.cuts[LONG] = [40_000, 50_000, 60_000]
    _, content = await download(stub)
    assert content == (repository.folder / LONG).read_bytes()
    starts = [headers.get("Range") for path, headers in server.asked if path.endswith(LONG)]
    assert len(starts) == 4
    assert starts[0] is None
    assert None not in starts[1:]


async def test_an_upstream_that_is_gone_is_told_to_who_waits(
    stub: AppDownloadServiceStub, server: UpstreamServer, tmp_path: Path
) -> None:
    await add(stub, server)
    server.answers[LONG] = (500, {})
    with pytest.raises(errors.UnavailableError) as refusal:
        await download(stub)
    assert refusal.value.reason is errors.Reason.UPSTREAM_UNREACHABLE
    assert leftovers(tmp_path) == []
    server.answers.clear()
    assert (await download(stub))[1]


def other_bytes(repository: Repository, samples: Path) -> None:
    path = repository.folder / LONG
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)


def more_bytes(repository: Repository, samples: Path) -> None:
    path = repository.folder / LONG
    path.write_bytes(path.read_bytes() + b"more")


def a_broken_signature(repository: Repository, samples: Path) -> None:
    content = bytearray((repository.folder / LONG).read_bytes())
    content[100_000] ^= 1
    repository.change_file(LONG, bytes(content))


def another_app(repository: Repository, samples: Path) -> None:
    repository.change_file(LONG, (samples / "browser-1.0.apk").read_bytes())


def another_version(repository: Repository, samples: Path) -> None:
    content = (repository.folder / LONG).read_bytes()
    repository.change_file(LONG, content)
    repository.versions[hashlib.sha256(content).hexdigest()]["manifest"]["versionCode"] = 150


def another_package_signer(repository: Repository, samples: Path) -> None:
    for version in repository.versions.values():
        version["manifest"]["signer"] = {"sha256": [SOMEBODY_ELSE.fingerprint]}
    repository.index["packages"][NOTES]["metadata"]["preferredSigner"] = SOMEBODY_ELSE.fingerprint


PACKAGE_TAMPERINGS = {
    other_bytes: "SHA256",
    more_bytes: "SIZE",
    a_broken_signature: "SIGNATURE_INVALID",
    another_app: "PACKAGE_NAME",
    another_version: "VERSION_CODE",
    another_package_signer: "SIGNER",
}


@pytest.mark.parametrize("tamper", PACKAGE_TAMPERINGS)
async def test_a_package_that_is_not_as_listed_reaches_nobody_whole_and_is_not_kept(
    stub: AppDownloadServiceStub,
    server: UpstreamServer,
    repository: Repository,
    samples: Path,
    tmp_path: Path,
    tamper: Any,
) -> None:
    tamper(repository, samples)
    repository.publish()
    await add(stub, server)
    size = (await match(stub, OLD_PHONE)).fit.files[0].size
    waiting = [download(stub), download(stub)]
    for refusal in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(refusal, errors.DataLossError)
        assert refusal.reason is errors.Reason.UPSTREAM_PACKAGE_MISMATCH
        assert refusal.metadata["refusal"] == PACKAGE_TAMPERINGS[tamper]
        assert len(refusal.received) <= size - HELD_BACK  # type: ignore[attr-defined]  # see download
    assert await catalogue(stub) == []
    assert leftovers(tmp_path) == []


async def test_betas_and_unsafe_builds_are_left_out(
    stub: AppDownloadServiceStub, server: UpstreamServer, repository: Repository
) -> None:
    beta, unsafe = (each for each in repository.versions.values() if each["manifest"]["versionCode"] == 200)
    beta["releaseChannels"] = ["Beta"]
    unsafe["antiFeatures"] = {"KnownVuln": {}}
    repository.publish()
    added = await add(stub, server)
    assert (added.version_count, added.skipped_version_count) == (1, 2)


async def test_apps_are_found_by_name_in_the_catalogue_and_in_upstreams(
    stub: AppDownloadServiceStub, server: UpstreamServer
) -> None:
    await add(stub, server)
    await download(stub)
    found = await SERVICE.unary(stub.FindApps, upstream_pb2.FindAppsRequest(text="NOTES sample"))
    assert [(app.package_name, app.version_code, app.upstream) for app in found.apps] == [
        (NOTES, 100, ""),
        (NOTES, 200, "sample"),
    ]
    assert found.apps[1].label == "Sample Notes"
    first = await SERVICE.unary(stub.FindApps, upstream_pb2.FindAppsRequest(text="notes", page_size=1))
    assert (len(first.apps), first.truncated) == (1, True)
    assert not (await SERVICE.unary(stub.FindApps, upstream_pb2.FindAppsRequest(text="sample nodes"))).apps


async def test_what_is_kept_is_told_until_an_operator_adds_it(
    stub: AppDownloadServiceStub, server: UpstreamServer, repository: Repository
) -> None:
    async def kept() -> upstream_pb2.KeptPackages:
        return (await SERVICE.unary(stub.ReadUpstreams, upstream_pb2.ReadUpstreamsRequest())).kept

    await add(stub, server)
    _, content = await download(stub)
    told = await kept()
    assert (told.package_count, told.total_size, told.size_limit) == (1, len(content), 20 << 30)
    again = await SERVICE.upload(stub.Ingest, upload({LONG: (repository.folder / LONG).read_bytes()}))
    assert again.already_present
    assert (await kept()).package_count == 0


async def test_an_upstream_that_is_removed_offers_nothing_and_leaves_what_came_from_it(
    stub: AppDownloadServiceStub, server: UpstreamServer
) -> None:
    await add(stub, server)
    await download(stub)
    await SERVICE.unary(stub.DeleteUpstream, upstream_pb2.DeleteUpstreamRequest(name="sample"))
    assert len(await catalogue(stub)) == 1
    found = await SERVICE.unary(stub.FindApps, upstream_pb2.FindAppsRequest(text="notes"))
    assert [app.upstream for app in found.apps] == [""]


async def test_what_the_index_says_of_the_repository_itself_is_not_followed(
    stub: AppDownloadServiceStub, server: UpstreamServer, repository: Repository
) -> None:
    with UpstreamServer(repository.folder).running() as elsewhere:
        repository.index["repo"]["mirrors"] = [{"url": elsewhere.address}]
        repository.publish()
        await add(stub, server)
        server.answers[LONG] = (404, {})
        with pytest.raises(errors.UnavailableError):
            await download(stub)
        assert elsewhere.asked == []


def test_the_sample_repository_is_what_its_index_says(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    for version in json.loads((repository.folder / "index-v2.json").read_bytes())["packages"][NOTES][
        "versions"
    ].values():
        content = (repository.folder / version["file"]["name"].removeprefix("/")).read_bytes()
        assert hashlib.sha256(content).hexdigest() == version["file"]["sha256"]
