"""Small sets that bundletool itself builds: modules with conditions, languages, ABIs, and packs of assets.

The packages in them run nowhere; what counts is the table of contents that bundletool writes for such an app.
"""

import json
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.bundletool.tool import Bundletool, MissingToolError

_FRAMEWORK = Path("/usr/share/android-framework-res/framework-res.apk")
_ABIS = {"arm64-v8a": (2, 183), "armeabi-v7a": (1, 40), "x86_64": (2, 62)}
"""Class and machine of their ELF files."""

_MANIFEST = """<?xml version="1.0" encoding="utf-8"?>
<manifest xmlns:android="http://schemas.android.com/apk/res/android"
    xmlns:dist="http://schemas.android.com/apk/distribution"
    package="org.appshare.sample.set" android:versionCode="7" {attributes}>
  <uses-sdk android:minSdkVersion="{min_sdk}" android:targetSdkVersion="34" />
  {elements}
  <application android:hasCode="false" />
</manifest>
"""
_PACK_MANIFEST = """<manifest xmlns:android="http://schemas.android.com/apk/res/android"
    xmlns:dist="http://schemas.android.com/apk/distribution" package="org.appshare.sample.set" {attributes}>
  {elements}
</manifest>
"""
_DELIVERY = """<dist:module {attributes}>
  <dist:delivery>{delivery}</dist:delivery><dist:fusing dist:include="true" />
</dist:module>"""
_TITLE = "@string/hello_base"
_AT_ONCE = "<dist:install-time />"
_ON_DEMAND = "<dist:on-demand />"
_CONDITIONAL = """<dist:install-time><dist:conditions>
  <dist:device-feature dist:name="android.hardware.camera.ar" /><dist:min-sdk dist:value="28" />
</dist:conditions></dist:install-time>"""


@dataclass(frozen=True, slots=True)
class _Module:
    """One module of an app; its files are assets and native code by their paths."""

    delivery: str = ""
    depends_on: str = ""
    is_asset_pack: bool = False
    languages: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)


def _native_code(*abis: str) -> dict[str, bytes]:
    """The head of an ELF file for each ABI: bundletool looks no further."""
    heads = {abi: b"\x7fELF" + bytes([_ABIS[abi][0], 1, 1]) + bytes(9) + b"\x03\x00" for abi in abis}
    return {f"lib/{abi}/libapp.so": head + bytes([_ABIS[abi][1], 0]) + bytes(60) for abi, head in heads.items()}


def _assets(suffixes: str, *names: str) -> dict[str, bytes]:
    return {f"assets/level{suffixes}{name}/one.bin": name.encode() for name in names} | {"assets/level/one.bin": b"-"}


_FEATURES = {
    "base": _Module(languages=("de", "fr", "zh"), files=_native_code(*_ABIS)),
    "maps": _Module(_AT_ONCE, files=_native_code(*_ABIS)),
    "ar": _Module(_CONDITIONAL, languages=("de",)),
    "tools": _Module(_ON_DEMAND, files=_native_code(*_ABIS)),
    "extras": _Module(_ON_DEMAND, depends_on="tools"),
}
_ASSETS = {
    "base": _Module(languages=("pt",)),
    "textures": _Module(_AT_ONCE, is_asset_pack=True, files=_assets("#tcf_", "astc", "pvrtc", "etc2")),
    "tiers": _Module(_AT_ONCE, is_asset_pack=True, files=_assets("#tier_", "0", "1", "2")),
    "countries": _Module(_ON_DEMAND, is_asset_pack=True, files=_assets("#countries_", "latam", "sea")),
}
_SETS = (("features", 21, _FEATURES), ("old-phones", 16, _FEATURES), ("assets", 21, _ASSETS))
"""Name, lowest SDK and modules of each."""
_DIMENSIONS = ("ABI", "SCREEN_DENSITY", "LANGUAGE", "TEXTURE_COMPRESSION_FORMAT", "DEVICE_TIER", "COUNTRY_SET")


