"""Which newer builds of an app are fetched before anybody asks."""

from dataclasses import replace

from tests.unit.app_download.samples import apk

from appshare.app_download.package import Package
from appshare.app_download.upstreams.demand import MOST_BUILDS, newer
from appshare.app_download.upstreams.model import Offer, Source

SOURCE = Source(name="sample", address="https://example.org/repo", fingerprint="a" * 64)


def present(version_code: int, *abis: str, signer: str = "s") -> Package:
    build = apk(version_code=version_code, abis=abis, signer_sha256=signer)
    return Package(package_id=build.sha256, build=build)


def offered(version_code: int, *abis: str, signer: str = "s") -> Offer:
    return Offer(SOURCE, "app.apk", apk(version_code=version_code, abis=abis, signer_sha256=signer))


def test_the_newest_build_for_the_same_processors_is_fetched() -> None:
    newest = offered(4, "x86")
    offers = [offered(3, "x86"), newest, offered(2, "x86"), offered(9, "mips")]
    assert newer([present(1, "x86"), present(2, "x86")], offers) == [newest]


def test_what_is_not_newer_stays_there() -> None:
    assert newer([present(3)], [offered(3), offered(2)]) == []


def test_a_build_of_another_signer_is_not_fetched() -> None:
    assert newer([present(1)], [offered(2, signer="other")]) == []


def test_a_build_of_the_signer_before_a_rotation_counts() -> None:
    package = present(1, signer="new")
    rotated = replace(package, build=apk(version_code=1, signer_sha256="new", signer_lineage=("old", "new")))
    old = offered(2, signer="old")
    assert newer([rotated], [old]) == [old]


def test_there_is_a_bound_for_one_app() -> None:
    abis = [f"abi{number}" for number in range(MOST_BUILDS + 2)]
    assert len(newer([present(1, abi) for abi in abis], [offered(2, abi) for abi in abis])) == MOST_BUILDS
