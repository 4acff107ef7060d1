"""Whatever is done to a signed package: it is refused, or who signed it and what it holds stays the same."""

import io
import json
import random
from pathlib import Path
from typing import Any

import pytest

from appshare.app_download.package_reading.refusal import PackageRefused
from appshare.app_download.package_reading.zip_sections import zip_sections
from appshare.app_download.package_signature.signing_block import signing_block
from appshare.app_download.package_signature.verdict import SignatureVerdict, verify_signature

SAMPLES = Path(__file__).parents[3] / "tests" / "packages"
TRUTH: dict[str, dict[str, Any]] = json.loads((SAMPLES / "packages.json").read_text())
NAMES = ("chat-1.0.apk", "chat-2.0-x86_64.apk", "chat-3.0-x86_64.apk", "mail-1.0.apk")

NUMBERS = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def verdict(name: str, package: bytes) -> SignatureVerdict | None:
    """None: refused; anything else that is raised fails the test."""
    truth = TRUTH[name]
    try:
        return verify_signature(io.BytesIO(package), min_sdk=truth["min_sdk"], target_sdk=truth["target_sdk"])
    except PackageRefused:
        return None


def block_of(package: bytes) -> range:
    """The bytes of the signing block."""
    file = io.BytesIO(package)
    sections = zip_sections(file)
    return range(signing_block(file, sections).offset, sections.directory)


def changed(package: bytes, places: range, chance: random.Random) -> bytes:
    """The package with a bit, a byte or a number changed, once or a few times."""
    target = bytearray(package)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        at = chance.choice(places)
        match chance.randrange(3):
            case 0:
                target[at] ^= 1 << chance.randrange(8)
            case 1:
                target[at] = chance.randrange(256)
            case _:
                number = chance.choice(NUMBERS).to_bytes(4, "little")
                target[at : at + 4] = number[: len(target) - at]
    return bytes(target)


@pytest.mark.parametrize("name", NAMES)
def test_a_change_outside_the_signing_block_is_refused(name: str) -> None:
    package = (SAMPLES / name).read_bytes()
    block, chance = block_of(package), random.Random(name)  # noqa: S311  # reproducible on purpose
    for places in [range(block.start), range(block.stop, len(package))] * 40:
        target = changed(package, places, chance)
        assert target == package or verdict(name, target) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_change_in_the_signing_block_takes_devices_away_at_most(name: str) -> None:
    package = (SAMPLES / name).read_bytes()
    original = verdict(name, package)
    assert original is not None
    block, chance = block_of(package), random.Random(name)  # noqa: S311  # reproducible on purpose
    for _ in range(150):
        found = verdict(name, changed(package, block, chance))
        if found is not None:
            assert (found.signers, found.lineage) == (original.signers, original.lineage)
            assert found.min_api >= original.min_api
            assert set(found.schemes) <= set(original.schemes)


@pytest.mark.parametrize("name", NAMES)
def test_a_package_that_is_cut_off_is_refused(name: str) -> None:
    package = (SAMPLES / name).read_bytes()
    for length in range(0, len(package), 101):
        assert verdict(name, package[:length]) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_package_with_something_before_or_behind_it_is_refused(name: str) -> None:
    package = (SAMPLES / name).read_bytes()
    for more in (b"\0", b"dex\n035\0", package):
        assert verdict(name, more + package) is None
        assert more is package or verdict(name, package + more) is None


def test_a_package_without_its_signing_block_is_refused() -> None:
    package = (SAMPLES / "chat-1.0.apk").read_bytes()
    block = block_of(package)
    without = package[: block.start] + package[block.stop : -6] + block.start.to_bytes(4, "little") + package[-2:]
    assert verdict("chat-1.0.apk", without) is None


def test_the_signing_block_of_another_package_does_not_hold() -> None:
    package, other = ((SAMPLES / name).read_bytes() for name in ("chat-2.0-x86_64.apk", "chat-2.0-arm64-v8a.apk"))
    block, others_block = block_of(package), block_of(other)
    swapped = package[: block.start] + other[others_block.start : others_block.stop] + package[block.stop : -6]
    directory = block.start + len(others_block)
    assert verdict("chat-2.0-x86_64.apk", swapped + directory.to_bytes(4, "little") + package[-2:]) is None
