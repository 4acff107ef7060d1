"""A table of contents is read from bytes and from JSON, and whatever else there is, is refused."""

import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.app_download.split_sets.toc_bytes import message, nested, number, text

from appshare.app_download.fitting import density
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason
from appshare.app_download.package_reading.toc_reading import read_binary, read_json
from appshare.app_download.package_reading.toc_report import table_of_contents_from
from appshare.app_download.table_of_contents import (
    ApkDescription,
    ApkKind,
    Defaults,
    Delivery,
    DeviceTargeting,
    Module,
    ModuleCondition,
    TableOfContents,
    Targeting,
    Variant,
)

WHOLE = TableOfContents(
    package_name="org.example.app",
    variants=(
        Variant(
            number=4,
            targeting=DeviceTargeting(
                sdk=Targeting((21,), (0, 10_000)),
                abi=Targeting(("arm64-v8a",), ("x86_64",)),
                density=Targeting((480,), (density.NONE, 300)),
                multi_abi=Targeting((("armeabi-v7a", "arm64-v8a"),), (("x86",),)),
                texture=Targeting(("ASTC",), ("THREE_DC",)),
            ),
            requires_sdk_runtime=True,
            modules=(
                Module(
                    name="ar",
                    delivery=Delivery.ON_DEMAND,
                    dependencies=("base", "tools"),
                    condition=ModuleCondition(
                        sdk=Targeting((28,)), features=(("nfc", 0), ("gl", 0x30000)), device_groups=("fast",)
                    ),
                    apks=(
                        ApkDescription(
                            path="splits/ar-master.apk",
                            kind=ApkKind.SPLIT,
                            targeting=DeviceTargeting(
                                sdk=Targeting((21,)),
                                abi=Targeting(("riscv64",)),
                                language=Targeting(("de",), ("fr",)),
                                density=Targeting((120,)),
                                texture=Targeting(("ETC2",)),
                                multi_abi=Targeting((("mips",),)),
                                device_tier=Targeting((1,), (0, 2)),
                                country_set=Targeting(("latam",), ("sea",)),
                                device_group=Targeting(("fast",), ("slow",)),
                            ),
                        ),
                    ),
                ),
            ),
        ),
    ),
    asset_packs=(
        Module(
            name="levels",
            delivery=Delivery.FAST_FOLLOW,
            apks=(ApkDescription(path="asset-slices/levels.apk", kind=ApkKind.ASSET_SLICE),),
        ),
    ),
    defaults=Defaults(device_tier=2, country_set="sea", device_group="slow"),
    fused_modules=("fused",),
)


def sdk(lowest: int) -> bytes:
    return nested(1, number(1, lowest))


IN_BYTES = message(
    nested(
        1,
        nested(
            1,
            nested(1, nested(1, sdk(21)), nested(2), nested(2, sdk(10_000))),
            nested(2, nested(1, number(1, 3)), nested(2, number(1, 5))),
            nested(3, nested(1, number(1, 7)), nested(2, number(1, 1)), nested(2, number(2, 300))),
            nested(4, nested(1, nested(1, number(1, 2)), nested(1, number(1, 3))), nested(2, nested(1, number(1, 4)))),
            nested(5, nested(1, number(1, 9)), nested(2, number(1, 3))),
            nested(6, number(1, 1)),
        ),
        nested(
            2,
            nested(
                1,
                text(1, "ar"),
                text(4, "base"),
                text(4, "tools"),
                nested(
                    5,
                    nested(1, nested(1, sdk(28))),
                    nested(2, nested(1, text(1, "nfc"))),
                    nested(2, nested(1, text(1, "gl"), number(2, 0x30000))),
                    nested(5, text(1, "fast")),
                ),
                number(6, 2),
            ),
            nested(
                2,
                nested(
                    1,
                    nested(1, nested(1, number(1, 8))),
                    nested(3, text(1, "de"), text(2, "fr")),
                    nested(4, nested(1, number(1, 2))),
                    nested(5, nested(1, sdk(21))),
                    nested(6, nested(1, number(1, 10))),
                    nested(7, nested(1, nested(1, number(1, 6)))),
                    nested(9, nested(3, number(1, 1)), nested(4), nested(4, number(1, 2))),
                    nested(10, text(1, "latam"), text(2, "sea")),
                    nested(11, text(1, "fast"), text(2, "slow")),
                ),
                text(2, "splits/ar-master.apk"),
                nested(3, text(1, "ar")),
            ),
        ),
        number(3, 4),
    ),
    nested(2, text(2, "1.18.0")),
    nested(
        3,
        nested(1, text(1, "levels"), number(4, 3)),
        nested(2, text(2, "asset-slices/levels.apk"), nested(7)),
    ),
    text(4, "org.example.app"),
    nested(7, number(1, 6), text(2, "2")),
    nested(7, number(1, 7), text(2, "sea")),
    nested(7, number(1, 9), text(2, "slow")),
    nested(8, text(1, "fused")),
)

