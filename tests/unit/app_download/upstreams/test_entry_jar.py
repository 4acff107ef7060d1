"""What `entry.jar` has to be: every way of tampering with it is refused for its own reason."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest
from tests.support.upstream import OWNER, REPOSITORY, SOMEBODY_ELSE, signed_jar

from appshare.app_download.upstreams.index_reading.entry import read_entry
from appshare.app_download.upstreams.index_reading.entry_jar import verified_entry
from appshare.app_download.upstreams.index_reading.refusal import IndexFault, IndexRefused

ENTRY = (REPOSITORY / "entry.jar").read_bytes()
CONTENT = {"entry.json": b"{}"}
INDEX: Mapping[str, Any] = {"name": "/index-v2.json", "sha256": "a" * 64, "size": 5}
DOCUMENT: Mapping[str, Any] = {"timestamp": 1, "version": 20002, "index": INDEX}


def verify(jar: bytes, fingerprint: str = OWNER.fingerprint, limit: int = 10_000) -> bytes:
    return verified_entry(io.BytesIO(jar), fingerprint, limit)


def rewritten(jar: bytes, **changes: bytes | None) -> bytes:
    """The JAR with other contents of entries, by the last part of their names without dots; None: without the entry."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(jar)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            key = name.rpartition("/")[2].replace(".", "_")
            content = changes.get(key, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return changed.getvalue()


def test_an_entry_that_fdroidserver_has_signed_is_read() -> None:
    index = (REPOSITORY / "index-v2.json").read_bytes()
    entry = read_entry(verify(ENTRY))
    assert (entry.index_path, entry.index_size) == ("index-v2.json", len(index))
    assert entry.timestamp == json.loads(index)["repo"]["timestamp"]


def test_the_jars_that_the_tests_sign_are_as_good() -> None:
    assert verify(signed_jar(CONTENT)) == b"{}"


TAMPERED = {
    "not a ZIP": (b"no archive", IndexFault.NOT_A_JAR),
    "cut off": (ENTRY[:-100], IndexFault.NOT_A_JAR),
    "not signed": (rewritten(ENTRY, REPOSITO_RSA=None), IndexFault.UNSIGNED),
    "no manifest": (rewritten(ENTRY, MANIFEST_MF=None), IndexFault.UNSIGNED),
    "another entry": (rewritten(ENTRY, entry_json=b'{"timestamp": 1}'), IndexFault.SIGNATURE_INVALID),
    "another manifest": (rewritten(ENTRY, MANIFEST_MF=b"Manifest-Version: 1.0\n\n"), IndexFault.SIGNATURE_INVALID),
    "another signature": (rewritten(ENTRY, REPOSITO_RSA=b"0\x00"), IndexFault.SIGNATURE_INVALID),
    "somebody else": (signed_jar(CONTENT, [SOMEBODY_ELSE]), IndexFault.OTHER_SIGNER),
    "two who sign together": (signed_jar(CONTENT, [OWNER, SOMEBODY_ELSE]), IndexFault.SEVERAL_SIGNERS),
    "two signature files": (signed_jar(CONTENT, files=["ONE", "TWO"]), IndexFault.SEVERAL_SIGNERS),
    "SHA-1": (signed_jar(CONTENT, digest="SHA1"), IndexFault.WEAK_DIGEST),
    "two entries": (signed_jar(CONTENT | {"more.json": b""}), IndexFault.OTHER_ENTRIES),
    "an entry of another name": (signed_jar({"other.json": b"{}"}), IndexFault.OTHER_ENTRIES),
    "an entry that is not signed": (signed_jar(CONTENT, changed={"more.json": b""}), IndexFault.OTHER_ENTRIES),
    "too large": (signed_jar({"entry.json": b"x" * 10_001}), IndexFault.TOO_LARGE),
}


@pytest.mark.parametrize(("jar", "fault"), TAMPERED.values(), ids=TAMPERED.keys())
def test_a_tampered_entry_is_refused_for_its_own_reason(jar: bytes, fault: IndexFault) -> None:
    with pytest.raises(IndexRefused) as refusal:
        verify(jar)
    assert refusal.value.fault is fault


def test_an_entry_is_good_for_the_pinned_certificate_only() -> None:
    with pytest.raises(IndexRefused) as refusal:
        verify(ENTRY, SOMEBODY_ELSE.fingerprint)
    assert refusal.value.fault is IndexFault.OTHER_SIGNER
    assert OWNER.fingerprint in refusal.value.message


@pytest.mark.parametrize(
    "document",
    [
        b"no JSON",
        b"[" * 100_000,
        b"[]",
        json.dumps({**DOCUMENT, "timestamp": "1"}).encode(),
        json.dumps({**DOCUMENT, "timestamp": True}).encode(),
        json.dumps({**DOCUMENT, "timestamp": -1}).encode(),
        json.dumps({**DOCUMENT, "timestamp": 10**18}).encode(),
        json.dumps({**DOCUMENT, "version": 30_000}).encode(),
        json.dumps({**DOCUMENT, "index": {**INDEX, "sha256": "A" * 64}}).encode(),
        json.dumps({**DOCUMENT, "index": {**INDEX, "name": "/../secret"}}).encode(),
        json.dumps({**DOCUMENT, "index": {**INDEX, "name": "//elsewhere.example.org/index"}}).encode(),
        json.dumps({**DOCUMENT, "index": {**INDEX, "name": "/index?user=1"}}).encode(),
        json.dumps({**DOCUMENT, "index": {**INDEX, "size": 1.5}}).encode(),
    ],
)
def test_an_entry_of_another_form_is_refused(document: bytes) -> None:
    with pytest.raises(IndexRefused) as refusal:
        read_entry(document)
    assert refusal.value.fault is IndexFault.MALFORMED_ENTRY
