"""A binary manifest that would be another one as text is refused."""

from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest
from tests.support.binary_xml import BinaryXml, nested

from appshare.app_download.package_reading.manifest_chunks import check_manifest
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason

SAMPLES = Path(__file__).parents[2] / "packages"


def manifest(name: str, attributes: Sequence[tuple[str, str]] = ()) -> bytes:
    xml = BinaryXml()
    xml.start("manifest", [("package", "org.example.app")])
    xml.start(name, attributes)
    xml.end(name)
    xml.end("manifest")
    return xml.content()


def refusal(content: bytes) -> str:
    with pytest.raises(PackageRefused) as refused:
        check_manifest(content)
    assert refused.value.reason == RefusalReason.MALFORMED_MANIFEST
    return refused.value.message


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.apk")), ids=lambda path: path.name)
def test_what_the_tools_write_is_sound(sample: Path) -> None:
    with ZipFile(sample) as package:
        check_manifest(package.read("AndroidManifest.xml"))


@pytest.mark.parametrize("value", ['"/><uses-sdk a="', "]]>", "<!--"])
def test_a_value_may_be_any_text(value: str) -> None:
    check_manifest(manifest("application", [("label", value)]))


@pytest.mark.parametrize("name", ["uses-sdk/><a", "a b", "x><!--", "-->", 'a="1"', "a\0b"])
def test_a_name_that_would_be_more_than_a_name_is_refused(name: str) -> None:
    assert "no XML could write" in refusal(manifest(name))
    assert "no XML could write" in refusal(manifest("application", [(name, "1")]))


def test_a_namespace_that_would_be_more_is_refused() -> None:
    assert "no XML could write" in refusal(
        manifest("a").replace("android".encode("utf-16-le"), "a b='1'".encode("utf-16-le"), 1)
    )


def test_elements_may_be_nested_and_not_too_deep() -> None:
    check_manifest(nested(99))
    assert "nested" in refusal(nested(100))


def test_a_name_that_is_not_there_is_refused() -> None:
    content = bytearray(manifest("application"))
    content[-20:-16] = b"\xff\xff\xff\x00"  # of the last element's end, which nobody asks for
    check_manifest(bytes(content))
    element = content.index(b"\x02\x01\x10\x00")
    content[element + 20 : element + 24] = b"\xff\xff\xff\x00"
    assert "a name is missing" in refusal(bytes(content))


@pytest.mark.parametrize("content", [b"", b"no XML", b"\x03\x00\x08\x00", manifest("a")[:60]])
def test_what_ends_early_is_left_to_the_decoder(content: bytes) -> None:
    check_manifest(content)