IN_JSON: dict[str, Any] = {
    "packageName": "org.example.app",
    "bundletool": {"version": "1.18.0"},
    "variant": [
        {
            "variantNumber": 4,
            "targeting": {
                "sdkVersionTargeting": {"value": [{"min": 21}], "alternatives": [{}, {"min": 10_000}]},
                "abiTargeting": {"value": [{"alias": "ARM64_V8A"}], "alternatives": [{"alias": "X86_64"}]},
                "screenDensityTargeting": {
                    "value": [{"densityAlias": "XXHDPI"}],
                    "alternatives": [{"densityAlias": "NODPI"}, {"densityDpi": 300}],
                },
                "multiAbiTargeting": {
                    "value": [{"abi": [{"alias": "ARMEABI_V7A"}, {"alias": "ARM64_V8A"}]}],
                    "alternatives": [{"abi": [{"alias": "X86"}]}],
                },
                "textureCompressionFormatTargeting": {
                    "value": [{"alias": "ASTC"}],
                    "alternatives": [{"alias": "THREE_DC"}],
                },
                "sdkRuntimeTargeting": {"requiresSdkRuntime": True},
            },
            "apkSet": [
                {
                    "moduleMetadata": {
                        "name": "ar",
                        "deliveryType": "ON_DEMAND",
                        "dependencies": ["base", "tools"],
                        "targeting": {
                            "sdkVersionTargeting": {"value": [{"min": 28}]},
                            "deviceFeatureTargeting": [
                                {"requiredFeature": {"featureName": "nfc"}},
                                {"requiredFeature": {"featureName": "gl", "featureVersion": 0x30000}},
                            ],
                            "deviceGroupTargeting": {"value": ["fast"]},
                        },
                    },
                    "apkDescription": [
                        {
                            "path": "splits/ar-master.apk",
                            "splitApkMetadata": {"splitId": "ar"},
                            "targeting": {
                                "abiTargeting": {"value": [{"alias": 8}]},
                                "languageTargeting": {"value": ["de"], "alternatives": ["fr"]},
                                "screenDensityTargeting": {"value": [{"densityAlias": "LDPI"}]},
                                "sdkVersionTargeting": {"value": [{"min": "21"}]},
                                "textureCompressionFormatTargeting": {"value": [{"alias": "ETC2"}]},
                                "multiAbiTargeting": {"value": [{"abi": [{"alias": "MIPS"}]}]},
                                "deviceTierTargeting": {"value": [1], "alternatives": [0, 2]},
                                "countrySetTargeting": {"value": ["latam"], "alternatives": ["sea"]},
                                "deviceGroupTargeting": {"value": ["fast"], "alternatives": ["slow"]},
                            },
                        }
                    ],
                }
            ],
        }
    ],
    "assetSliceSet": [
        {
            "assetModuleMetadata": {"name": "levels", "deliveryType": "FAST_FOLLOW"},
            "apkDescription": [{"path": "asset-slices/levels.apk", "assetSliceMetadata": {}}],
        }
    ],
    "defaultTargetingValue": [
        {"dimension": "DEVICE_TIER", "defaultValue": "2"},
        {"dimension": "COUNTRY_SET", "defaultValue": "sea"},
        {"dimension": "DEVICE_GROUP", "defaultValue": "slow"},
    ],
    "permanentlyFusedModules": [{"name": "fused"}],
}


def in_json(content: Any) -> bytes:
    return json.dumps(content).encode()


def test_every_field_is_read_from_bytes() -> None:
    assert read_binary(IN_BYTES) == WHOLE


def test_every_field_is_read_from_json() -> None:
    assert read_json(in_json(IN_JSON)) == WHOLE


def test_a_table_of_contents_crosses_the_process_border_as_it_was() -> None:
    assert table_of_contents_from(json.loads(json.dumps(asdict(WHOLE)))) == WHOLE


