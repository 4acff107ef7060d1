import pytest
from hypothesis import given
from hypothesis import strategies as st

from appshare.app_download.model import PackageManifest
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason
from appshare.app_download.package_reading.report import manifest_from, manifest_report, refusal_report


@given(st.from_type(PackageManifest))
def test_a_manifest_arrives_as_it_was_sent(manifest: PackageManifest) -> None:
    assert manifest_from(manifest_report(manifest).encode()) == manifest


@pytest.mark.parametrize("reason", RefusalReason)
def test_a_refusal_arrives_as_it_was_sent(reason: RefusalReason) -> None:
    with pytest.raises(PackageRefused) as refused:
        manifest_from(refusal_report(PackageRefused(reason, "for “this” reason")).encode())
    assert (refused.value.reason, refused.value.message) == (reason, "for “this” reason")
