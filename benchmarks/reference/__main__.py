"""`make compare-aapt`: what we read of real packages beside aapt and apksigner, each difference with its reason."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from appshare.app_download.model import PackageManifest
from appshare.app_download.package_reading.limits import ReadingLimits
from appshare.app_download.package_reading.reading import read
from appshare.app_download.package_reading.refusal import PackageRefused
from benchmarks.reference.aapt import (
    AAPT,
    IMPLIED_FEATURES,
    READ_ALTHOUGH_AAPT_FAILS,
    REFUSED,
    differences,
    unlike_features,
)
from benchmarks.reference.apksigner import APKSIGNER, AT_28, DIFFERENCES, accepted_from, levels

_OTHERS = Path(__file__).parents[3] / "shared" / "data" / "apks"
_LIMITS = ReadingLimits()
_MOST_LISTED = 20
"""Files of which the same is said that are listed one by one."""


@dataclass(frozen=True)
class Difference:
    """Where we do not say what the tool says; without a reason it must not be."""

    file: str
    what: str
    reason: str


@click.command()
@click.argument("folder", default=_OTHERS, type=click.Path(file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Compare with what the FOLDER's manifest.json has of aapt and apksigner (default: ../shared/data/apks).

    Exit code 1 when a difference has no reason.
    """
    if not (folder / "manifest.json").exists():
        print(f"skipped: the packages of others are not here: {folder.name}/manifest.json")
        return
    packages = json.loads((folder / "manifest.json").read_text())["packages"]
    by_aapt = [difference for package in packages for difference in _from_aapt(folder, package)]
    by_apksigner = [difference for package in packages for difference in _from_apksigner(folder, package)]
    _tell("aapt", packages, by_aapt)
    _tell("apksigner", packages, by_apksigner)
    if any(not each.reason for each in (*by_aapt, *by_apksigner)):
        raise SystemExit(1)


def _from_aapt(folder: Path, package: dict[str, Any]) -> Iterator[Difference]:
    file, expected = package["file"], package[AAPT]
    try:
        manifest = _read(folder / file)
    except PackageRefused as refused:
        if package["aapt_rc"] == 0 or REFUSED.get(file) != refused.reason:
            yield Difference(file, f"refused: {refused.reason}", "")
        return
    if package["aapt_rc"] != 0:
        yield Difference(file, "read, and aapt fails", READ_ALTHOUGH_AAPT_FAILS.get(file, ""))
    for name, (ours, theirs) in differences(manifest, expected).items():
        yield Difference(file, f"{name} {ours}, aapt {theirs}", "")
    for feature in sorted(unlike_features(manifest, expected) & IMPLIED_FEATURES.keys()):
        reason = f"no manifest names it, and Android does not ask; aapt derives it: {IMPLIED_FEATURES[feature]}"
        yield Difference(file, f"without the feature {feature}", reason)


def _from_apksigner(folder: Path, package: dict[str, Any]) -> Iterator[Difference]:
    file, said = package["file"], package[APKSIGNER]
    reasons = {question: reason for reason, files in DIFFERENCES.items() for question in files.get(file, ())}
    for question, level in levels(package).items():
        verdict = accepted_from(folder, package, level)
        if (verdict is not None) != said[question]:
            what = f"{question}: {'accepted' if verdict else 'refused'}"
            yield Difference(file, what, reasons.get(question, ""))
        elif verdict and question == AT_28 and sorted(verdict.signers) != sorted(said["cert_sha256"]):
            yield Difference(file, f"signer {', '.join(verdict.signers)}", "")


def _read(path: Path) -> PackageManifest:
    with path.open("rb") as file:
        return read(file, _LIMITS, require_signature=False)


def _tell(tool: str, packages: Sequence[dict[str, Any]], found: Sequence[Difference]) -> None:
    """A line per file; of what many files have in common, one for all."""
    files = {each.file for each in found}
    print(f"{tool}: {len(packages)} packages, {len(packages) - len(files)} of them all alike")
    for reason in dict.fromkeys(each.reason for each in found):
        print(f"  {reason or 'NO REASON'}")
        alike = [each for each in found if each.reason == reason]
        if len(alike) > _MOST_LISTED and len({each.what for each in alike}) == 1:
            print(f"    {len(alike)} packages: {alike[0].what}")
            continue
        for each in alike:
            print(f"    {each.file}: {each.what}")


if __name__ == "__main__":
    main()
