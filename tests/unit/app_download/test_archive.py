import io
import warnings
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from appshare.app_download.package_reading.archive import native_abis, read_parts
from appshare.app_download.package_reading.limits import ReadingLimits
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason

LIMITS = ReadingLimits()


def archive(*entries: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of doubled names, which some tests want
        with ZipFile(file, "w", ZIP_DEFLATED) as target:
            for name, content in entries:
                target.writestr(name, content)
    return file.getvalue()


SOUND = archive(("AndroidManifest.xml", b"manifest"), ("resources.arsc", b"table"), ("lib/x86/libgame.so", b"code"))


def refusal(package: bytes, limits: ReadingLimits = LIMITS) -> RefusalReason:
    with pytest.raises(PackageRefused) as refused:
        read_parts(io.BytesIO(package), limits)
    return refused.value.reason


def test_the_parts_that_describe_a_package_are_taken_out() -> None:
    parts = read_parts(io.BytesIO(SOUND), LIMITS)
    assert (parts.manifest, parts.resources, parts.abis) == (b"manifest", b"table", ("x86",))


def test_a_package_needs_no_resources() -> None:
    assert read_parts(io.BytesIO(archive(("AndroidManifest.xml", b"m"))), LIMITS).resources == b""


def with_byte_changed(package: bytes, position: int) -> bytes:
    return package[:position] + bytes([package[position] ^ 0xFF]) + package[position + 1 :]


def encrypted(package: bytes) -> bytes:
    """The flag alone, in both headers of the first entry."""
    directory = package.index(b"PK\x01\x02")
    return package[:6] + b"\x01" + package[7 : directory + 8] + b"\x01" + package[directory + 9 :]


@pytest.mark.parametrize(
    ("package", "reason"),
    [
        (b"", RefusalReason.NOT_AN_APK),
        (b"\x7fELF and so on", RefusalReason.NOT_AN_APK),
        (archive(), RefusalReason.NOT_AN_APK),
        (archive(("classes.dex", b"code")), RefusalReason.NOT_AN_APK),
        (SOUND[:-1], RefusalReason.TRUNCATED),
        (SOUND[: len(SOUND) // 2], RefusalReason.TRUNCATED),
        (b"dex\n035\0" + SOUND, RefusalReason.NOT_STARTING_WITH_ZIP_HEADER),
        (archive(*[("AndroidManifest.xml", b"m")] * 2), RefusalReason.DUPLICATE_ENTRY),
        (archive(("AndroidManifest.xml", b"m"), *[("classes.dex", b"d")] * 2), RefusalReason.DUPLICATE_ENTRY),
        (SOUND.replace(b"libgame.so", b"libga\0e.so"), RefusalReason.MALFORMED_ARCHIVE),
        (SOUND.replace(b"resources.arsc", b"resources.arsx", 1), RefusalReason.MALFORMED_ARCHIVE),
        (with_byte_changed(SOUND, SOUND.index(b"AndroidManifest.xml") + 20), RefusalReason.MALFORMED_ARCHIVE),
        (encrypted(SOUND), RefusalReason.MALFORMED_ARCHIVE),
        *(
            (archive(("AndroidManifest.xml", b"m"), (name, b"")), RefusalReason.MALFORMED_ARCHIVE)
            for name in ("../../evil.so", "lib/../../evil.so", "/etc/passwd", "..", "a\\..\\b", "assets/..")
        ),
    ],
    ids=[
        "empty file",
        "another format",
        "empty archive",
        "no manifest",
        "cut off by a byte",
        "cut in half",
        "something before the archive",
        "two manifests",
        "two of another entry",
        "NUL in a name",
        "headers disagree",
        "damaged content",
        "encrypted",
        "path out of the package",
        "path out of the package from inside",
        "absolute path",
        "folder above",
        "path out of the package as Windows writes it",
        "folder above at the end",
    ],
)
def test_an_unsound_archive_is_refused(package: bytes, reason: RefusalReason) -> None:
    assert refusal(package) == reason


@pytest.mark.parametrize(
    "limits",
    [
        ReadingLimits(entries=2),
        ReadingLimits(directory_bytes=100),
        ReadingLimits(unpacked_bytes=16),
        ReadingLimits(manifest_bytes=7),
        ReadingLimits(resources_bytes=4),
    ],
    ids=["entries", "directory", "unpacked", "manifest", "resources"],
)
def test_an_archive_beyond_a_limit_is_refused(limits: ReadingLimits) -> None:
    assert refusal(SOUND, limits) == RefusalReason.TOO_LARGE


def test_an_archive_at_its_limits_is_read() -> None:
    limits = ReadingLimits(entries=3, unpacked_bytes=17, manifest_bytes=8, resources_bytes=5)
    assert read_parts(io.BytesIO(SOUND), limits).manifest == b"manifest"


@pytest.mark.parametrize(
    ("names", "abis"),
    [
        (["lib/x86/liba.so", "lib/x86/libb.so", "lib/arm64-v8a/liba.so"], ("arm64-v8a", "x86")),
        (["assets/lib/x86/liba.so", "lib/liba.so", "lib/x86/deep/liba.so", "lib/x86/readme.txt", "lib/x86/"], ()),
        ([], ()),
    ],
)
def test_the_abis_are_those_of_the_native_libraries(names: list[str], abis: tuple[str, ...]) -> None:
    assert native_abis(names) == abis
