"""Registration of a device by a one-time code."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from tests.unit.relation_radar.doubles import FakeClock, RecordingSender

from appshare import errors
from appshare.relation_radar.devices import Devices
from appshare.relation_radar.model import Registration
from appshare.relation_radar.numbers import NumberKeys, NumberType
from appshare.relation_radar.registration import Registrar, RegistrationLimits
from appshare.relation_radar.store import RadarStore

AddDevice = Callable[..., Awaitable[str]]

NUMBER, OTHER_NUMBER = "+8613800138000", "+8613900139000"


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def assert_refused(registrar: Registrar, registration_id: str, code: str) -> str:
    with pytest.raises(errors.PermissionDeniedError) as caught:
        await registrar.confirm(registration_id, code)
    assert caught.value.reason is errors.Reason.WRONG_CODE
    assert caught.value.field is None
    assert caught.value.metadata == {}
    return caught.value.message


async def assert_quota_is_used_up(registrar: Registrar, number: str = NUMBER) -> timedelta:
    with pytest.raises(errors.ResourceExhaustedError) as caught:
        await registrar.start(number, "", None)
    assert caught.value.reason is errors.Reason.LIMIT_EXCEEDED
    assert caught.value.retry_after is not None
    return caught.value.retry_after


async def test_the_code_that_was_sent_registers_the_device(
    registrar: Registrar, sender: RecordingSender, store: RadarStore, number_keys: NumberKeys
) -> None:
    registration = await registrar.start("138 0013 8000", "", None)
    [(number, registration_id, code)] = sender.sent
    assert number == NUMBER
    assert registration_id == registration.registration_id
    assert len(code) == 6
    assert code.isdecimal()

    device_id, _ = await registrar.confirm(registration_id, code)
    device = await store.find_device(device_id)
    assert device is not None
    assert (device.number_key, device.region, device.book_version) == (number_keys.key(NUMBER), "CN", 0)


async def test_the_region_of_the_device_is_for_its_numbers(
    registrar: Registrar, sender: RecordingSender, store: RadarStore
) -> None:
    registration = await registrar.start("(650) 253-0000", "us", None)
    assert sender.sent[0][0] == "+16502530000"
    device_id, _ = await registrar.confirm(registration.registration_id, sender.last_code)
    device = await store.find_device(device_id)
    assert device is not None
    assert device.region == "US"


@pytest.mark.parametrize(
    ("number", "region", "reason"),
    [
        ("10086", "", errors.Reason.INVALID_PHONE_NUMBER),
        ("Ann", "", errors.Reason.INVALID_PHONE_NUMBER),
        (NUMBER, "XX", errors.Reason.INVALID_FIELD),
    ],
)
async def test_no_code_is_sent_to_what_is_no_persons_number(
    registrar: Registrar, sender: RecordingSender, number: str, region: str, reason: errors.Reason
) -> None:
    with pytest.raises(errors.InvalidArgumentError) as caught:
        await registrar.start(number, region, None)
    assert caught.value.reason is reason
    assert sender.sent == []


async def test_the_operator_says_which_numbers_can_be_registered(
    store: RadarStore, number_keys: NumberKeys, sender: RecordingSender, clock: FakeClock
) -> None:
    limits = RegistrationLimits(number_types=frozenset({NumberType.FIXED_LINE}))
    registrar = Registrar(store, number_keys, sender, clock, secret=b"", limits=limits, default_region="CN")
    with pytest.raises(errors.InvalidArgumentError):
        await registrar.start(NUMBER, "", None)
    await registrar.start("010-6552 9988", "", None)
    assert [number for number, _, _ in sender.sent] == ["+861065529988"]


def test_a_default_region_that_is_none_is_refused(
    store: RadarStore, number_keys: NumberKeys, sender: RecordingSender, clock: FakeClock
) -> None:
    with pytest.raises(errors.InvalidArgumentError):
        Registrar(store, number_keys, sender, clock, secret=b"", limits=RegistrationLimits(), default_region="Atlantis")


async def test_several_devices_may_have_one_number(registrar: Registrar, sender: RecordingSender) -> None:
    devices = set()
    for _ in range(2):
        registration = await registrar.start(NUMBER, "", None)
        devices.add((await registrar.confirm(registration.registration_id, sender.last_code))[0])
    assert len(devices) == 2


# Wrong codes


async def test_after_five_wrong_codes_the_right_one_is_refused(registrar: Registrar, sender: RecordingSender) -> None:
    registration = await registrar.start(NUMBER, "", None)
    for _ in range(5):
        await assert_refused(registrar, registration.registration_id, wrong(sender.last_code))
    await assert_refused(registrar, registration.registration_id, sender.last_code)


async def test_ten_wrong_codes_are_refused_and_then_the_right_one(
    registrar: Registrar, sender: RecordingSender
) -> None:
    registration = await registrar.start(NUMBER, "", None)
    codes = [wrong(sender.last_code)] * 10 + [sender.last_code]
    assert len({await assert_refused(registrar, registration.registration_id, code) for code in codes}) == 1


async def test_after_four_wrong_codes_the_right_one_counts(registrar: Registrar, sender: RecordingSender) -> None:
    registration = await registrar.start(NUMBER, "", None)
    for _ in range(4):
        await assert_refused(registrar, registration.registration_id, wrong(sender.last_code))
    await registrar.confirm(registration.registration_id, sender.last_code)


async def test_guessing_at_the_same_time_gives_no_more_attempts(registrar: Registrar, sender: RecordingSender) -> None:
    registration = await registrar.start(NUMBER, "", None)
    guesses = [wrong(sender.last_code)] * 5 + [sender.last_code]
    results = await asyncio.gather(
        *(registrar.confirm(registration.registration_id, guess) for guess in guesses), return_exceptions=True
    )
    assert [type(result) for result in results] == [errors.PermissionDeniedError] * 6


async def test_a_code_verifies_until_it_expires(
    registrar: Registrar, sender: RecordingSender, clock: FakeClock
) -> None:
    registration = await registrar.start(NUMBER, "", None)
    assert registration.expire_time == clock.now + 600
    clock.advance(599.9)
    await registrar.confirm(registration.registration_id, sender.last_code)


async def test_an_expired_code_is_refused(registrar: Registrar, sender: RecordingSender, clock: FakeClock) -> None:
    registration = await registrar.start(NUMBER, "", None)
    clock.advance(600)
    await assert_refused(registrar, registration.registration_id, sender.last_code)


async def test_a_registration_is_completed_once(
    registrar: Registrar, sender: RecordingSender, clock: FakeClock
) -> None:
    registration = await registrar.start(NUMBER, "", None)
    await registrar.confirm(registration.registration_id, sender.last_code)
    clock.advance(60)
    await assert_refused(registrar, registration.registration_id, sender.last_code)


# An answer that was lost


async def test_the_code_is_answered_again_with_the_same_device_and_another_token(
    registrar: Registrar, sender: RecordingSender, store: RadarStore, number_keys: NumberKeys, clock: FakeClock
) -> None:
    registration = await registrar.start(NUMBER, "", None)
    device_id, lost = await registrar.confirm(registration.registration_id, sender.last_code)
    clock.advance(59.9)
    again_id, token = await registrar.confirm(registration.registration_id, sender.last_code)
    assert again_id == device_id
    assert token != lost
    assert len(await store.devices_with_numbers([number_keys.key(NUMBER)])) == 1
    assert (await registrar.rotate(token))[0] == device_id


async def test_the_token_of_the_lost_answer_ends_the_session(registrar: Registrar, sender: RecordingSender) -> None:
    registration = await registrar.start(NUMBER, "", None)
    _, lost = await registrar.confirm(registration.registration_id, sender.last_code)
    _, token = await registrar.confirm(registration.registration_id, sender.last_code)
    for each in (lost, token):  # two have a token of one device: one of them is not its person
        with pytest.raises(errors.UnauthenticatedError):
            await registrar.rotate(each)


async def test_lost_answers_do_not_make_the_minute_longer(
    registrar: Registrar, sender: RecordingSender, clock: FakeClock
) -> None:
    registration = await registrar.start(NUMBER, "", None)
    await registrar.confirm(registration.registration_id, sender.last_code)
    clock.advance(40)
    await registrar.confirm(registration.registration_id, sender.last_code)
    clock.advance(20)
    await assert_refused(registrar, registration.registration_id, sender.last_code)


async def test_the_code_is_not_taken_again_when_the_session_was_used(
    registrar: Registrar, sender: RecordingSender
) -> None:
    registration = await registrar.start(NUMBER, "", None)
    _, token = await registrar.confirm(registration.registration_id, sender.last_code)
    _, token = await registrar.rotate(token)
    await assert_refused(registrar, registration.registration_id, sender.last_code)
    await registrar.rotate(token)


async def test_the_code_is_not_taken_again_when_the_device_is_gone(
    registrar: Registrar, sender: RecordingSender, devices: Devices
) -> None:
    other = await registrar.start(NUMBER, "", None)
    await registrar.confirm(other.registration_id, sender.last_code)
    registration = await registrar.start(NUMBER, "", None)
    device_id, _ = await registrar.confirm(registration.registration_id, sender.last_code)
    await devices.purge(device_id, device_id)
    await assert_refused(registrar, registration.registration_id, sender.last_code)


async def test_a_wrong_code_is_refused_also_after_the_right_one(registrar: Registrar, sender: RecordingSender) -> None:
    registration = await registrar.start(NUMBER, "", None)
    await registrar.confirm(registration.registration_id, sender.last_code)
    for _ in range(4):
        await assert_refused(registrar, registration.registration_id, wrong(sender.last_code))
    await assert_refused(registrar, registration.registration_id, sender.last_code)


async def test_a_registration_makes_one_device_also_when_it_is_confirmed_several_times_at_once(
    registrar: Registrar, sender: RecordingSender, store: RadarStore, number_keys: NumberKeys
) -> None:
    registration = await registrar.start(NUMBER, "", None)
    results = await asyncio.gather(
        *(registrar.confirm(registration.registration_id, sender.last_code) for _ in range(3))
    )
    [device] = await store.devices_with_numbers([number_keys.key(NUMBER)])
    assert {device_id for device_id, _ in results} == {device.device_id}
    assert len({token for _, token in results}) == 3


async def test_the_request_that_led_to_a_device_starts_another_registration(
    registrar: Registrar, sender: RecordingSender
) -> None:
    first = await registrar.start(NUMBER, "", "request 1")
    await registrar.confirm(first.registration_id, sender.last_code)
    second = await registrar.start(NUMBER, "", "request 1")
    assert second.registration_id != first.registration_id
    assert len(sender.sent) == 2


# As many devices as a number may have


async def test_a_number_has_so_many_devices_and_another_when_one_was_removed(
    registrar: Registrar, add_device: AddDevice, sender: RecordingSender, devices: Devices, clock: FakeClock
) -> None:
    registered = []
    for _ in range(3):
        registered.append(await add_device(NUMBER))
        clock.advance(3600)
    registration = await registrar.start(NUMBER, "", None)
    with pytest.raises(errors.ResourceExhaustedError, match="remove one") as caught:
        await registrar.confirm(registration.registration_id, sender.last_code)
    assert (caught.value.reason, caught.value.retry_after) == (errors.Reason.LIMIT_EXCEEDED, None)
    await assert_refused(registrar, registration.registration_id, wrong(sender.last_code))
    await devices.purge(registered[0], registered[1])
    await registrar.confirm(registration.registration_id, sender.last_code)


async def test_a_device_whose_session_is_over_takes_no_place(
    registrar: Registrar, add_device: AddDevice, clock: FakeClock
) -> None:
    for _ in range(3):
        await add_device(NUMBER)
    clock.advance(30 * 24 * 3600)
    await add_device(NUMBER)


async def test_another_number_has_places_of_its_own(add_device: AddDevice) -> None:
    for _ in range(3):
        await add_device(NUMBER)
    await add_device(OTHER_NUMBER)


@pytest.mark.parametrize(
    "code", ["", " ", "12345", "1234567", "abcdef", "\uff11\uff12\uff13\uff14\uff15\uff16", "\u0000", "0" * 10_000]
)
async def test_garbage_is_a_wrong_code(registrar: Registrar, code: str) -> None:
    registration = await registrar.start(NUMBER, "", None)
    await assert_refused(registrar, registration.registration_id, code)


async def test_the_code_of_another_registration_is_a_wrong_code(registrar: Registrar, sender: RecordingSender) -> None:
    first = await registrar.start(NUMBER, "", None)
    await registrar.start(OTHER_NUMBER, "", None)
    if sender.sent[0][2] != sender.sent[1][2]:
        await assert_refused(registrar, first.registration_id, sender.last_code)


async def test_nobody_can_tell_why_a_code_is_refused(
    registrar: Registrar, sender: RecordingSender, clock: FakeClock
) -> None:
    guessed = await registrar.start(NUMBER, "", None)
    messages = {await assert_refused(registrar, guessed.registration_id, wrong(sender.last_code))}
    completed = await registrar.start(NUMBER, "", None)
    await registrar.confirm(completed.registration_id, sender.last_code)
    clock.advance(60)
    messages.add(await assert_refused(registrar, completed.registration_id, sender.last_code))
    expired = await registrar.start(NUMBER, "", None)
    clock.advance(601)
    messages.add(await assert_refused(registrar, expired.registration_id, sender.last_code))
    messages.add(await assert_refused(registrar, "unknown", "123456"))
    assert len(messages) == 1


async def test_the_code_is_not_in_what_is_stored(registrar: Registrar, sender: RecordingSender) -> None:
    registration = await registrar.start(NUMBER, "", None)
    assert sender.last_code.encode() not in registration.code_digest
    same_code_elsewhere = registrar._digest("another registration", sender.last_code)
    assert registration.code_digest != same_code_elsewhere


# Quota


async def test_a_number_is_sent_so_many_codes_in_an_hour(
    registrar: Registrar, sender: RecordingSender, clock: FakeClock
) -> None:
    for _ in range(3):
        await registrar.start(NUMBER, "", None)
        clock.advance(60)
    assert await assert_quota_is_used_up(registrar) == timedelta(seconds=3600 - 180)
    await registrar.start(OTHER_NUMBER, "", None)
    assert len(sender.sent) == 4


async def test_coming_back_when_told_to_gets_one_more_code(registrar: Registrar, clock: FakeClock) -> None:
    for _ in range(3):
        await registrar.start(NUMBER, "", None)
        clock.advance(60)
    clock.advance((await assert_quota_is_used_up(registrar)).total_seconds() - 0.1)
    await assert_quota_is_used_up(registrar)
    clock.advance(0.1)
    await registrar.start(NUMBER, "", None)
    assert await assert_quota_is_used_up(registrar) == timedelta(seconds=60)


async def test_expired_registrations_count_for_the_quota(registrar: Registrar, clock: FakeClock) -> None:
    for _ in range(3):
        await registrar.start(NUMBER, "", None)
    clock.advance(1800)
    await registrar.start(OTHER_NUMBER, "", None)  # forgets what has expired
    assert await assert_quota_is_used_up(registrar) == timedelta(seconds=1800)


async def test_completed_registrations_count_for_the_quota(registrar: Registrar, sender: RecordingSender) -> None:
    for _ in range(3):
        registration = await registrar.start(NUMBER, "", None)
        await registrar.confirm(registration.registration_id, sender.last_code)
    await assert_quota_is_used_up(registrar)


async def test_the_quota_holds_also_at_the_same_time(registrar: Registrar, sender: RecordingSender) -> None:
    results = await asyncio.gather(*(registrar.start(NUMBER, "", None) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(result, errors.ResourceExhaustedError) for result in results) == 2
    assert len(sender.sent) == 3


async def test_after_the_operator_lowered_the_quota_the_delay_is_still_right(
    registrar: Registrar,
    store: RadarStore,
    number_keys: NumberKeys,
    sender: RecordingSender,
    clock: FakeClock,
) -> None:
    for _ in range(3):
        await registrar.start(NUMBER, "", None)
        clock.advance(60)
    stricter = RegistrationLimits(codes_per_hour=1)
    strict = Registrar(store, number_keys, sender, clock, secret=b"", limits=stricter, default_region="CN")
    assert await assert_quota_is_used_up(strict) == timedelta(seconds=3600 - 60)


# Repeated requests


async def test_the_same_request_starts_one_registration_with_one_code(
    registrar: Registrar, sender: RecordingSender
) -> None:
    first = await registrar.start(NUMBER, "", "request 1")
    again = await registrar.start("138 0013 8000", "", "request 1")
    assert again == first
    assert len(sender.sent) == 1
    await registrar.confirm(again.registration_id, sender.last_code)


async def test_the_same_request_at_the_same_time_starts_one_registration(
    registrar: Registrar, sender: RecordingSender
) -> None:
    started = await asyncio.gather(*(registrar.start(NUMBER, "", "request 1") for _ in range(4)))
    assert len({registration.registration_id for registration in started}) == 1
    assert len(sender.sent) == 1


async def test_the_same_request_id_of_another_number_is_another_request(
    registrar: Registrar, sender: RecordingSender
) -> None:
    first = await registrar.start(NUMBER, "", "request 1")
    other = await registrar.start(OTHER_NUMBER, "", "request 1")
    assert other.registration_id != first.registration_id
    assert len(sender.sent) == 2


async def test_requests_without_an_id_are_different_requests(registrar: Registrar, sender: RecordingSender) -> None:
    first, second = await registrar.start(NUMBER, "", None), await registrar.start(NUMBER, "", None)
    assert first.registration_id != second.registration_id
    assert len(sender.sent) == 2


async def test_a_repeated_request_does_not_count_for_the_quota(registrar: Registrar) -> None:
    for request_id in ("1", "1", "2", "2", "3", "3"):
        await registrar.start(NUMBER, "", request_id)
    await assert_quota_is_used_up(registrar)
    assert isinstance(await registrar.start(NUMBER, "", "1"), Registration)


async def test_a_repeated_request_gives_no_new_attempts(registrar: Registrar, sender: RecordingSender) -> None:
    registration = await registrar.start(NUMBER, "", "request 1")
    for _ in range(5):
        await assert_refused(registrar, registration.registration_id, wrong(sender.last_code))
    await registrar.start(NUMBER, "", "request 1")
    await assert_refused(registrar, registration.registration_id, sender.last_code)


async def test_a_request_that_comes_again_after_its_code_expired_gets_a_new_code(
    registrar: Registrar, sender: RecordingSender, clock: FakeClock
) -> None:
    first = await registrar.start(NUMBER, "", "request 1")
    clock.advance(600)
    again = await registrar.start(NUMBER, "", "request 1")
    assert again.registration_id != first.registration_id
    assert len(sender.sent) == 2
    await registrar.confirm(again.registration_id, sender.last_code)


# A phone network that is down


async def test_a_request_whose_code_was_not_sent_can_be_made_again(
    registrar: Registrar, sender: RecordingSender
) -> None:
    sender.down = True
    with pytest.raises(errors.UnavailableError):
        await registrar.start(NUMBER, "", "request 1")
    sender.down = False
    registration = await registrar.start(NUMBER, "", "request 1")
    await registrar.confirm(registration.registration_id, sender.last_code)


async def test_a_call_that_is_cancelled_while_the_code_is_on_its_way_can_be_made_again(
    store: RadarStore, number_keys: NumberKeys, registrar: Registrar, sender: RecordingSender, clock: FakeClock
) -> None:
    slow = SlowSender()
    limits = RegistrationLimits()
    waiting = Registrar(store, number_keys, slow, clock, secret=bytes(32), limits=limits, default_region="CN")
    call = asyncio.create_task(waiting.start(NUMBER, "", "request 1"))
    await slow.sending.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await registrar.start(NUMBER, "", "request 1")
    assert len(sender.sent) == 1


async def test_who_hangs_up_gets_no_more_codes_sent_than_who_waits(
    store: RadarStore, number_keys: NumberKeys, clock: FakeClock
) -> None:
    slow = SlowSender()
    limits = RegistrationLimits(codes_per_hour=3)
    waiting = Registrar(store, number_keys, slow, clock, secret=bytes(32), limits=limits, default_region="CN")
    for _ in range(3):
        slow.sending.clear()
        call = asyncio.create_task(waiting.start(NUMBER, "", None))
        await slow.sending.wait()  # the code may be on its way already
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
    await assert_quota_is_used_up(waiting)


class SlowSender:
    """A phone network that never comes to an end."""

    def __init__(self) -> None:
        self.sending = asyncio.Event()

    async def send(self, number: str, registration_id: str, code: str) -> None:
        self.sending.set()
        await asyncio.Event().wait()
