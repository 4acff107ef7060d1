"""Languages: all that the device speaks are installed (bundletool's LanguageMatcher)."""

from appshare.app_download.model import DeviceProfile
from appshare.app_download.table_of_contents import Targeting

_OLD_CODES = {"iw": "he", "in": "id", "ji": "yi"}
"""Codes that ISO 639 has replaced, and that older Androids and older sets still write."""


def matches(profile: DeviceProfile, wanted: Targeting[str]) -> bool:
    """Whether the device speaks one of the languages; without any, whether it speaks one that no sibling serves."""
    spoken = languages(profile)
    if wanted.value:
        return not spoken.isdisjoint(map(subtag, wanted.value))
    return not wanted or not spoken <= set(map(subtag, wanted.alternatives))


def languages(profile: DeviceProfile) -> set[str]:
    """The languages of the device's locales."""
    return set(map(subtag, profile.supported_locales))


def subtag(locale: str) -> str:
    """`zh` for `zh-Hans-CN`."""
    language = locale.partition("-")[0].lower()
    return _OLD_CODES.get(language, language)
