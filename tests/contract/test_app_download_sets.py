"""Split sets through AppDownload: added, read, matched and downloaded over a real connection."""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.app_download import SERVICE, add, assert_nothing_is_left, download, refusal, serving, stored
from tests.support.uploads import unzipped, upload, zipped

from appshare import errors
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import catalogue_pb2, fit_pb2
from appshare.v1.app_download_pb2_grpc import AppDownloadServiceStub
from appshare.v1.device_pb2 import PLATFORM_ANDROID, DeviceProfile

pytestmark = pytest.mark.usefixtures("fresh_store")

NOTES = "org.appshare.sample.notes"
SETS = Path(__file__).parents[1] / "packages" / "sets"
OTHERS = Path(__file__).parents[3] / "shared" / "data" / "apks"
APKS = (SETS / "notes-1.0.apks").read_bytes()
HELD = {path.name: path.read_bytes() for path in sorted((SETS / "notes-2.0-held").iterdir())}
PIXEL = DeviceProfile(
    platform=PLATFORM_ANDROID,
    sdk_version=30,
    supported_abis=["arm64-v8a", "armeabi-v7a"],
    screen_density=480,
    supported_locales=["de-DE"],
    model="Pixel 8",
)


@pytest.fixture
async def stub(tmp_path: Path) -> AsyncIterator[AppDownloadServiceStub]:
    async with serving(tmp_path) as opened:
        yield opened


def profile_of(spec: dict[str, Any]) -> DeviceProfile:
    """A device as bundletool's JSON describes it."""
    return DeviceProfile(
        platform=PLATFORM_ANDROID,
        sdk_version=spec["sdkVersion"],
        supported_abis=spec["supportedAbis"],
        supported_locales=spec["supportedLocales"],
        screen_density=spec["screenDensity"],
        device_features=spec.get("deviceFeatures", ()),
    )


def kinds(package: catalogue_pb2.CataloguePackage) -> str:
    return catalogue_pb2.PackageKind.Name(package.kind).removeprefix("PACKAGE_KIND_")


async def test_a_set_with_a_table_of_contents_is_read_when_it_is_added(stub: AppDownloadServiceStub) -> None:
    package = await add(stub, {"notes.apks": APKS})
    entries = unzipped(APKS)
    assert package.package_id == hashlib.sha256(APKS).hexdigest()
    assert (package.package_name, package.version_name, package.version_code) == (NOTES, "1.0", 10)
    assert (kinds(package), list(package.modules), package.device_model) == ("SPLIT_SET", ["base", "scanner"], "")
    assert (package.min_sdk, package.target_sdk) == (21, 34)
    assert list(package.abis) == ["arm64-v8a", "armeabi-v7a", "x86_64"]
    assert {f"splits/{file.name}": file.sha256 for file in package.files} == {
        name: hashlib.sha256(content).hexdigest() for name, content in entries.items() if name != "toc.pb"
    }
    row = (await SERVICE.unary(stub.ListAdaptationRows, pb.ListAdaptationRowsRequest())).rows[0]
    assert (row.min_sdk, list(row.abis)) == (21, list(package.abis))


async def test_every_device_gets_the_files_that_bundletool_gives_it(stub: AppDownloadServiceStub) -> None:
    await add(stub, {"notes.apks": APKS})
    for truth in json.loads((SETS / "notes-1.0.json").read_text()):
        files = await download(stub, NOTES, profile_of(truth["spec"]), truth["modules"])
        assert sorted(files) == truth["files"], truth
        assert all(unzipped(APKS)[f"splits/{name}"] == content for name, content in files.items())


def of_others() -> list[Any]:
    if not OTHERS.is_dir():
        return [pytest.param({}, {}, marks=pytest.mark.skip("the sets of others are not here: ../shared/data/apks"))]
    truth = json.loads((OTHERS / "manifest.json").read_text())["split_sets"]
    sets = [each for each in truth["sets"] if "bundletool_1.18.0_extract_apks" in each]
    return [pytest.param(each, truth["device_specs"], id=Path(each["file"]).name) for each in sets]


