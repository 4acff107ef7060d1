#!/usr/bin/env python3
"""Build the sample packages and packages.json; README.md beside this file says what they are for."""

import hashlib
import json
import re
import shutil
import string
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tiny_elf import shared_object

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sources"
FRAMEWORK = Path("/usr/share/android-framework-res/framework-res.apk")
DEBIAN_PACKAGES = "aapt apksigner zipalign android-framework-res default-jre-headless"
KEY_PASSWORD = "appshare"  # noqa: S105 - the keys are throw-away test keys, committed with their password


@dataclass(frozen=True)
class Sample:
    """One package of the set; `densities` empty means every screen, `abis` empty every processor."""

    app: str
    version_name: str
    version_code: int
    min_sdk: int
    target_sdk: int
    max_sdk: int | None = None
    variant: str = ""
    abis: tuple[str, ...] = ()
    densities: tuple[int, ...] = ()
    features: tuple[str, ...] = ()
    asset_bytes: int = 0
    key: str = "sample"

    @property
    def file_name(self) -> str:
        """The name of the file, such as chat-2.0-arm64-v8a.apk."""
        return "-".join(filter(None, (self.app, self.version_name, self.variant))) + ".apk"


# Together, the densities that Android's guide to <compatible-screens> names; a screen of 640 fits none.
SCREENS = {"hdpi": (120, 160, 240), "xhdpi": (280, 320), "xxhdpi": (360, 420, 480, 560)}

SAMPLES = (
    Sample("chat", "1.0", 100, min_sdk=16, target_sdk=28),
    *(
        Sample("chat", "2.0", 200, min_sdk=21, target_sdk=33, variant=abi, abis=(abi,))
        for abi in ("armeabi-v7a", "arm64-v8a", "x86_64")
    ),
    *(
        Sample("chat", "3.0", 300, min_sdk=29, target_sdk=35, variant=abi, abis=(abi,))
        for abi in ("arm64-v8a", "x86_64")
    ),
    Sample("chat", "4.0", 400, min_sdk=21, target_sdk=35, variant="other-signer", key="other"),
    *(
        Sample(
            "maps",
            "1.0",
            50,
            min_sdk=21,
            target_sdk=34,
            variant=screen,
            densities=densities,
            features=("android.hardware.location",),
        )
        for screen, densities in SCREENS.items()
    ),
    Sample(
        "browser",
        "1.0",
        10,
        min_sdk=21,
        target_sdk=34,
        abis=("armeabi-v7a", "arm64-v8a", "x86", "x86_64"),
        asset_bytes=250_000,
    ),
    Sample("mail", "1.0", 10, min_sdk=23, target_sdk=33, max_sdk=33),
)


def main() -> None:
    """Build and check every sample aside, then put them in place with what the tools say of them."""
    require_tools()
    with tempfile.TemporaryDirectory() as scratch:
        packages = [build(sample, Path(scratch)) for sample in SAMPLES]
        truth = {package.name: describe(package) for package in packages}
        for old in HERE.glob("*.apk"):
            old.unlink()
        for package in packages:
            shutil.copyfile(package, HERE / package.name)
    document = json.dumps(truth, indent=2, ensure_ascii=False) + "\n"
    (HERE / "packages.json").write_text(document, encoding="utf-8")
    for name, facts in truth.items():
        sys.stdout.write(f"{facts['size']:>7} {facts['sha256']:.12} {name}\n")


def build(sample: Sample, scratch: Path) -> Path:
    """Make one signed package in `scratch`."""
    manifest = scratch / "AndroidManifest.xml"
    manifest.write_text(manifest_of(sample), encoding="utf-8")
    compiled, packed, aligned = (scratch / step for step in ("compiled.zip", "packed.zip", "aligned.zip"))
    run(
        *("aapt", "package", "-f", "-M", manifest, "-I", FRAMEWORK, "-F", compiled),
        *("--auto-add-overlay", "-S", SOURCES / sample.app, "-S", SOURCES / "shared"),
    )
    pack(compiled, extra_files(sample), packed)
    run("zipalign", "-f", "4", packed, aligned)
    signed = scratch / sample.file_name
    run(
        *("apksigner", "sign", "--in", aligned, "--out", signed),
        *("--ks", HERE / "keys" / f"{sample.key}.p12", "--ks-pass", f"pass:{KEY_PASSWORD}"),
        *signature_schemes(sample.min_sdk),
    )
    return signed


def signature_schemes(min_sdk: int) -> list[str]:
    """The options of apksigner: v1 is for phones before API 24, v2 for those before 28, v3 for the rest."""
    wanted = {"v1": min_sdk < 24, "v2": min_sdk < 28, "v3": True, "v4": False}
    return [f"--{scheme}-signing-enabled={str(on).lower()}" for scheme, on in wanted.items()]


