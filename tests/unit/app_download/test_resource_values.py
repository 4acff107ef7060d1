"""All values of a resource, out of the tables of real packages."""

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appshare.app_download.package_reading.limits import ReadingLimits
from appshare.app_download.package_reading.reading import read
from appshare.app_download.package_reading.resource_table import locales
from appshare.app_download.package_reading.resource_values import ResourceValues

CHAT = Path(__file__).parents[2] / "packages" / "chat-1.0.apk"
LABELS = {"": "Sample Chat", "de": "Beispiel-Chat", "zh": "示例聊天"}
with zipfile.ZipFile(CHAT) as archive:
    TABLE = archive.read("resources.arsc")


def test_a_text_has_a_value_for_each_language() -> None:
    assert {value.locale: value.text for value in ResourceValues(TABLE).of("@string/label")} == LABELS
    assert locales(TABLE) == ("de", "zh")


def test_a_file_has_a_value_for_each_density() -> None:
    [icon] = ResourceValues(TABLE).of("@drawable/icon")
    assert (icon.text, icon.density) == ("res/drawable-xhdpi-v4/icon.png", 320)


@pytest.mark.parametrize("reference", ["@string/other", "@other/label", "@7fffffff", "@nothing", ""])
def test_what_is_not_there_has_no_value(reference: str) -> None:
    assert ResourceValues(TABLE).of(reference) == []


@given(st.integers(0, len(TABLE) - 1), st.integers(0, 255), st.booleans())
def test_no_table_stops_the_reader(place: int, byte: int, cut: bool) -> None:  # noqa: FBT001  # hypothesis gives it
    damaged = TABLE[:place] if cut else TABLE[:place] + bytes([byte]) + TABLE[place + 1 :]
    assert isinstance(locales(damaged), tuple)
    assert isinstance(ResourceValues(damaged).of("@string/label"), list)


def test_a_package_tells_its_labels_and_its_icon() -> None:
    with CHAT.open("rb") as package:
        manifest = read(package, ReadingLimits())
    assert dict(manifest.labels) == {locale: label for locale, label in LABELS.items() if locale}
    assert (manifest.label, manifest.locales) == (LABELS[""], ("de", "zh"))
    assert len(manifest.icon_sha256) == 64