REFUSED_BY_ANDROID = {("splitsets/ck.apks", "c_x86_64_sdk34_640_zh")}
"""Its target SDK is below what Android 14 installs, which bundletool does not look at."""


@pytest.mark.parametrize(("others", "specs"), of_others())
async def test_every_device_gets_of_the_sets_of_others_what_bundletool_gives_it(
    stub: AppDownloadServiceStub, others: dict[str, Any], specs: dict[str, Any]
) -> None:
    package = await add(stub, {"others.apks": (OTHERS / others["file"]).read_bytes()})
    for name, truth in others["bundletool_1.18.0_extract_apks"].items():
        files = await download(stub, package.package_name, profile_of(specs[name]))
        if (others["file"], name) in REFUSED_BY_ANDROID:
            assert not files
            continue
        assert sorted(files) == truth.get("apks", []), name
        assert sum(map(len, files.values())) == truth.get("bytes", 0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.xapk", {"manifest.json": b"{}", "icon.png": b"", **HELD}),
        ("notes.apkm", {"info.json": b"not looked at", **HELD}),
        ("notes.zip", {f"a folder/{name}": each for name, each in HELD.items()} | {"__MACOSX/._base.apk": b"?"}),
    ],
)
async def test_the_splits_of_a_phone_come_in_archives_of_several_kinds(
    stub: AppDownloadServiceStub, name: str, content: dict[str, bytes]
) -> None:
    package = await add(stub, {name: zipped(content)}, device_model="Pixel 8")
    assert (kinds(package), list(package.modules), package.device_model) == ("HELD_SET", ["base", "scanner"], "Pixel 8")
    assert await download(stub, NOTES, PIXEL) == HELD


async def test_splits_that_are_announced_together_are_one_package(stub: AppDownloadServiceStub) -> None:
    package = await add(stub, HELD, "Pixel 8")
    digests = sorted(hashlib.sha256(content).hexdigest() for content in HELD.values())
    lines = "".join(f"{digest}\n" for digest in digests)
    assert package.package_id == hashlib.sha256(lines.encode()).hexdigest()
    assert (kinds(package), package.device_model) == ("HELD_SET", "Pixel 8")
    files = await download(stub, NOTES, PIXEL)
    assert files == HELD
    assert next(iter(files)) == "base.apk"


async def test_the_same_splits_are_the_same_package_under_any_names(stub: AppDownloadServiceStub) -> None:
    package = await add(stub, HELD)
    renamed = {f"{number}.apk": content for number, content in enumerate(reversed(HELD.values()))}
    again = await SERVICE.upload(stub.Ingest, upload(renamed))
    assert again.already_present
    assert again.package == package


async def test_a_part_of_several_packages_is_stored_once_and_goes_with_the_last_one(
    stub: AppDownloadServiceStub, tmp_path: Path
) -> None:
    loose = await add(stub, HELD)
    archived = await add(stub, {"notes.xapk": zipped(HELD)})
    assert loose.package_id != archived.package_id
    assert stored(tmp_path) == {hashlib.sha256(content).hexdigest(): len(content) for content in HELD.values()}
    await SERVICE.unary(stub.DeleteFromCatalogue, pb.DeleteFromCatalogueRequest(package_id=loose.package_id))
    assert await download(stub, NOTES, PIXEL) == HELD
    await SERVICE.unary(stub.DeleteFromCatalogue, pb.DeleteFromCatalogueRequest(package_id=archived.package_id))
    await assert_nothing_is_left(stub, tmp_path)


async def test_a_set_is_the_same_after_a_restart(tmp_path: Path) -> None:
    packages = []
    for start in range(2):
        async with serving(tmp_path) as stub:
            if start == 0:
                await add(stub, {"notes.apks": APKS})
            packages += (await SERVICE.unary(stub.ListCatalogue, pb.ListCatalogueRequest())).packages
            assert len(await download(stub, NOTES, PIXEL)) == 3
    assert packages[0] == packages[1]


