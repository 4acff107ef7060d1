"""The first package pins the signer; a successor proves itself by its lineage."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appshare.app_download.model import PackageManifest
from appshare.app_download.signer_pin import SignerPin


def manifest(signer: str, *lineage: str) -> PackageManifest:
    return PackageManifest(
        package_name="org.example.notes", version_code=1, signer_sha256=signer, signer_lineage=lineage
    )


def pin_by(*manifests: PackageManifest) -> SignerPin | None:
    """The pin after these packages, in their order; None: one of them was refused."""
    first, *others = manifests
    pin = SignerPin.at_first_sight(first)
    for each in others:
        moved = pin.after(each)
        if moved is None:
            return None
        pin = moved
    return pin


@pytest.mark.parametrize(
    ("manifests", "signer"),
    [
        ([manifest("a"), manifest("a")], "a"),
        ([manifest("a"), manifest("b")], None),
        ([manifest("a"), manifest("b", "a", "b")], "b"),
        ([manifest("b", "a", "b"), manifest("a")], "b"),
        ([manifest("b"), manifest("b", "a", "b"), manifest("a")], "b"),
        ([manifest("b"), manifest("a")], None),
        ([manifest("a"), manifest("c", "b", "c")], None),
        ([manifest("a"), manifest("b", "a", "b"), manifest("c", "b", "c")], "c"),
        ([manifest("a"), manifest("c", "a", "b", "c"), manifest("b", "a", "b")], "c"),
        ([manifest("a"), manifest("b", "a", "b"), manifest("evil", "a", "evil")], None),
        ([manifest("a"), manifest("a,b")], None),
        ([manifest("a,b"), manifest("a")], None),
        ([manifest("a,b"), manifest("a,b")], "a,b"),
    ],
)
def test_the_signer_is_pinned_and_moves_forward(manifests: list[PackageManifest], signer: str | None) -> None:
    pin = pin_by(*manifests)
    assert (pin.signer_sha256 if pin else None) == signer


def test_the_operators_pin_does_not_trust_who_was_there_before() -> None:
    pin = SignerPin("b", by_operator=True)
    after = pin.after(manifest("b", "a", "b"))
    assert after == pin
    assert pin.after(manifest("a")) is None


def test_the_operators_pin_moves_forward_too_and_keeps_what_it_trusted() -> None:
    pin = SignerPin("b", by_operator=True).after(manifest("c", "a", "b", "c"))
    assert pin == SignerPin("c", frozenset({"b"}), by_operator=True)
    assert pin.accepts(manifest("b"))
    assert not pin.accepts(manifest("a"))


CHAIN = ("a", "b", "c", "d")
of_the_chain = st.builds(
    lambda start, end, *, proven: manifest(CHAIN[end], *(CHAIN[start : end + 1] if proven else ())),
    st.just(0),
    st.integers(0, 3),
    proven=st.booleans(),
)


@given(st.lists(of_the_chain, min_size=1, max_size=6))
def test_a_pin_never_moves_back_and_forgets_nobody(manifests: list[PackageManifest]) -> None:
    pin = SignerPin.at_first_sight(manifests[0])
    seen = [pin]
    for each in manifests[1:]:
        seen.append(seen[-1].after(each) or seen[-1])
    for before, after in pairwise(seen):
        assert CHAIN.index(after.signer_sha256) >= CHAIN.index(before.signer_sha256)
        assert before.former <= after.former
        assert after.accepts(manifest(before.signer_sha256))


@given(st.lists(of_the_chain, min_size=1, max_size=6), of_the_chain)
def test_what_is_admitted_is_accepted_afterwards(manifests: list[PackageManifest], added: PackageManifest) -> None:
    pin = pin_by(*manifests)
    after = pin.after(added) if pin else None
    assert after is None or after.accepts(added)
