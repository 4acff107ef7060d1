"""The apps of `index-v2.json`, one after the other: the file is tens of megabytes, and never in memory as a whole.

https://f-droid.org/docs/All_our_APIs/; the fields are those that fdroidserver writes.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import ijson

from appshare.app_download.model import Artifact, PackageManifest
from appshare.app_download.upstreams.index_reading.entry import PATH
from appshare.app_download.upstreams.index_reading.limits import IndexLimits
from appshare.app_download.upstreams.index_reading.refusal import IndexFault, IndexRefused
from appshare.app_download.upstreams.model import ListedApp, ListedVersion

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PACKAGE_NAME = re.compile(r"(?=.{1,223}\Z)[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+")
_LANGUAGE = "en-US"
_LONGEST_TEXT = 200
_LONGEST_WORDS = 4000
_LONGEST_LIST = 100
_LONGEST_PATH = 255
_HIGHEST_SDK = 10_000
_HIGHEST = (1 << 63) - 1
_VULNERABLE = "KnownVuln"


def read_index(index: BinaryIO, limits: IndexLimits) -> Iterator[tuple[ListedApp, int]]:
    """The apps with at least one build that a phone can be given, each with how many of its builds are left out.

    Raises:
        IndexRefused: the file is no index, or goes beyond the limits.
    """
    seen: set[str] = set()
    try:
        for name, package in ijson.kvitems(index, "packages", use_float=True):
            if name in seen:
                raise _malformed("an app is in the index twice")
            seen.add(name)
            if len(seen) > limits.packages:
                raise IndexRefused(IndexFault.TOO_LARGE, f"the index has more than {limits.packages} apps")
            yield _app(name, package, limits)
    except (ijson.JSONError, UnicodeDecodeError, OverflowError):
        raise _malformed("the index is no JSON") from None


def _app(name: str, package: Any, limits: IndexLimits) -> tuple[ListedApp, int]:
    listed = _object(_object(package).get("versions"))
    if len(listed) > limits.versions:
        raise IndexRefused(IndexFault.TOO_LARGE, f"an app of the index has more than {limits.versions} versions")
    versions = tuple(filter(None, (_version(name, version) for version in listed.values())))
    metadata = _object(_object(package).get("metadata"))
    told = [*_object(metadata.get("name")).values(), *_object(metadata.get("summary")).values()]
    names = [text for text in told if isinstance(text, str)]
    label = _localized(metadata.get("name"))
    words = " ".join(dict.fromkeys(text.casefold() for text in (name, *names)))[:_LONGEST_WORDS]
    signer = metadata.get("preferredSigner")
    preferred = signer if isinstance(signer, str) and _SHA256.fullmatch(signer) else ""
    return ListedApp(name, label, words, preferred, versions), len(listed) - len(versions)


def _version(package_name: str, version: Any) -> ListedVersion | None:
    """A build that phones can be given; None: a beta, one known to be unsafe, no package, or not fully described."""
    if _object(version).get("releaseChannels") or _VULNERABLE in _object(_object(version).get("antiFeatures")):
        return None
    file = _object(_object(version).get("file"))
    path, sha256, size = file.get("name"), file.get("sha256"), _number(file.get("size"), _HIGHEST)
    if not (isinstance(path, str) and PATH.fullmatch(path) and path.endswith(".apk") and len(path) <= _LONGEST_PATH):
        return None
    manifest = _manifest(package_name, _object(_object(version).get("manifest")))
    if manifest is None or not size or not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
        return None
    file_name = path.rpartition("/")[2]
    return ListedVersion(
        path.removeprefix("/"), Artifact(sha256=sha256, size=size, file_name=file_name, manifest=manifest)
    )


def _manifest(package_name: str, manifest: Mapping[str, Any]) -> PackageManifest | None:
    version_code = _number(manifest.get("versionCode"), _HIGHEST)
    signers = _texts(_object(manifest.get("signer")).get("sha256"))
    if version_code is None or not signers or not all(map(_SHA256.fullmatch, signers)):
        return None
    if not _PACKAGE_NAME.fullmatch(package_name):
        return None
    sdks = _object(manifest.get("usesSdk"))
    min_sdk = _number(sdks.get("minSdkVersion"), _HIGHEST_SDK) or 1
    features = manifest.get("features")
    names = [_object(each).get("name") for each in features] if isinstance(features, list) else []
    return PackageManifest(
        package_name=package_name,
        version_code=version_code,
        version_name=_text(manifest.get("versionName")),
        min_sdk=min_sdk,
        target_sdk=_number(sdks.get("targetSdkVersion"), _HIGHEST_SDK) or min_sdk,
        max_sdk=_number(manifest.get("maxSdkVersion"), _HIGHEST_SDK) or None,
        abis=_texts(manifest.get("nativecode")),
        required_features=_texts(names),
        signer_sha256=",".join(sorted(signers)),
    )


def _localized(texts: Any) -> str:
    """In English, else in the first language that there is."""
    by_language = _object(texts)
    return _text(by_language.get(_LANGUAGE) or next(iter(by_language.values()), ""))


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""


def _texts(values: Any) -> tuple[str, ...]:
    listed = values if isinstance(values, list) else []
    return tuple(value[:_LONGEST_TEXT] for value in listed[:_LONGEST_LIST] if isinstance(value, str))


def _number(value: Any, highest: int) -> int | None:
    """None: not a number between 0 and the highest."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= highest:
        return None
    return value


def _malformed(message: str) -> IndexRefused:
    return IndexRefused(IndexFault.MALFORMED_INDEX, message)
