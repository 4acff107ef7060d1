#!/usr/bin/env python3
"""Build the sample split sets in sets/ with bundletool; README.md beside this file says what they are for."""

import json
import os
import shutil
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from build import FRAMEWORK, HERE, KEY_PASSWORD, SOURCES, run
from tiny_elf import shared_object

SETS = HERE / "sets"
APP = "org.appshare.sample.notes"
ABIS = ("armeabi-v7a", "arm64-v8a", "x86_64")
LABELS = {"": "Sample Notes", "de": "Beispiel-Notizen", "zh": "示例笔记"}
PHONE = {"sdkVersion": 30, "supportedAbis": ["arm64-v8a"], "supportedLocales": ["de-DE"], "screenDensity": 480}
"""The phone that holds the loose splits."""
SPECS = {
    "new-phone": PHONE,
    "german-and-chinese": PHONE | {"supportedLocales": ["zh-CN", "de-AT"], "supportedAbis": ["x86_64", "arm64-v8a"]},
    "older-phone": {
        "sdkVersion": 22,
        "supportedAbis": ["armeabi-v7a"],
        "supportedLocales": ["en"],
        "screenDensity": 240,
    },
    "mips": PHONE | {"supportedAbis": ["mips"]},
    "too-old": PHONE | {"sdkVersion": 19},
}
"""Devices for which bundletool is asked what they get of the set with a table of contents."""
HELD = {"base-master": "base", "base-arm64_v8a": "split_config.arm64_v8a", "base-de": "split_config.de"}
HELD |= {"base-xxhdpi": "split_config.xxhdpi", "scanner-master": "split_scanner"}
"""Names in a set, and those under which Android holds them."""

MANIFEST = """<manifest xmlns:android="http://schemas.android.com/apk/res/android"
    xmlns:dist="http://schemas.android.com/apk/distribution"
    package="{app}" android:versionCode="{code}" android:versionName="{name}" {attributes}>
  <uses-sdk android:minSdkVersion="21" android:targetSdkVersion="34" />
  {elements}
</manifest>
"""
BASE = """<uses-permission android:name="android.permission.VIBRATE" />
<application android:label="@string/label" android:icon="@drawable/icon" android:hasCode="false">
  <activity android:name="android.app.Activity" android:exported="true"><intent-filter>
    <action android:name="android.intent.action.MAIN" /><category android:name="android.intent.category.LAUNCHER" />
  </intent-filter></activity>
</application>"""
SCANNER = """<dist:module dist:title="@string/label"><dist:delivery><dist:on-demand /></dist:delivery>
  <dist:fusing dist:include="true" /></dist:module>
<application android:hasCode="false" />"""


@dataclass(frozen=True)
class App:
    """One version of the app; `dimensions` are those in which bundletool splits it."""

    version_code: int
    version_name: str
    dimensions: tuple[str, ...]
    densities: tuple[str, ...]


def main() -> None:
    """Build both sets aside, then put them in place."""
    jar = os.environ.get("BUNDLETOOL_JAR", "")
    if not Path(jar).is_file():
        sys.exit("Say where bundletool is: BUNDLETOOL_JAR=bundletool-all-1.18.0.jar")
    bundletool = ("java", "-jar", jar)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        one = build(bundletool, folder, App(10, "1.0", ("ABI", "LANGUAGE"), ("xhdpi",)))
        everything = ("ABI", "LANGUAGE", "SCREEN_DENSITY")
        two = build(bundletool, folder, App(20, "2.0", everything, ("hdpi", "xxhdpi")))
        held = extract(bundletool, two, PHONE, folder / "held", modules="scanner")
        truth = [describe(bundletool, one, folder, device, modules) for device in SPECS for modules in ("", "scanner")]
        shutil.rmtree(SETS)
        SETS.mkdir()
        shutil.copyfile(one, SETS / "notes-1.0.apks")
        (SETS / "notes-2.0-held").mkdir()
        for file in held:
            shutil.copyfile(file, SETS / "notes-2.0-held" / f"{HELD[file.stem.removesuffix('_2')]}.apk")
        foreign = SETS / "notes-2.0-other-signer.config.de.apk"
        sign("other", SETS / "notes-2.0-held" / "split_config.de.apk", foreign)
        (SETS / "notes-1.0.json").write_text(json.dumps(truth, indent=2) + "\n", encoding="utf-8")
    for file in sorted(SETS.rglob("*.apk*")):
        if file.is_file():
            sys.stdout.write(f"{file.stat().st_size:>7} {file.relative_to(SETS)}\n")


def sign(key: str, package: Path, target: Path) -> None:
    """Sign a package anew with a key of this folder."""
    keys = ("--ks", HERE / "keys" / f"{key}.p12", "--ks-pass", f"pass:{KEY_PASSWORD}")
    run(
        "apksigner",
        "sign",
        "--in",
        package,
        "--out",
        target,
        *keys,
        "--v4-signing-enabled=false",
        "--min-sdk-version=21",
    )


