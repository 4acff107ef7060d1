from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.tokens import new_keys

from appshare import errors
from appshare.gateway.access_tokens import AccessTokens, Caller
from appshare.gateway.signing_keys import SigningKeys

LIFETIME = 60
PHONE = Caller("phone", "number")
FAR = 2**40


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(tmp_path: Path, clock: Clock) -> SigningKeys:
    return new_keys(tmp_path, LIFETIME, clock)


@pytest.fixture
def tokens(keys: SigningKeys, clock: Clock) -> AccessTokens:
    return AccessTokens(keys, LIFETIME, clock)


def refusal(tokens: AccessTokens, token: str) -> errors.Reason:
    with pytest.raises(errors.UnauthenticatedError) as refusal:
        tokens.caller(token)
    return refusal.value.reason


def test_a_token_says_who_calls_as_often_as_it_is_shown(tokens: AccessTokens) -> None:
    token = tokens.issue(PHONE).token
    assert [tokens.caller(token) for _ in range(3)] == [PHONE] * 3


def test_a_token_expires_also_when_it_is_remembered(tokens: AccessTokens, clock: Clock) -> None:
    seen, unseen = tokens.issue(PHONE).token, tokens.issue(Caller("other")).token
    clock.now += LIFETIME - 1
    tokens.caller(seen)
    clock.now += 1
    assert refusal(tokens, seen) is refusal(tokens, unseen) is errors.Reason.EXPIRED_TOKEN


def test_a_token_without_the_signature_of_the_cloud_is_refused(tokens: AccessTokens, keys: SigningKeys) -> None:
    claims: dict[str, Any] = {"iss": "appshare", "sub": "phone", "exp": FAR}
    ours = {"kid": keys.newest.key_id}
    stranger = Ed25519PrivateKey.generate()
    genuine = tokens.issue(PHONE).token
    tokens.caller(genuine)
    forged = [
        jwt.encode(claims, stranger, algorithm="EdDSA"),
        jwt.encode(claims, stranger, algorithm="EdDSA", headers=ours),
        jwt.encode(claims, stranger, algorithm="EdDSA", headers={"kid": "unknown"}),
        jwt.encode(claims, "", algorithm="none", headers=ours),
        jwt.encode(claims, "a shared secret, long enough for its hash", algorithm="HS256", headers=ours),
        genuine[:-8],
        f"{genuine}=",
        "nonsense",
    ]
    assert {refusal(tokens, token) for token in forged} == {errors.Reason.INVALID_TOKEN}


@pytest.mark.parametrize("claim", ["iss", "sub", "exp"])
def test_a_token_that_lacks_something_is_refused(tokens: AccessTokens, keys: SigningKeys, claim: str) -> None:
    claims: dict[str, Any] = {"iss": "appshare", "sub": "phone", "exp": FAR}
    del claims[claim]
    token = jwt.encode(claims, keys.newest.private_key, algorithm="EdDSA", headers={"kid": keys.newest.key_id})
    assert refusal(tokens, token) is errors.Reason.INVALID_TOKEN


class TestRotation:
    def test_tokens_of_both_keys_are_good_until_they_are_over(
        self, tokens: AccessTokens, keys: SigningKeys, clock: Clock
    ) -> None:
        before = tokens.issue(PHONE).token
        clock.now += 30
        keys.rotate()
        after = tokens.issue(PHONE).token
        assert jwt.get_unverified_header(before)["kid"] != jwt.get_unverified_header(after)["kid"]
        assert tokens.caller(before) == tokens.caller(after) == PHONE
        clock.now += 30
        assert refusal(tokens, before) is errors.Reason.EXPIRED_TOKEN
        assert tokens.caller(after) == PHONE

    def test_a_token_whose_key_is_forgotten_is_to_be_refreshed(
        self, tokens: AccessTokens, keys: SigningKeys, clock: Clock
    ) -> None:
        seen, unseen = tokens.issue(PHONE).token, tokens.issue(Caller("other")).token
        tokens.caller(seen)
        keys.rotate()
        clock.now += LIFETIME
        keys.forget_over()
        assert not keys.older
        assert refusal(tokens, seen) is refusal(tokens, unseen) is errors.Reason.EXPIRED_TOKEN

    def test_a_withdrawn_key_signs_for_nobody_at_once_and_its_sessions_can_be_refreshed(
        self, tokens: AccessTokens, keys: SigningKeys
    ) -> None:
        seen, unseen = tokens.issue(PHONE).token, tokens.issue(Caller("other")).token
        tokens.caller(seen)
        stolen = keys.newest
        keys.rotate(withdraw_older=True)
        claims = {"iss": "appshare", "sub": "victim", "exp": FAR}
        forged = jwt.encode(claims, stolen.private_key, algorithm="EdDSA", headers={"kid": stolen.key_id})
        for token in (seen, unseen, forged):
            assert refusal(tokens, token) is errors.Reason.EXPIRED_TOKEN
        assert tokens.caller(tokens.issue(PHONE).token) == PHONE


def test_what_is_remembered_is_bounded_and_what_is_forgotten_is_verified_again(keys: SigningKeys, clock: Clock) -> None:
    tokens = AccessTokens(keys, LIFETIME, clock, max_remembered=2)
    issued = [tokens.issue(Caller(f"phone {index}")).token for index in range(5)]
    for _ in range(2):
        assert [tokens.caller(each).device_id for each in issued] == [f"phone {index}" for index in range(5)]
    assert len(tokens._genuine) == 2


def test_what_is_no_token_is_not_remembered(tokens: AccessTokens) -> None:
    for index in range(3):
        refusal(tokens, f"nonsense {index}")
    assert not tokens._genuine
