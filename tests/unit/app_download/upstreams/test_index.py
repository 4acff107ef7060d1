"""What is read of an index, and that nothing in it can do more than be left out or refused."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.upstream import NOTES, REPOSITORY

from appshare.app_download.upstreams.index_reading.index import read_index
from appshare.app_download.upstreams.index_reading.limits import IndexLimits
from appshare.app_download.upstreams.index_reading.refusal import IndexFault, IndexRefused
from appshare.app_download.upstreams.model import ListedApp

SHA256 = "a" * 64
VERSION: dict[str, Any] = {
    "file": {"name": "/app.apk", "sha256": SHA256, "size": 10},
    "manifest": {
        "versionName": "1.0",
        "versionCode": 7,
        "usesSdk": {"minSdkVersion": 21, "targetSdkVersion": 34},
        "maxSdkVersion": 33,
        "nativecode": ["x86"],
        "features": [{"name": "android.hardware.nfc"}],
        "signer": {"sha256": ["b" * 64]},
    },
}

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def index_of(version: Any, name: str = "org.example.app", metadata: Any = None) -> bytes:
    return json.dumps({"packages": {name: {"metadata": metadata, "versions": {SHA256: version}}}}).encode()


def read(content: bytes, limits: IndexLimits | None = None) -> list[tuple[ListedApp, int]]:
    return list(read_index(io.BytesIO(content), limits or IndexLimits()))


def changed(path: str, value: Any) -> dict[str, Any]:
    """The version with another value at a place such as "file.size"."""
    copy: dict[str, Any] = json.loads(json.dumps(VERSION))
    *folders, last = path.split(".")
    inner = copy
    for folder in folders:
        inner = inner[folder]
    inner[last] = value
    return copy


def test_the_sample_repository_is_read() -> None:
    [(app, skipped)] = read((REPOSITORY / "index-v2.json").read_bytes())
    assert (app.package_name, app.label, skipped) == (NOTES, "Sample Notes", 0)
    assert sorted(version.path for version in app.versions) == [
        "notes-1.0.apk",
        "notes-2.0-arm64-v8a.apk",
        "notes-2.0-x86_64.apk",
    ]
    assert {version.artifact.manifest.signer_sha256 for version in app.versions} == {app.preferred_signer}


def test_every_fact_that_decides_is_read() -> None:
    [(app, _)] = read(index_of(VERSION))
    [version] = app.versions
    manifest = version.artifact.manifest
    assert (version.path, version.artifact.size, version.artifact.file_name) == ("app.apk", 10, "app.apk")
    assert (manifest.version_code, manifest.version_name) == (7, "1.0")
    assert (manifest.min_sdk, manifest.target_sdk, manifest.max_sdk) == (21, 34, 33)
    assert (manifest.abis, manifest.required_features) == (("x86",), ("android.hardware.nfc",))
    assert manifest.signer_sha256 == "b" * 64


def test_what_is_missing_is_as_android_has_it() -> None:
    [(app, _)] = read(index_of(changed("manifest.usesSdk", {"minSdkVersion": 19})))
    [(bare, _)] = read(
        index_of({"file": VERSION["file"], "manifest": {"versionCode": 1, "signer": {"sha256": [SHA256]}}})
    )
    assert app.versions[0].artifact.manifest.target_sdk == 19
    manifest = bare.versions[0].artifact.manifest
    assert (manifest.min_sdk, manifest.target_sdk, manifest.max_sdk, manifest.abis) == (1, 1, None, ())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("releaseChannels", ["Beta"]),
        ("antiFeatures", {"KnownVuln": {}}),
        ("file.name", "/app.zip"),
        ("file.name", "/../../etc/app.apk"),
        ("file.name", "/.hidden.apk"),
        ("file.name", "https://elsewhere.example.org/app.apk"),
        ("file.name", "/app.apk?who=me.apk"),
        ("file.name", "/" + "a" * 300 + ".apk"),
        ("file.sha256", "A" * 64),
        ("file.size", 0),
        ("file.size", "10"),
        ("manifest.versionCode", -1),
        ("manifest.versionCode", True),
        ("manifest.signer", {}),
        ("manifest.signer", {"sha256": ["b"]}),
    ],
)
def test_a_build_that_no_phone_can_be_given_is_left_out(path: str, value: Any) -> None:
    [(app, skipped)] = read(index_of(changed(path, value)))
    assert (app.versions, skipped) == ((), 1)


def test_a_build_without_a_package_name_is_left_out() -> None:
    assert read(index_of(VERSION, name="no package name"))[0][0].versions == ()


def test_an_app_is_found_by_its_names_in_all_languages() -> None:
    [(app, _)] = read(index_of(VERSION, metadata={"name": {"de": "Straße", "en-US": "Street"}}))
    assert app.label == "Street"
    assert app.words == "org.example.app strasse street"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", IndexFault.MALFORMED_INDEX),
        (b"<html>", IndexFault.MALFORMED_INDEX),
        (index_of(VERSION)[:-5], IndexFault.MALFORMED_INDEX),
        (b'{"packages": {"org.example.\xff": {}}}', IndexFault.MALFORMED_INDEX),
        (b'{"packages": {"a.b": {}, "a.b": {}}}', IndexFault.MALFORMED_INDEX),
        (b'{"packages": {"a.b": {}, "a.c": {}, "a.d": {}}}', IndexFault.TOO_LARGE),
        (b'{"packages": {"a.b": {"versions": {"1": 0, "2": 0, "3": 0}}}}', IndexFault.TOO_LARGE),
    ],
)
def test_what_is_no_index_is_refused(content: bytes, fault: IndexFault) -> None:
    with pytest.raises(IndexRefused) as refusal:
        read(content, IndexLimits(packages=2, versions=2))
    assert refusal.value.fault is fault


def test_an_index_without_packages_has_none() -> None:
    assert read(b"{}") == []


@given(
    version=JSON, metadata=JSON, place=st.sampled_from(["file", "manifest", "file.name", "manifest.signer"]), value=JSON
)
def test_whatever_stands_where_is_left_out_at_most(version: Any, metadata: Any, place: str, value: Any) -> None:
    assert len(read(index_of(version, metadata=metadata))) == 1
    [(app, skipped)] = read(index_of(changed(place, value), metadata=metadata))
    assert len(app.versions) + skipped == 1