def manifest_of(sample: Sample) -> str:
    """The manifest's template with the blanks filled in."""
    levels = {"min": sample.min_sdk, "target": sample.target_sdk, "max": sample.max_sdk}
    requirements = [f'<uses-feature android:name="{name}" />' for name in sample.features]
    if sample.densities:
        # Every size, so that between the variants nothing but the density decides.
        screens = [
            f'<screen android:screenSize="{size}" android:screenDensity="{density}" />'
            for size in ("small", "normal", "large", "xlarge")
            for density in sample.densities
        ]
        requirements += ["<compatible-screens>", *screens, "</compatible-screens>"]
    return string.Template((SOURCES / "AndroidManifest.xml").read_text(encoding="utf-8")).substitute(
        app=sample.app,
        version_code=sample.version_code,
        version_name=sample.version_name,
        sdk_levels=" ".join(f'android:{k}SdkVersion="{v}"' for k, v in levels.items() if v is not None),
        requirements="\n    ".join(requirements),
    )


def extra_files(sample: Sample) -> dict[str, bytes]:
    """What aapt does not make: the native libraries, and an asset that gives a download some length."""
    soname = f"lib{sample.app}.so"
    files = {f"lib/{abi}/{soname}": shared_object(abi, soname) for abi in sample.abis}
    if sample.asset_bytes:
        # The output of a hash cannot be compressed, and is the same in every build.
        files["assets/ballast.bin"] = hashlib.shake_256(sample.app.encode()).digest(sample.asset_bytes)
    return files


def pack(compiled: Path, extra: dict[str, bytes], target: Path) -> None:
    """Write aapt's files and the extra ones to `target`, in the same order and with the same date every time.

    Nothing is compressed: compressed bytes differ between versions of zlib, and since API 30 the
    resource table has to be stored as it is anyway.
    """
    with zipfile.ZipFile(compiled) as archive:
        files = {name: archive.read(name) for name in archive.namelist()} | extra
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name), files[name])


def describe(package: Path) -> dict[str, object]:
    """What aapt and apksigner say of a package; apksigner has to accept it from its minSdkVersion on."""
    content = package.read_bytes()
    badging = run("aapt", "dump", "badging", package)
    min_sdk = one(r"^sdkVersion:'(\d+)'", badging)
    signature = run("apksigner", "verify", "--verbose", "--print-certs", "--min-sdk-version", min_sdk, package)
    # aapt adds features that it takes for implied, such as a touch screen; the manifest names the others.
    features = re.findall(r"uses-feature: name='(.+?)'", badging)
    implied = re.findall(r"uses-implied-feature: name='(.+?)'", badging)
    return {
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "package": one(r"^package: name='(.+?)'", badging),
        "version_code": int(one(r"^package: .*?versionCode='(\d+)'", badging)),
        "version_name": one(r"^package: .*?versionName='(.+?)'", badging),
        "label": one(r"^application-label:'(.+)'", badging),
        "min_sdk": int(min_sdk),
        "max_sdk": int(one(r"^maxSdkVersion:'(\d+)'", badging, default="0")) or None,
        "target_sdk": int(one(r"^targetSdkVersion:'(\d+)'", badging)),
        "abis": re.findall(r"'(.+?)'", one(r"^native-code:(.*)", badging, default="")),
        "densities": sorted({int(density) for density in re.findall(r"'\d+/(\d+)'", badging)}),
        "features": sorted(set(features) - set(implied)),
        "signature_schemes": re.findall(r"^Verified using (v\d) scheme .*: true$", signature, re.MULTILINE),
        "signer_sha256": one(r"^Signer #1 certificate SHA-256 digest: (\w+)", signature),
    }


def one(pattern: str, text: str, default: str | None = None) -> str:
    """The first group of the first match, or `default`; without a default there has to be a match."""
    if match := re.search(pattern, text, re.MULTILINE):
        return match[1]
    if default is None:
        sys.exit(f"aapt or apksigner has printed nothing like {pattern}")
    return default


def run(*command: str | Path) -> str:
    """The standard output of a tool; its complaint ends the build."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def require_tools() -> None:
    """End with a sentence that says what to install, where something is missing."""
    missing = [tool for tool in ("aapt", "apksigner", "zipalign") if shutil.which(tool) is None]
    missing += [] if FRAMEWORK.exists() else [FRAMEWORK.name]
    if missing:
        sys.exit(f"Missing: {', '.join(missing)}. On Debian: apt-get install {DEBIAN_PACKAGES}")


if __name__ == "__main__":
    main()
