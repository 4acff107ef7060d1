"""Why something does not fit: the rules that the packages break, put together into reasons that a person can act on."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

from appshare.app_download.fitting.android_versions import version_name
from appshare.app_download.fitting.fit_rules import Miss, target_sdk_floor
from appshare.app_download.model import DeviceProfile, NoFitKind, NoFitReason

NOT_IN_CATALOGUE = NoFitReason(NoFitKind.NOT_IN_CATALOGUE, "the catalogue has no build of this app")

_SENTENCES = {
    NoFitKind.PLATFORM: "made for {wants}; you have {has}",
    NoFitKind.SIGNER_CHANGED: "signed by somebody else than the signer that is trusted",
    NoFitKind.MIN_SDK: "needs Android {lowest}; you have {has}",
    NoFitKind.MAX_SDK: "made for Android up to {highest}; you have {has}",
    NoFitKind.TARGET_SDK: "made for Android {highest}; you have {has}, which asks for {floor} or newer",
    NoFitKind.ABI: "made for {wants}; you have {has}",
    NoFitKind.FEATURE: "needs {wants}, which you do not have",
    NoFitKind.GL_ES: "needs OpenGL ES {lowest}; you have {has}",
    NoFitKind.SCREEN: "made for screens of {wants}; you have {has}",
    NoFitKind.TEXTURE: "has pictures in {wants} only; you have {has}",
    NoFitKind.VARIANT: "has a split set that is not clear about your device: {wants}",
    NoFitKind.MODULE: "cannot be had with the modules {wants}",
    NoFitKind.MISSING_SPLIT: "lacks for your device: {wants}",
    NoFitKind.DENIED: "the operator keeps it from devices like yours ({wants})",
    NoFitKind.MIN_VERSION: "the operator allows version code {has} and newer only; there is {highest}",
}
_MOST_NAMED = 6
"""Of what packages want; the reason's own list has them all."""

_SDK_KINDS = (NoFitKind.MIN_SDK, NoFitKind.MAX_SDK, NoFitKind.TARGET_SDK)


def reasons(profile: DeviceProfile, missed: Sequence[tuple[Miss, ...]]) -> tuple[NoFitReason, ...]:
    """One reason per broken rule, the one that keeps out the most packages first; `missed` has a tuple per package."""
    keeps_out = Counter(kind for broken in missed for kind in {miss.kind for miss in broken})
    kinds = sorted(NoFitKind, key=lambda kind: -keeps_out[kind])
    return tuple(_reason(profile, kind, missed) for kind in kinds if keeps_out[kind])


def _reason(profile: DeviceProfile, kind: NoFitKind, missed: Sequence[tuple[Miss, ...]]) -> NoFitReason:
    """The sentence speaks of the packages that this rule alone keeps out, if there are any: they are what would fit."""
    alone = [broken for broken in missed if {miss.kind for miss in broken} == {kind}]
    every = [miss for miss in chain.from_iterable(missed) if miss.kind is kind]
    has = every[0].device_has
    would_fit = _wants(chain.from_iterable(alone)) or _wants(every)
    return NoFitReason(kind, _sentence(profile, kind, has, would_fit), has, _wants(every))


def _wants(broken: Iterable[Miss]) -> tuple[str, ...]:
    """Without repetition; numbers in their order, then names in theirs."""
    return tuple(sorted({want for miss in broken for want in miss.package_wants}, key=_numbers_first))


def _numbers_first(want: str) -> tuple[bool, int, str]:
    return (not want.isdecimal(), int(want) if want.isdecimal() else 0, want)


def _sentence(profile: DeviceProfile, kind: NoFitKind, has: tuple[str, ...], wants: tuple[str, ...]) -> str:
    if kind in _SDK_KINDS:
        has, wants = tuple(map(_android, has)), tuple(map(_android, wants))
    return _SENTENCES[kind].format(
        has=_named(has),
        wants=_named(wants),
        lowest=wants[0],
        highest=wants[-1],
        floor=_android(str(target_sdk_floor(profile))),
    )


def _named(values: Sequence[str]) -> str:
    """`armeabi, x86`; of a long list the beginning."""
    more = len(values) - _MOST_NAMED
    return ", ".join(values[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _android(sdk: str) -> str:
    """`12` for SDK 31; a codename stays what it is."""
    if not sdk.isdecimal():
        return sdk
    return version_name(int(sdk)) or f"SDK {sdk}"
