"""Tables of contents out of a seed, in both forms: dimensions together as no single build has them.

Only what siblings serve has to be told of each other, or else bundletool itself takes the table for broken.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.bundletool.encoding import TocEncoder

Json = dict[str, Any]

JSON_FORM = "table.json"

_MODULES = ("base", "maps", "ar", "tools", "extras")

_ABIS = ("ARMEABI", "ARMEABI_V7A", "ARM64_V8A", "X86", "X86_64", "MIPS", "RISCV64")
_DENSITIES = ("LDPI", "MDPI", "TVDPI", "HDPI", "XHDPI", "XXHDPI", "XXXHDPI")
_LANGUAGES = ("en", "de", "fr", "zh", "pt", "sr", "he", "fil", "ja")
_TEXTURES = ("ASTC", "PVRTC", "S3TC", "DXT1", "ETC2", "ETC1_RGB8", "PALETTED", "ATC", "LATC", "THREE_DC")
_SDKS = (21, 23, 24, 26, 29, 31, 33, 34)


def invent(random: Random, encoder: TocEncoder, folder: Path, count: int) -> Iterator[Path]:
    """Writes so many tables, each into a folder of its own, as `toc.pb` and as `table.json`.

    Not as `toc.json`: the jar of bundletool 1.18.0 cannot read it.
    """
    for number in range(count):
        kind = random.choice((_splits, _splits, _splits, _apexes))
        path = folder / f"invented-{number:02}"
        path.mkdir()
        toc = kind(random)
        (path / "toc.pb").write_bytes(encoder.encode(toc))
        (path / JSON_FORM).write_text(json.dumps(toc), encoding="utf-8")
        yield path


def _splits(random: Random) -> Json:
    """An app with modules, standalone APKs for old devices, and asset packs."""
    sdks = sorted(random.sample(_SDKS, random.randint(1, 3)))
    shape = _shape(random)
    variants = [_split_variant(sdk, sdks, shape) for sdk in sdks]
    if random.random() < 0.5:
        variants += [_standalone_variant(abi, shape["abis"], sdks) for abi in shape["abis"]]
    if random.random() < 0.3:
        runtime = _split_variant(sdks[-1], sdks, shape)
        runtime["targeting"]["sdkRuntimeTargeting"] = {"requiresSdkRuntime": True}
        variants.append(runtime)
    for number, variant in enumerate(variants):
        variant["variantNumber"] = number
        for module in variant["apkSet"]:
            for apk in module["apkDescription"]:
                apk["path"] = f"{apk['path']}_{number}.apk"
    return {
        "packageName": "org.example.app",
        "bundletool": {"version": "1.18.0"},
        "variant": variants,
        "assetSliceSet": [_asset_pack(random, "levels", "INSTALL_TIME"), _asset_pack(random, "music", "ON_DEMAND")],
        "defaultTargetingValue": _defaults(random),
        "permanentlyFusedModules": [{"name": "fused"}],
    }


def _shape(random: Random) -> Json:
    """What all variants have in common."""
    return {
        "abis": random.sample(_ABIS, random.randint(1, 4)),
        "densities": random.sample(_DENSITIES, random.randint(2, 5)),
        "languages": random.sample(_LANGUAGES, random.randint(1, 4)),
        "textures": random.sample(_TEXTURES, random.randint(1, 3)) if random.random() < 0.2 else [],
        "condition": _condition(random),
        "native_modules": [name for name in _MODULES if random.random() < 0.5],
    }


def _condition(random: Random) -> Json:
    conditions: Json = {}
    features: list[Json] = [{"featureName": name} for name in ("android.hardware.camera.ar", "android.hardware.nfc")]
    features.append({"featureName": "android.hardware.opengles.version", "featureVersion": 0x30000})
    if chosen := random.sample(features, random.choice((0, 1, 2))):
        conditions["deviceFeatureTargeting"] = [{"requiredFeature": feature} for feature in chosen]
    if random.random() < 0.4:
        conditions["sdkVersionTargeting"] = {"value": [{"min": random.choice(_SDKS)}]}
    if random.random() < 0.2:
        conditions["deviceGroupTargeting"] = {"value": ["highRam"]}
    return conditions


def _split_variant(sdk: int, sdks: Sequence[int], shape: Json) -> Json:
    modules = [
        _module("base", "INSTALL_TIME", shape),
        _module("maps", "INSTALL_TIME", shape),
        _module("ar", "INSTALL_TIME", shape, targeting=shape["condition"]),
        _module("tools", "ON_DEMAND", shape),
        _module("extras", "ON_DEMAND", shape, dependencies=["tools", "ar"]),
    ]
    return {"targeting": {"sdkVersionTargeting": _told(sdk, sdks, _sdk)}, "apkSet": modules}


def _module(name: str, delivery: str, shape: Json, **metadata: Any) -> Json:
    apks = [_split(f"splits/{name}-master", {})]
    if name in shape["native_modules"]:
        apks += [
            _split(f"splits/{name}-{abi}", {"abiTargeting": _told(abi, shape["abis"], _alias)}) for abi in shape["abis"]
        ]
    apks += [
        _split(f"splits/{name}-{dpi}", {"screenDensityTargeting": _told(dpi, shape["densities"], _density)})
        for dpi in shape["densities"]
    ]
    apks += [_split(f"splits/{name}-{code}", {"languageTargeting": {"value": [code]}}) for code in shape["languages"]]
    apks.append(_split(f"splits/{name}-other_lang", {"languageTargeting": {"alternatives": shape["languages"]}}))
    apks += [
        _split(f"splits/{name}-{each}", {"textureCompressionFormatTargeting": _told(each, shape["textures"], _alias)})
        for each in shape["textures"]
    ]
    return {"moduleMetadata": {"name": name, "deliveryType": delivery, **metadata}, "apkDescription": apks}


def _split(path: str, targeting: Json) -> Json:
    return {"path": path, "targeting": targeting, "splitApkMetadata": {"isMasterSplit": not targeting}}


def _standalone_variant(abi: str, abis: Sequence[str], sdks: Sequence[int]) -> Json:
    targeting = {"abiTargeting": _told(abi, abis, _alias), "sdkVersionTargeting": _told(15, (15, *sdks), _sdk)}
    apk = {"path": f"standalones/standalone-{abi}", "targeting": targeting, "standaloneApkMetadata": {}}
    module = {"moduleMetadata": {"name": "base", "deliveryType": "INSTALL_TIME"}, "apkDescription": [apk]}
    return {"targeting": targeting, "apkSet": [module]}


def _asset_pack(random: Random, name: str, delivery: str) -> Json:
    slices = random.choice((_texture_slices, _tier_slices, _country_slices, _group_slices))(random)
    apks = [
        {"path": f"asset-slices/{name}-{number}.apk", "targeting": each, "assetSliceMetadata": {}}
        for number, each in enumerate([{}, *slices])
    ]
    return {"assetModuleMetadata": {"name": name, "deliveryType": delivery}, "apkDescription": apks}


def _texture_slices(random: Random) -> list[Json]:
    formats = random.sample(_TEXTURES, random.randint(1, 4))
    rest = {"alternatives": [_alias(each) for each in formats]}
    told = [*(_told(each, formats, _alias) for each in formats), *([rest] if random.random() < 0.6 else [])]
    return [{"textureCompressionFormatTargeting": each} for each in told]


def _tier_slices(random: Random) -> list[Json]:
    tiers = range(random.randint(2, 3))
    return [{"deviceTierTargeting": _told(tier, tiers, int)} for tier in tiers]


def _country_slices(_: Random) -> list[Json]:
    sets = ("latam", "sea")
    told = [*(_told(name, sets, str) for name in sets), {"alternatives": sets}]
    return [{"countrySetTargeting": each} for each in told]


def _group_slices(_: Random) -> list[Json]:
    groups = ("highRam", "lowRam", "")
    return [{"deviceGroupTargeting": _told(name, groups, str)} for name in groups]


def _defaults(random: Random) -> list[Json]:
    values = (("DEVICE_TIER", "1"), ("COUNTRY_SET", "sea"), ("DEVICE_GROUP", "lowRam"), ("ABI", "X86"))
    return [{"dimension": name, "defaultValue": value} for name, value in random.sample(values, random.randint(0, 4))]


def _apexes(random: Random) -> Json:
    """System modules: a variant, with one file, per set of ABIs."""
    count = random.randint(2, 4)
    sets = {tuple(sorted(random.sample(_ABIS[1:6], random.randint(1, 2)))) for _ in range(count)}
    variants = [_apex_variant(number, abis, sorted(sets)) for number, abis in enumerate(sorted(sets))]
    return {"packageName": "org.example.apex", "bundletool": {"version": "1.18.0"}, "variant": variants}


def _apex_variant(number: int, abis: Sequence[str], sets: Sequence[Sequence[str]]) -> Json:
    targeting = {"multiAbiTargeting": _told(abis, sets, lambda each: {"abi": [_alias(abi) for abi in each]})}
    apk = {"path": f"standalones/{number}.apex", "targeting": targeting, "apexApkMetadata": {}}
    module = {"moduleMetadata": {"name": "base", "deliveryType": "INSTALL_TIME"}, "apkDescription": [apk]}
    return {"variantNumber": number, "targeting": targeting, "apkSet": [module]}


def _told(own: Any, siblings: Sequence[Any], write: Callable[[Any], Any]) -> Json:
    """A targeting: its own value, and those of its siblings as the alternatives."""
    return {"value": [write(own)], "alternatives": [write(each) for each in siblings if each != own]}


def _sdk(lowest: int) -> Json:
    return {"min": lowest}


def _alias(name: str) -> Json:
    return {"alias": name}


def _density(name: str) -> Json:
    return {"densityAlias": name}