def describe(bundletool: tuple[str, ...], apks: Path, folder: Path, device: str, modules: str) -> dict[str, object]:
    """What bundletool gives a device of a set; no files: it refuses."""
    spec = SPECS[device]
    try:
        files = extract(bundletool, apks, spec, folder / f"{device}-{modules}", modules=modules)
    except SystemExit:
        files = []
    names = sorted(file.name for file in files)
    return {"device": device, "spec": spec, "modules": modules.split(), "files": names}


def extract(
    bundletool: tuple[str, ...], apks: Path, spec: dict[str, object], target: Path, *, modules: str
) -> list[Path]:
    """The files of a set for a device."""
    written = target.with_suffix(".json")
    written.write_text(json.dumps(spec), encoding="utf-8")
    wanted = {"modules": modules} if modules else {}
    tool(bundletool, "extract-apks", apks=apks, device_spec=written, output_dir=target, **wanted)
    return sorted(target.iterdir())


def build(bundletool: tuple[str, ...], scratch: Path, app: App) -> Path:
    """Make one signed set in `scratch`."""
    folder = scratch / app.version_name
    folder.mkdir()
    aapt2 = unpack_aapt2(bundletool[-1], folder)
    base = link(aapt2, folder, app, "base", "", BASE)
    scanner = link(aapt2, folder, app, "scanner", 'split="scanner"', SCANNER)
    config, bundle, target = folder / "config.json", folder / "app.aab", folder / "app.apks"
    dimensions = [
        {"value": value, "negate": value not in app.dimensions} for value in ("ABI", "LANGUAGE", "SCREEN_DENSITY")
    ]
    optimizations = {"splitsConfig": {"splitDimension": dimensions}}
    config.write_text(json.dumps({"optimizations": optimizations}), encoding="utf-8")
    tool(bundletool, "build-bundle", modules=f"{base},{scanner}", output=bundle, config=config)
    key = {"ks": HERE / "keys" / "sample.p12", "ks_key_alias": "sample", "ks_pass": f"pass:{KEY_PASSWORD}"}
    tool(bundletool, "build-apks", bundle=bundle, output=target, aapt2=aapt2, **key)
    return target


def link(aapt2: Path, folder: Path, app: App, module: str, attributes: str, elements: str) -> Path:
    """A module as bundletool takes it; the base comes first, since the others refer to its label."""
    manifest, linked, target = folder / f"{module}.xml", folder / f"{module}.apk", folder / f"{module}.zip"
    text = MANIFEST.format(
        app=APP, code=app.version_code, name=app.version_name, attributes=attributes, elements=elements
    )
    manifest.write_text(text, encoding="utf-8")
    command: tuple[str | Path, ...] = (aapt2, "link", "-I", FRAMEWORK, "--manifest", manifest)
    base = folder / "linked.apk"
    if module == "base":
        resources = compile_resources(aapt2, folder, app)
        run(*command, *resources, "-o", base)
        run(*command, *resources, "--proto-format", "-o", linked)
    else:
        run(*command, "--proto-format", "-o", linked, "-I", base, "--package-id", "0x80")
    pack(linked, module, target)
    return target


def compile_resources(aapt2: Path, folder: Path, app: App) -> list[Path]:
    """The label in every language, and the icon in every density."""
    resources = folder / "res"
    for language, label in LABELS.items():
        values = resources / (f"values-{language}" if language else "values")
        values.mkdir(parents=True)
        source = f'<resources><string name="label">{label}</string></resources>'
        (values / "strings.xml").write_text(source, encoding="utf-8")
    for density in app.densities:
        (resources / f"drawable-{density}").mkdir()
        shutil.copyfile(SOURCES / "shared/drawable-xhdpi/icon.png", resources / f"drawable-{density}" / "icon.png")
    compiled = folder / "compiled"
    compiled.mkdir()
    for source in sorted(resources.rglob("*.*")):
        run(aapt2, "compile", "-o", compiled, source)
    return sorted(compiled.iterdir())


def pack(linked: Path, module: str, target: Path) -> None:
    """From what aapt2 links to what bundletool takes as a module, the base with native code."""
    with zipfile.ZipFile(linked) as source, zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            if name != "resources.pb" or module == "base":
                place = "manifest/AndroidManifest.xml" if name == "AndroidManifest.xml" else name
                archive.writestr(zipfile.ZipInfo(place), source.read(name))
        for abi in ABIS if module == "base" else ():
            archive.writestr(zipfile.ZipInfo(f"lib/{abi}/libnotes.so"), shared_object(abi, "libnotes.so"))


def unpack_aapt2(jar: str, folder: Path) -> Path:
    """The resource compiler inside the jar, for Linux."""
    aapt2 = folder / "aapt2"
    with zipfile.ZipFile(jar) as archive:
        aapt2.write_bytes(archive.read("linux/aapt2"))
    aapt2.chmod(0o700)
    return aapt2


def tool(bundletool: tuple[str, ...], command: str, **flags: object) -> None:
    """Run one of bundletool's commands."""
    run(*bundletool, command, *(f"--{name.replace('_', '-')}={value}" for name, value in flags.items()))


if __name__ == "__main__":
    main()
