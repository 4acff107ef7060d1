"""Which packages the catalogue takes."""

from typing import Any

import pytest
from tests.unit.app_download.samples import apk, package

from appshare import errors
from appshare.app_download.admission import admitted
from appshare.app_download.admission_policy import AdmissionPolicy
from appshare.app_download.app_decisions import AppDecisions
from appshare.app_download.package import Package
from appshare.app_download.package_set import PackageSet
from appshare.app_download.signer_pin import SignerPin
from appshare.errors import Reason

LENIENT = {
    Reason.PACKAGE_DEBUGGABLE: {"refuse_debuggable": False},
    Reason.PACKAGE_TEST_ONLY: {"refuse_test_only": False},
    Reason.PACKAGE_DEBUG_CERTIFICATE: {"refuse_debug_certificate": False},
    Reason.PACKAGE_TARGET_SDK_TOO_LOW: {"lowest_target_sdk": 29},
    Reason.PACKAGE_32_BIT_ONLY: {"refuse_32_bit_only": False},
}
STRICT: dict[str, Any] = {"refuse_32_bit_only": True, "lowest_target_sdk": 30}
REFUSED = [
    ({"debuggable": True}, Reason.PACKAGE_DEBUGGABLE),
    ({"test_only": True}, Reason.PACKAGE_TEST_ONLY),
    ({"debug_certificate": True}, Reason.PACKAGE_DEBUG_CERTIFICATE),
    ({"target_sdk": 29}, Reason.PACKAGE_TARGET_SDK_TOO_LOW),
    ({"abis": ("armeabi-v7a",)}, Reason.PACKAGE_32_BIT_ONLY),
    ({"abis": ("armeabi-v7a", "arm64-v8a", "x86")}, Reason.PACKAGE_32_BIT_ONLY),
]


def refusal(added: Package, *present: Package, policy: AdmissionPolicy) -> errors.InvalidArgumentError:
    with pytest.raises(errors.InvalidArgumentError) as refused:
        admitted(added, present, AppDecisions(), policy)
    return refused.value


@pytest.mark.parametrize(("what", "reason"), REFUSED)
def test_each_kind_is_refused_and_says_which_setting_allows_it(what: dict[str, Any], reason: Reason) -> None:
    error = refusal(package(**what), policy=AdmissionPolicy(**STRICT))
    [(setting, value)] = LENIENT[reason].items()
    assert error.reason is reason
    assert error.message.endswith(f"or start AppDownload with APPSHARE_{setting.upper()}={str(value).lower()}")


@pytest.mark.parametrize(("what", "reason"), REFUSED)
def test_each_refusal_can_be_switched_off(what: dict[str, Any], reason: Reason) -> None:
    policy = AdmissionPolicy(**{**STRICT, **LENIENT[reason]})
    assert admitted(package(**what), [], AppDecisions(), policy)


@pytest.mark.parametrize("what", [{}, {"abis": ("armeabi-v7a",)}, {"target_sdk": 1}, {"abis": ("arm64-v8a", "mips64")}])
def test_without_settings_old_phones_are_served(what: dict[str, Any]) -> None:
    assert admitted(package(**what), [], AppDecisions(), AdmissionPolicy())


@pytest.mark.parametrize("what", [{"debuggable": True}, {"test_only": True}, {"debug_certificate": True}])
def test_every_part_of_a_set_counts(what: dict[str, Any]) -> None:
    parts = (apk("base.apk"), apk("camera.apk", split_name="camera", **what))
    assert refusal(Package(package_id="1", build=PackageSet(parts=parts)), policy=AdmissionPolicy())


def test_the_code_of_a_set_is_that_of_all_its_parts() -> None:
    splits = [apk(abi, split_name=f"config.{abi}", abis=(abi,)) for abi in ("armeabi-v7a", "arm64-v8a")]
    policy = AdmissionPolicy(refuse_32_bit_only=True, lowest_target_sdk=30)
    whole = PackageSet(parts=(apk("base.apk"), *splits))
    assert admitted(Package(package_id="1", build=whole), [], AppDecisions(), policy)
    half = PackageSet(parts=(apk("base.apk"), splits[0]))
    assert refusal(Package(package_id="2", build=half), policy=policy).reason is Reason.PACKAGE_32_BIT_ONLY


def test_the_target_of_a_set_is_that_of_its_base() -> None:
    parts = (apk("base.apk", target_sdk=34), apk("config.de.apk", split_name="config.de", target_sdk=1))
    built = Package(package_id="1", build=PackageSet(parts=parts))
    assert admitted(built, [], AppDecisions(), AdmissionPolicy(lowest_target_sdk=30))


def test_64_bit_code_may_be_in_another_package_of_the_version() -> None:
    policy = AdmissionPolicy(refuse_32_bit_only=True)
    added = package("32", version_code=2, abis=("armeabi-v7a",))
    older = package("older", version_code=1, abis=("arm64-v8a",))
    assert refusal(added, older, policy=policy).reason is Reason.PACKAGE_32_BIT_ONLY
    same = package("64", version_code=2, abis=("arm64-v8a",))
    assert admitted(added, [same, older], AppDecisions(), policy)


def test_a_version_below_the_lowest_is_refused() -> None:
    decided = AppDecisions(lowest_version=5)
    with pytest.raises(errors.InvalidArgumentError, match=r"version code 4 .* below 5") as refused:
        admitted(package(version_code=4), [], decided, AdmissionPolicy())
    assert refused.value.reason is Reason.PACKAGE_VERSION_TOO_LOW
    assert admitted(package(version_code=5), [], decided, AdmissionPolicy())


def test_the_first_package_pins_its_signer_whoever_else_is_there() -> None:
    """The operator has unpinned the app: what the catalogue holds does not decide."""
    pin = admitted(package(signer_sha256="b"), [package(signer_sha256="a")], AppDecisions(), AdmissionPolicy())
    assert pin == SignerPin("b")


def test_another_signer_is_refused_with_both_digests() -> None:
    with pytest.raises(errors.InvalidArgumentError) as refused:
        admitted(package(signer_sha256="b"), [], AppDecisions(pin=SignerPin("a")), AdmissionPolicy())
    assert refused.value.reason is Reason.PACKAGE_SIGNER_CHANGED
    assert refused.value.metadata == {"signer_sha256": "b", "pinned_sha256": "a"}