async def test_a_download_of_a_set_resumes_in_every_file(stub: AppDownloadServiceStub) -> None:
    package = await add(stub, HELD)
    resume = [fit_pb2.FilePosition(sha256=file.sha256, offset=1000) for file in package.files]
    request = pb.DownloadRequest(package_name=NOTES, profile=PIXEL, resume=resume)
    first, *rest = [message async for message in SERVICE.stream(stub.Download, request)]
    names = [file.name for file in first.answer.fit.files]
    assert {names[each.chunk.file_index]: each.chunk.data for each in rest} == {
        name: content[1000:] for name, content in HELD.items()
    }


async def test_a_module_that_the_app_has_not_is_named(stub: AppDownloadServiceStub) -> None:
    await add(stub, {"notes.apks": APKS})
    request = pb.MatchRequest(package_name=NOTES, profile=PIXEL, modules=["camera"])
    [reason] = (await SERVICE.unary(stub.Match, request)).answer.no_fit.reasons
    assert (reason.kind, list(reason.packages_want)) == (fit_pb2.NO_FIT_KIND_MODULE, ["camera"])


@pytest.mark.parametrize(
    ("modules", "field"), [([""], "modules[0]"), (["a", "x" * 256], "modules[1]"), (["m"] * 101, "modules")]
)
async def test_modules_are_checked(stub: AppDownloadServiceStub, modules: list[str], field: str) -> None:
    with pytest.raises(errors.InvalidArgumentError) as refused:
        await SERVICE.unary(stub.Match, pb.MatchRequest(package_name=NOTES, profile=PIXEL, modules=modules))
    assert (refused.value.reason, refused.value.field) == (errors.Reason.INVALID_FIELD, field)


def held(*names: str) -> dict[str, bytes]:
    return {name: HELD[name] for name in names}


def sample(name: str) -> bytes:
    return (SETS.parent / name).read_bytes()


SPLITS = unzipped(APKS)
FOREIGN = (SETS / "notes-2.0-other-signer.config.de.apk").read_bytes()
REFUSED_TOGETHER = {
    "a split alone": (held("split_config.de.apk"), errors.Reason.PACKAGE_INCOMPLETE),
    "a base alone": (held("base.apk"), errors.Reason.PACKAGE_INCOMPLETE),
    "splits without their base": (held("split_config.de.apk", "split_scanner.apk"), errors.Reason.PACKAGE_INCOMPLETE),
    "a base without what it requires": (held("base.apk", "split_config.de.apk"), errors.Reason.PACKAGE_INCOMPLETE),
    "a split of another version": (
        {**HELD, "split_config.zh.apk": SPLITS["splits/base-zh.apk"]},
        errors.Reason.PACKAGE_PARTS_DIFFER,
    ),
    "a split of another signer": ({**HELD, "split_config.de.apk": FOREIGN}, errors.Reason.PACKAGE_PARTS_DIFFER),
    "another app": ({**HELD, "chat.apk": sample("chat-1.0.apk")}, errors.Reason.PACKAGE_PARTS_DIFFER),
    "a split twice": ({**HELD, "again.apk": HELD["split_config.de.apk"]}, errors.Reason.PACKAGE_PARTS_DIFFER),
    "two whole packages": (
        {abi: sample(f"chat-2.0-{abi}.apk") for abi in ("x86_64", "arm64-v8a")},
        errors.Reason.PACKAGE_PARTS_DIFFER,
    ),
    "a file that is no package": ({**HELD, "icon.png": b"PNG"}, errors.Reason.PACKAGE_NOT_AN_APK),
    "a set among splits": ({**HELD, "notes.apks": APKS}, errors.Reason.PACKAGE_NOT_AN_APK),
}


@pytest.mark.parametrize(("files", "reason"), REFUSED_TOGETHER.values(), ids=REFUSED_TOGETHER)
async def test_files_that_are_no_whole_package_are_refused(
    stub: AppDownloadServiceStub, tmp_path: Path, files: dict[str, bytes], reason: errors.Reason
) -> None:
    assert (await refusal(stub, files)).reason is reason
    await assert_nothing_is_left(stub, tmp_path)


async def test_a_split_that_comes_alone_says_what_to_do(stub: AppDownloadServiceStub) -> None:
    refused = await refusal(stub, held("split_config.de.apk"))
    assert refused.message == (
        "the file is only the split 'config.de' of a package; add it together with its base and other splits"
    )