def test_fields_that_are_not_known_are_ignored() -> None:
    unknown = message(number(100, 7), text(101, "?"), b"\xb5\x06" + bytes(4), b"\xb1\x06" + bytes(8))
    assert read_binary(IN_BYTES + unknown) == WHOLE
    assert read_json(in_json({**IN_JSON, "later": {"deep": [1]}, "assetModulesInfo": None})) == WHOLE


def test_values_that_are_not_known_are_values_that_no_device_has() -> None:
    binary = read_binary(nested(1, nested(1, nested(2, nested(1, number(1, 99))))))
    text_form = read_json(in_json({"variant": [{"targeting": {"abiTargeting": {"value": [{"alias": "Z80"}]}}}]}))
    assert binary.variants[0].targeting.abi.value == ("#99",)
    assert text_form.variants[0].targeting.abi.value == ("#-1",)


def test_a_message_in_two_pieces_is_one() -> None:
    pieces = message(nested(1, nested(1, nested(1, nested(1, sdk(21)))), nested(1, nested(1, nested(2, sdk(24))))))
    assert read_binary(pieces).variants[0].targeting.sdk == Targeting((21,), (24,))


@pytest.mark.parametrize(("on_demand", "delivery"), [(0, Delivery.INSTALL_TIME), (1, Delivery.ON_DEMAND)])
def test_an_old_table_says_only_whether_a_module_comes_on_demand(on_demand: int, delivery: Delivery) -> None:
    contents = read_binary(nested(1, nested(2, nested(1, text(1, "base"), number(2, on_demand)))))
    assert contents.variants[0].modules[0].delivery is delivery


@pytest.mark.parametrize(
    ("field", "kind"),
    [*enumerate(("SPLIT", "STANDALONE", "INSTANT", "SYSTEM", "ASSET_SLICE", "APEX", "ARCHIVED", "UNKNOWN"), start=3)],
)
def test_the_kind_of_a_file_is_the_metadata_that_it_has(field: int, kind: str) -> None:
    contents = read_binary(nested(1, nested(2, nested(2, nested(field)))))
    assert contents.variants[0].modules[0].apks[0].kind == kind


def test_an_empty_table_is_one() -> None:
    assert read_binary(b"") == read_json(b"{}") == TableOfContents(package_name="", variants=())


@pytest.mark.parametrize(
    "data",
    [
        b"\x0a",
        b"\x0a\x05abc",
        b"\x80" * 11,
        b"\x0b\x0c",
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        number(1, 5),
        nested(4, b"\xff\xfe"),
        nested(1, text(3, "number")),
        text(4, "x" * 501),
        text(4, "line\nfeed"),
        nested(1, nested(2)) * 5001,
        IN_BYTES[:-1],
    ],
)
def test_bytes_that_are_no_table_are_refused(data: bytes) -> None:
    assert refusal(read_binary, data) == RefusalReason.MALFORMED_SET


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"variant": 1}',
        b'{"variant": [[]]}',
        b'{"packageName": 7}',
        b'{"packageName": "%s"}' % (b"x" * 501),
        b'{"packageName": "\\u0000"}',
        b'{"variant": [%s{}]}' % (b"{}," * 5000),
        b'{"variant": [{"variantNumber": []}]}',
        b'{"variant": [{"variantNumber": "seven"}]}',
        b'{"variant": [{"targeting": []}]}',
        b'{"variant": [{"targeting": {"sdkVersionTargeting": {"value": [{"min": {}}]}}}]}',
    ],
)
def test_json_that_is_no_table_is_refused(data: bytes) -> None:
    assert refusal(read_json, data) == RefusalReason.MALFORMED_SET


def with_byte_changed(position: int, byte: int) -> bytes:
    return IN_BYTES[:position] + bytes([byte]) + IN_BYTES[position + 1 :]


mutations = st.builds(with_byte_changed, st.integers(0, len(IN_BYTES) - 1), st.integers(0, 255))


@given(st.binary(max_size=200) | mutations)
def test_hostile_bytes_are_a_table_or_a_refusal(data: bytes) -> None:
    with contextlib.suppress(PackageRefused):
        contents = read_binary(data)
        assert table_of_contents_from(json.loads(json.dumps(asdict(contents)))) == contents


def refusal(read: Callable[[bytes], TableOfContents], data: bytes) -> RefusalReason:
    with pytest.raises(PackageRefused) as refused:
        read(data)
    return refused.value.reason
