import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.app_download.split_sets import sets

from appshare.app_download.model import Artifact, PackageManifest
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason
from appshare.app_download.package_reading.report import (
    manifest_from,
    manifest_report,
    package_or_set_from,
    refusal_report,
    set_report,
)
from appshare.app_download.package_set import PackageSet
from appshare.app_download.table_of_contents import TableOfContents

TOC = sets.toc(sets.module("base", *sets.splits("base", "multi_abi", ("x86", "x86_64"), ("x86",))))


@given(st.from_type(PackageManifest))
def test_a_manifest_arrives_as_it_was_sent(manifest: PackageManifest) -> None:
    assert manifest_from(manifest_report(manifest).encode()) == manifest


@given(st.from_type(PackageManifest), st.none() | st.just(TOC))
def test_a_set_arrives_as_it_was_sent(manifest: PackageManifest, toc: TableOfContents | None) -> None:
    part = Artifact(sha256="aa", size=1, file_name="base.apk", manifest=manifest)
    sent = PackageSet(parts=(part,), table_of_contents=toc, device_model="Pixel 8")
    assert package_or_set_from(set_report(sent).encode()) == sent


@given(st.from_type(PackageManifest))
def test_a_package_may_arrive_where_a_set_may(manifest: PackageManifest) -> None:
    assert package_or_set_from(manifest_report(manifest).encode()) == manifest


@pytest.mark.parametrize("reason", RefusalReason)
def test_a_refusal_arrives_as_it_was_sent(reason: RefusalReason) -> None:
    with pytest.raises(PackageRefused) as refused:
        manifest_from(refusal_report(PackageRefused(reason, "for “this” reason")).encode())
    assert (refused.value.reason, refused.value.message) == (reason, "for “this” reason")
