"""Split sets as files, made of the sample packages of the tests."""

import io
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from tests.unit.app_download.split_sets.toc_bytes import message, nested, number, text

SAMPLES = Path(__file__).parents[3] / "packages"
CHAT = {name: (SAMPLES / f"chat-2.0-{name}.apk").read_bytes() for name in ("arm64-v8a", "armeabi-v7a", "x86_64")}
"""One version of an app by one signer, an APK for each ABI."""
_ABIS = {"armeabi-v7a": 2, "arm64-v8a": 3, "x86_64": 5}
STANDALONES = {f"standalones/chat-{abi}.apk": content for abi, content in CHAT.items()}


def archive(entries: Mapping[str, bytes], *, compressed: bool = False) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED if compressed else ZIP_STORED) as target:
        for name, content in entries.items():
            target.writestr(name, content)
    return file.getvalue()


def standalone_toc(*abis: str) -> bytes:
    """A variant for each ABI, with one APK."""

    def variant(abi: str) -> bytes:
        own, others = (
            nested(1, number(1, _ABIS[abi])),
            [nested(2, number(1, _ABIS[each])) for each in abis if each != abi],
        )
        apk = nested(2, nested(1, nested(1, own, *others)), text(2, f"standalones/chat-{abi}.apk"), nested(4))
        return nested(1, nested(1, nested(2, own, *others)), nested(2, nested(1, text(1, "base"), number(6, 1)), apk))

    return message(text(4, "org.appshare.sample.chat"), *map(variant, abis))
