"""The first package pins the signer; a successor proves itself by its lineage."""

import pytest

from appshare.app_download.admission import is_trusted
from appshare.app_download.model import PackageManifest


def manifest(signer: str, *lineage: str) -> PackageManifest:
    return PackageManifest(
        package_name="org.example.notes", version_code=1, signer_sha256=signer, signer_lineage=lineage
    )


@pytest.mark.parametrize(
    ("added", "present", "trusted"),
    [
        (manifest("a"), [], True),
        (manifest("a"), [manifest("a")], True),
        (manifest("b"), [manifest("a")], False),
        (manifest("b", "a", "b"), [manifest("a")], True),
        (manifest("a"), [manifest("b", "a", "b")], True),
        (manifest("c", "b", "c"), [manifest("a")], False),
        (manifest("c", "b", "c"), [manifest("a"), manifest("b", "a", "b")], True),
        (manifest("a,b"), [manifest("a")], False),
    ],
)
def test_the_signer_is_pinned(added: PackageManifest, present: list[PackageManifest], trusted: object) -> None:
    assert is_trusted(added, present) is trusted
