"""Refresh tokens: rotated at every use, worthless when copied."""

import asyncio

import pytest
from tests.unit.relation_radar.doubles import FakeClock, RecordingSender

from appshare import errors
from appshare.relation_radar.registration import Registrar
from appshare.relation_radar.store import RadarStore

SESSION_LIFETIME = 30 * 24 * 3600.0


@pytest.fixture
async def registered(registrar: Registrar, sender: RecordingSender) -> tuple[str, str]:
    """The id and the first refresh token of a device."""
    registration = await registrar.start("+8613800138000", "", None)
    return await registrar.confirm(registration.registration_id, sender.last_code)


async def assert_over(registrar: Registrar, token: str) -> None:
    with pytest.raises(errors.UnauthenticatedError) as caught:
        await registrar.rotate(token)
    assert caught.value.reason is errors.Reason.INVALID_REFRESH_TOKEN
    assert token not in caught.value.message or not token


async def test_every_use_gives_a_new_token(registrar: Registrar, registered: tuple[str, str]) -> None:
    device_id, token = registered
    seen = {token}
    for _ in range(3):
        rotated_for, token = await registrar.rotate(token)
        assert rotated_for == device_id
        seen.add(token)
    assert len(seen) == 4


async def test_a_token_stays_good_for_a_session_lifetime(
    registrar: Registrar, registered: tuple[str, str], clock: FakeClock
) -> None:
    _, token = registered
    for _ in range(3):
        clock.advance(SESSION_LIFETIME - 1)
        _, token = await registrar.rotate(token)


async def test_a_session_that_was_not_renewed_for_its_lifetime_is_over(
    registrar: Registrar, registered: tuple[str, str], clock: FakeClock
) -> None:
    _, token = await registrar.rotate(registered[1])
    clock.advance(SESSION_LIFETIME)
    await assert_over(registrar, token)
    clock.advance(-SESSION_LIFETIME)  # also when the clock is set back
    await assert_over(registrar, token)


async def test_a_session_whose_time_is_over_looks_like_one_that_never_was(
    registrar: Registrar, registered: tuple[str, str], clock: FakeClock
) -> None:
    clock.advance(SESSION_LIFETIME)
    messages = set()
    for token in (registered[1], "unknown.token"):
        with pytest.raises(errors.UnauthenticatedError) as caught:
            await registrar.rotate(token)
        messages.add((caught.value.reason, caught.value.message))
    assert len(messages) == 1


async def test_when_the_answer_was_lost_the_token_is_taken_again(
    registrar: Registrar, registered: tuple[str, str], clock: FakeClock
) -> None:
    device_id, token = registered
    await registrar.rotate(token)  # its answer never arrives
    clock.advance(59.9)
    again_for, successor = await registrar.rotate(token)
    assert again_for == device_id
    assert (await registrar.rotate(successor))[0] == device_id


async def test_answers_can_be_lost_again_and_again_within_a_minute(
    registrar: Registrar, registered: tuple[str, str], clock: FakeClock
) -> None:
    _, token = registered
    for _ in range(3):
        await registrar.rotate(token)
        clock.advance(19)
    _, successor = await registrar.rotate(token)
    await registrar.rotate(successor)


async def test_lost_answers_do_not_make_the_minute_longer(
    registrar: Registrar, registered: tuple[str, str], clock: FakeClock
) -> None:
    _, token = registered
    await registrar.rotate(token)
    clock.advance(40)
    await registrar.rotate(token)
    clock.advance(20)
    await assert_over(registrar, token)


async def test_a_token_that_comes_again_after_a_minute_ends_the_session(
    registrar: Registrar, registered: tuple[str, str], clock: FakeClock
) -> None:
    _, token = registered
    _, successor = await registrar.rotate(token)
    clock.advance(60)
    await assert_over(registrar, token)
    await assert_over(registrar, successor)


async def test_a_token_that_comes_again_after_its_successor_was_used_ends_the_session(
    registrar: Registrar, registered: tuple[str, str]
) -> None:
    _, token = registered
    _, successor = await registrar.rotate(token)
    _, newest = await registrar.rotate(successor)
    await assert_over(registrar, token)  # within the minute, yet somebody else has a copy
    await assert_over(registrar, newest)


async def test_the_answer_that_was_thought_lost_ends_the_session_when_it_is_used(
    registrar: Registrar, registered: tuple[str, str]
) -> None:
    _, token = registered
    _, caught_on_the_way = await registrar.rotate(token)
    _, received = await registrar.rotate(token)
    await assert_over(registrar, caught_on_the_way)
    await assert_over(registrar, received)


async def test_a_repeated_call_that_overtakes_the_first_does_not_end_the_session(
    registrar: Registrar, registered: tuple[str, str]
) -> None:
    device_id, token = registered
    answers = await asyncio.gather(registrar.rotate(token), registrar.rotate(token))
    assert {answer[0] for answer in answers} == {device_id}
    assert len({answer[1] for answer in answers}) == 2


async def test_the_end_of_a_session_leaves_the_other_devices_alone(
    registrar: Registrar, registered: tuple[str, str], sender: RecordingSender
) -> None:
    registration = await registrar.start("+8613800138000", "", None)
    other_id, other_token = await registrar.confirm(registration.registration_id, sender.last_code)
    _, token = registered
    _, successor = await registrar.rotate(token)
    await registrar.rotate(successor)
    await assert_over(registrar, token)
    assert (await registrar.rotate(other_token))[0] == other_id


@pytest.mark.parametrize("token", ["", ".", "..", "unknown", "unknown.secret", "\u0000.\u0000", "a." + "b" * 100_000])
async def test_a_token_of_nobody_is_refused(registrar: Registrar, registered: tuple[str, str], token: str) -> None:
    await assert_over(registrar, token)
    await registrar.rotate(registered[1])


async def test_a_session_with_a_wrong_secret_is_over(registrar: Registrar, registered: tuple[str, str]) -> None:
    session_id, _, _ = registered[1].partition(".")
    await assert_over(registrar, f"{session_id}.{'x' * 43}")
    await assert_over(registrar, registered[1])


async def test_only_digests_of_tokens_are_stored(
    registrar: Registrar, registered: tuple[str, str], store: RadarStore
) -> None:
    session_id, _, secret = registered[1].partition(".")
    session = await store.find_session(session_id)
    assert session is not None
    assert secret.encode() not in session.current_digest
    assert len(session.current_digest) == 32