def build_sets(bundletool: Bundletool, folder: Path) -> Iterator[Path]:
    """Builds the sets in a folder; raises MissingToolError without Android's framework."""
    if not _FRAMEWORK.exists():
        raise MissingToolError("no Android framework; on Debian: apt-get install android-framework-res")
    aapt2 = bundletool.unpack_aapt2(folder)
    for name, min_sdk, modules in _SETS:
        work = folder / f"build-{name}"
        work.mkdir()
        files = [_build_module(aapt2, work, key, module, min_sdk) for key, module in modules.items()]
        config, bundle, target = work / "config.json", work / "app.aab", folder / f"built-{name}.apks"
        config.write_text(json.dumps(_config(modules)), encoding="utf-8")
        bundletool.run("build-bundle", modules=",".join(map(str, files)), output=bundle, config=config)
        bundletool.run("build-apks", bundle=bundle, output=target)
        yield target


def _config(modules: Mapping[str, _Module]) -> dict[str, Any]:
    if modules is not _ASSETS:
        return {}
    dimensions = [{"value": value, "suffixStripping": _stripping(value)} for value in _DIMENSIONS]
    return {"optimizations": {"splitsConfig": {"splitDimension": dimensions}}}


def _stripping(dimension: str) -> dict[str, Any]:
    """Suffixes of folders go, and the default is what devices get that say nothing."""
    defaults = {"DEVICE_TIER": "1", "COUNTRY_SET": "", "TEXTURE_COMPRESSION_FORMAT": ""}
    return {"enabled": True, "defaultSuffix": defaults[dimension]} if dimension in defaults else {"enabled": False}


def _build_module(aapt2: Path, work: Path, name: str, module: _Module, min_sdk: int) -> Path:
    """Links a module; the base comes first, and once more as a package whose resources the others can refer to."""
    folder, base = work / name, work / "base.apk"
    folder.mkdir()
    manifest, linked, target = folder / "AndroidManifest.xml", folder / "linked.apk", folder / f"{name}.zip"
    manifest.write_text(_manifest(name, module, min_sdk), encoding="utf-8")
    resources = [_compile(aapt2, folder, language) for language in ("", *module.languages)] if module.languages else []
    link: tuple[str | Path, ...] = (aapt2, "link", "-I", _FRAMEWORK, "--manifest", manifest, *resources)
    if name == "base":
        _run(*link, "-o", base)
        _run(*link, "--proto-format", "-o", linked)
    else:
        _run(*link, "--proto-format", "-o", linked, "-I", base, "--package-id", "0x80")
    _pack(linked, module, target)
    return target


def _manifest(name: str, module: _Module, min_sdk: int) -> str:
    if name == "base":
        return _MANIFEST.format(attributes="", elements="", min_sdk=min_sdk)
    kind = 'dist:type="asset-pack"' if module.is_asset_pack else f'dist:title="{_TITLE}"'
    elements = _DELIVERY.format(attributes=kind, delivery=module.delivery)
    if module.depends_on:
        elements += f'<uses-split android:name="{module.depends_on}" />'
    template = _PACK_MANIFEST if module.is_asset_pack else _MANIFEST
    return template.format(attributes=f'split="{name}"', elements=elements, min_sdk=min_sdk)


def _compile(aapt2: Path, folder: Path, language: str) -> Path:
    """Strings in a language; without one, in the default."""
    values = folder / "res" / (f"values-{language}" if language else "values")
    values.mkdir(parents=True)
    source = values / "strings.xml"
    source.write_text(
        f'<resources><string name="hello_{folder.name}">{language}</string></resources>', encoding="utf-8"
    )
    _run(aapt2, "compile", "-o", folder, source)
    return folder / f"{values.name}_strings.arsc.flat"


def _pack(linked: Path, module: _Module, target: Path) -> None:
    """From what aapt2 links to what bundletool takes as a module."""
    with zipfile.ZipFile(linked) as source, zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            if name != "resources.pb" or module.languages:
                place = "manifest/AndroidManifest.xml" if name == "AndroidManifest.xml" else name
                archive.writestr(place, source.read(name))
        for path, content in module.files.items():
            archive.writestr(path, content)


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # the one of the jar
    if done.returncode:
        raise RuntimeError(f"aapt2 failed: {done.stderr.strip()}")
