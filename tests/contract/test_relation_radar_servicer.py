"""RelationRadar over a real connection: every call, and every refusal that its contract names."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc import StatusCode
from tests.contract.refusals import Refusal, read_refusal, refusal
from tests.support.radar import (
    LOOKUP_BURST,
    MAX_CONTACTS,
    MAX_DEVICES,
    MAX_FRIENDS,
    NEW_CONTACTS_PER_DAY,
    Register,
    contacts,
    full,
    registering,
    serving_radar,
)
from tests.support.radar_stores import CHOSEN, RadarStores, opener
from tests.unit.relation_radar.doubles import FakeClock, RecordingSender

from appshare.rpc.paging import encode_token
from appshare.v1 import relation_radar_pb2 as pb
from appshare.v1.deletion_pb2 import RadarDeletion
from appshare.v1.friendship_pb2 import (
    FRIENDSHIP_LEVEL_CONFIRMED,
    FRIENDSHIP_LEVEL_LIKELY,
    FRIENDSHIP_LEVEL_NONE,
    FRIENDSHIP_REASON_BOTH_LIST,
    FRIENDSHIP_REASON_OWNER_LISTS,
    Contact,
    ContactBook,
    ContactBookDelta,
    Friend,
    PersonRef,
)

ANN, BOB, CARL, DORA, EVE = (f"+861380013800{digit}" for digit in range(5))


@pytest.fixture
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RadarStores]:
    async with opener(request, tmp_path, CHOSEN)() as stores:
        yield stores


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def sender() -> RecordingSender:
    return RecordingSender()


@pytest.fixture
async def stub(stores: RadarStores, clock: FakeClock, sender: RecordingSender) -> AsyncIterator[Any]:
    async with serving_radar(stores, clock, sender) as stub:
        yield stub


@pytest.fixture
def register(stub: Any, sender: RecordingSender) -> Register:
    return registering(stub, sender)


def confirm(started: pb.StartRegistrationResponse, code: str) -> pb.ConfirmRegistrationRequest:
    return pb.ConfirmRegistrationRequest(registration_id=started.registration_id, code=code)


def delta(device_id: str, base_version: int, *numbers: str, removed: tuple[int, ...] = ()) -> pb.SyncBookRequest:
    change = ContactBookDelta(base_version=base_version, upserted=contacts(*numbers), removed_contact_ids=removed)
    return pb.SyncBookRequest(device_id=device_id, delta=change)


def find(asking: str, /, **person: Any) -> pb.FindDevicesRequest:
    return pb.FindDevicesRequest(device_id=asking, person=PersonRef(**person))


def assert_invalid(refused: Refusal, field: str | None, reason: str = "INVALID_FIELD") -> None:
    assert (refused.code, refused.reason, refused.field) == (StatusCode.INVALID_ARGUMENT, reason, field)
    assert refused.retry_after is None


class TestStartRegistration:
    async def test_it_sends_a_code_and_says_until_when_it_counts(
        self, stub: Any, sender: RecordingSender, clock: FakeClock
    ) -> None:
        started = await stub.StartRegistration(pb.StartRegistrationRequest(number="138 0013 8000"))
        assert sender.sent == [(ANN, started.registration_id, sender.last_code)]
        assert started.code_expire_time.ToSeconds() == clock.now + 600

    async def test_a_number_is_read_in_its_region(self, stub: Any, sender: RecordingSender) -> None:
        await stub.StartRegistration(pb.StartRegistrationRequest(number="(650) 253-0000", region="us"))
        assert sender.sent[0][0] == "+16502530000"

    async def test_the_same_request_starts_one_registration(self, stub: Any, sender: RecordingSender) -> None:
        request = pb.StartRegistrationRequest(number=ANN, request_id="x" * 64)
        assert await stub.StartRegistration(request) == await stub.StartRegistration(request)
        assert len(sender.sent) == 1

    @pytest.mark.parametrize(
        ("request_fields", "reason", "field"),
        [
            ({}, "INVALID_FIELD", "number"),
            ({"number": " \t"}, "INVALID_FIELD", "number"),
            ({"number": "10086"}, "INVALID_PHONE_NUMBER", "number"),
            ({"number": "Ann"}, "INVALID_PHONE_NUMBER", "number"),
            ({"number": "1" * 100_000}, "INVALID_PHONE_NUMBER", "number"),
            ({"number": ANN, "region": "XX"}, "INVALID_FIELD", "region"),
            ({"number": ANN, "request_id": "x" * 65}, "INVALID_FIELD", "request_id"),
        ],
    )
    async def test_a_malformed_field_is_named(
        self, stub: Any, sender: RecordingSender, request_fields: dict[str, str], reason: str, field: str
    ) -> None:
        refused = await refusal(stub.StartRegistration(pb.StartRegistrationRequest(**request_fields)))
        assert_invalid(refused, field, reason)
        assert sender.sent == []

    async def test_too_many_codes_are_refused_with_the_time_to_come_back(self, stub: Any, clock: FakeClock) -> None:
        for _ in range(5):
            await stub.StartRegistration(pb.StartRegistrationRequest(number=ANN))
            clock.advance(100)
        refused = await refusal(stub.StartRegistration(pb.StartRegistrationRequest(number=ANN)))
        assert (refused.code, refused.reason) == (StatusCode.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")
        assert refused.retry_after == 3100
        assert refused.field is None

    async def test_a_phone_network_that_is_down_is_told(self, stub: Any, sender: RecordingSender) -> None:
        sender.down = True
        refused = await refusal(stub.StartRegistration(pb.StartRegistrationRequest(number=ANN)))
        assert (refused.code, refused.reason) == (StatusCode.UNAVAILABLE, "SERVICE_UNAVAILABLE")


class TestConfirmRegistration:
    async def test_the_right_code_registers_a_device(self, stub: Any, sender: RecordingSender) -> None:
        started = await stub.StartRegistration(pb.StartRegistrationRequest(number=ANN))
        confirmed = await stub.ConfirmRegistration(confirm(started, sender.last_code))
        assert confirmed.device_id
        assert confirmed.refresh_token
        assert (await stub.FindDevices(find(confirmed.device_id, number=BOB))).acquaintances == []

    async def test_whatever_is_wrong_looks_the_same(self, stub: Any, sender: RecordingSender, clock: FakeClock) -> None:
        async def start() -> pb.StartRegistrationResponse:
            return await stub.StartRegistration(pb.StartRegistrationRequest(number=ANN))

        guessed = await start()
        wrong = f"{(int(sender.last_code) + 1) % 1_000_000:06d}"
        refusals = [await refusal(stub.ConfirmRegistration(confirm(guessed, wrong))) for _ in range(5)]
        refusals.append(await refusal(stub.ConfirmRegistration(confirm(guessed, sender.last_code))))
        completed = await start()
        await stub.ConfirmRegistration(confirm(completed, sender.last_code))
        clock.advance(60)
        refusals.append(await refusal(stub.ConfirmRegistration(confirm(completed, sender.last_code))))
        expired = await start()
        clock.advance(600)
        refusals.append(await refusal(stub.ConfirmRegistration(confirm(expired, sender.last_code))))
        refusals.append(await refusal(stub.ConfirmRegistration(pb.ConfirmRegistrationRequest())))
        assert len(refusals) == 9
        [refused] = {(each.code, each.message, each.reason, each.field, *each.metadata) for each in refusals}
        assert refused[0] is StatusCode.PERMISSION_DENIED
        assert refused[2:] == ("WRONG_CODE", None)


class TestRotateRefreshToken:
    async def test_a_token_is_exchanged_for_the_next(self, stub: Any, sender: RecordingSender) -> None:
        started = await stub.StartRegistration(pb.StartRegistrationRequest(number=ANN))
        confirmed = await stub.ConfirmRegistration(confirm(started, sender.last_code))
        rotated = await stub.RotateRefreshToken(pb.RotateRefreshTokenRequest(refresh_token=confirmed.refresh_token))
        assert rotated.device_id == confirmed.device_id
        assert rotated.refresh_token not in {"", confirmed.refresh_token}

    async def test_whatever_is_wrong_looks_the_same(self, stub: Any, sender: RecordingSender) -> None:
        started = await stub.StartRegistration(pb.StartRegistrationRequest(number=ANN))
        first = (await stub.ConfirmRegistration(confirm(started, sender.last_code))).refresh_token
        newest = first
        for _ in range(2):
            newest = (await stub.RotateRefreshToken(pb.RotateRefreshTokenRequest(refresh_token=newest))).refresh_token
        refusals = [
            await refusal(stub.RotateRefreshToken(pb.RotateRefreshTokenRequest(refresh_token=token)))
            for token in (first, newest, "", "unknown", "unknown.token")  # the first ends the session
        ]
        assert len(set(map(str, refusals))) == 1
        assert (refusals[0].code, refusals[0].reason) == (StatusCode.UNAUTHENTICATED, "INVALID_REFRESH_TOKEN")


class TestDevicesOfNumber:
    async def test_a_registered_device_is_confirmed(self, stub: Any, register: Register) -> None:
        assert await stub.CheckDevice(pb.CheckDeviceRequest(device_id=await register(ANN))) == pb.CheckDeviceResponse()

    async def test_they_are_listed_with_their_times(
        self, stub: Any, register: Register, sender: RecordingSender, clock: FakeClock
    ) -> None:
        registered = int(clock.now)
        started = await stub.StartRegistration(pb.StartRegistrationRequest(number=ANN))
        phone = await stub.ConfirmRegistration(confirm(started, sender.last_code))
        clock.advance(10)
        tablet = await register(ANN)
        await register(BOB)
        clock.advance(10)
        await stub.RotateRefreshToken(pb.RotateRefreshTokenRequest(refresh_token=phone.refresh_token))
        listed = (await stub.ListDevicesOfNumber(pb.ListDevicesOfNumberRequest(device_id=tablet))).devices
        assert [
            (device.device_id, device.register_time.ToSeconds(), device.last_seen_time.ToSeconds()) for device in listed
        ] == [(tablet, registered + 10, registered + 10), (phone.device_id, registered, registered + 20)]

    async def test_a_device_without_a_session_has_no_time_of_renewal(self, stub: Any, sender: RecordingSender) -> None:
        started = await stub.StartRegistration(pb.StartRegistrationRequest(number=ANN))
        confirmed = await stub.ConfirmRegistration(confirm(started, sender.last_code))
        token = f"{confirmed.refresh_token}x"
        await refusal(stub.RotateRefreshToken(pb.RotateRefreshTokenRequest(refresh_token=token)))
        listed = await stub.ListDevicesOfNumber(pb.ListDevicesOfNumberRequest(device_id=confirmed.device_id))
        assert [device.HasField("last_seen_time") for device in listed.devices] == [False]

    async def test_a_number_with_too_many_devices_is_told_and_only_with_the_right_code(
        self, stub: Any, register: Register, sender: RecordingSender
    ) -> None:
        registered = [await register(ANN) for _ in range(MAX_DEVICES)]
        started = await stub.StartRegistration(pb.StartRegistrationRequest(number=ANN))
        wrong = f"{(int(sender.last_code) + 1) % 1_000_000:06d}"
        assert (await refusal(stub.ConfirmRegistration(confirm(started, wrong)))).reason == "WRONG_CODE"
        refused = await refusal(stub.ConfirmRegistration(confirm(started, sender.last_code)))
        assert (refused.code, refused.reason) == (StatusCode.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")
        assert refused.retry_after is None
        await stub.PurgeDevice(pb.PurgeDeviceRequest(device_id=registered[0], purged_device_id=registered[1]))
        assert (await stub.ConfirmRegistration(confirm(started, sender.last_code))).device_id

    async def test_a_confirmation_whose_answer_was_lost_is_answered_again(
        self, stub: Any, sender: RecordingSender
    ) -> None:
        started = await stub.StartRegistration(pb.StartRegistrationRequest(number=ANN))
        lost, answer = [await stub.ConfirmRegistration(confirm(started, sender.last_code)) for _ in range(2)]
        assert answer.device_id == lost.device_id
        rotated = await stub.RotateRefreshToken(pb.RotateRefreshTokenRequest(refresh_token=answer.refresh_token))
        assert rotated.device_id == answer.device_id


class TestPurge:
    async def test_a_device_is_deleted_with_all_that_is_kept_of_it(self, stub: Any, register: Register) -> None:
        phone, tablet, bob = await register(ANN, BOB), await register(ANN, BOB, CARL), await register(BOB, ANN)
        purged = await stub.PurgeDevice(pb.PurgeDeviceRequest(device_id=phone, purged_device_id=tablet))
        assert purged.deletion == RadarDeletion(devices=1, sessions=1, contacts=2)
        assert (await refusal(stub.CheckDevice(pb.CheckDeviceRequest(device_id=tablet)))).reason == "DEVICE_NOT_FOUND"
        [found] = (await stub.FindDevices(find(bob, number=ANN))).acquaintances
        assert found.device_id == phone

    async def test_what_is_not_ones_own_looks_like_what_never_was(self, stub: Any, register: Register) -> None:
        ann, gone, bob = await register(ANN), await register(ANN), await register(BOB)
        await stub.PurgeDevice(pb.PurgeDeviceRequest(device_id=ann, purged_device_id=gone))
        refusals = [
            await refusal(stub.PurgeDevice(pb.PurgeDeviceRequest(device_id=ann, purged_device_id=device_id)))
            for device_id in (bob, gone, "unknown", "", "\u0000", "x" * 10_000)
        ]
        assert len(set(map(str, refusals))) == 1
        assert (refusals[0].code, refusals[0].reason) == (StatusCode.NOT_FOUND, "DEVICE_NOT_FOUND")
        await stub.CheckDevice(pb.CheckDeviceRequest(device_id=bob))

    async def test_a_number_is_deleted_with_all_that_is_kept_of_it(
        self, stub: Any, register: Register, sender: RecordingSender
    ) -> None:
        phone, tablet, bob = await register(ANN, BOB), await register(ANN), await register(BOB, ANN)
        under_way = await stub.StartRegistration(pb.StartRegistrationRequest(number=ANN))
        purged = await stub.PurgeNumber(pb.PurgeNumberRequest(device_id=phone))
        # Three registrations, of which two are kept for a lost answer, their codes, and the count of new contacts.
        assert purged.deletion == RadarDeletion(devices=2, sessions=2, contacts=1, verifications=7)
        assert (await stub.FindDevices(find(bob, number=ANN))).acquaintances == []
        for device_id in (phone, tablet):
            refused = await refusal(stub.PurgeNumber(pb.PurgeNumberRequest(device_id=device_id)))
            assert refused.reason == "DEVICE_NOT_FOUND"
        refused = await refusal(stub.ConfirmRegistration(confirm(under_way, sender.last_code)))
        assert refused.reason == "WRONG_CODE"

    async def test_who_comes_back_starts_anew(self, stub: Any, register: Register) -> None:
        bob = await register(BOB, ANN)
        for _ in range(4):  # nor does the hour's quota of codes remember the number
            ann = await register(ANN, BOB)
            [found] = (await stub.FindDevices(find(bob, number=ANN))).acquaintances
            assert (found.device_id, found.as_viewer) == (ann, FRIENDSHIP_LEVEL_CONFIRMED)
            await stub.PurgeNumber(pb.PurgeNumberRequest(device_id=ann))


class TestSyncBook:
    async def test_a_full_sync_says_what_came_of_it(self, stub: Any, register: Register) -> None:
        ann = await register(ANN)
        request = full(ann, BOB, "10086", CARL)
        request.full.contacts[0].numbers.append("no number")
        assert await stub.SyncBook(request) == pb.SyncBookResponse(
            book_version=1, contact_count=2, skipped_number_count=2
        )

    async def test_a_delta_says_what_came_of_it(self, stub: Any, register: Register) -> None:
        ann = await register(ANN, BOB, CARL)
        assert await stub.SyncBook(delta(ann, 1, DORA, removed=(2,))) == pb.SyncBookResponse(
            book_version=2, contact_count=1
        )

    async def test_an_empty_book_is_refused(self, stub: Any, register: Register) -> None:
        refused = await refusal(stub.SyncBook(full(await register(ANN))))
        assert_invalid(refused, "full.contacts", "EMPTY_CONTACT_BOOK")

    async def test_a_stale_delta_is_refused_with_the_current_version(self, stub: Any, register: Register) -> None:
        refused = await refusal(stub.SyncBook(delta(await register(ANN, BOB), 0, CARL)))
        assert (refused.code, refused.reason) == (StatusCode.ABORTED, "STALE_BOOK_VERSION")
        assert refused.metadata == {"current_version": "1"}

    async def test_more_new_numbers_than_a_day_allows_are_refused_with_the_time_to_come_back(
        self, stub: Any, register: Register, clock: FakeClock
    ) -> None:
        numbers = [f"+86138001390{index:02d}" for index in range(NEW_CONTACTS_PER_DAY + 1)]
        half = len(numbers) // 2
        ann = await register(ANN, *numbers[:half])
        clock.advance(3600)
        refused = await refusal(stub.SyncBook(full(ann, *numbers[half:])))
        assert (refused.code, refused.reason) == (StatusCode.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")
        assert refused.retry_after == 23 * 3600
        assert (await stub.SyncBook(delta(ann, 1))).contact_count == half
        clock.advance(23 * 3600)
        assert (await stub.SyncBook(full(ann, *numbers[half:]))).book_version == 3

    async def test_a_book_that_is_too_large_is_refused_whole(self, stub: Any, register: Register) -> None:
        numbers = [f"+86138001390{index:02d}" for index in range(MAX_CONTACTS + 1)]
        ann = await register(ANN, *numbers[:MAX_CONTACTS])
        one_more = delta(ann, 1)
        one_more.delta.upserted.add(contact_id=99, numbers=[BOB])
        for request in (full(ann, *numbers), one_more):
            refused = await refusal(stub.SyncBook(request))
            assert (refused.code, refused.reason) == (StatusCode.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")
            assert refused.retry_after is None
        assert (await stub.SyncBook(delta(ann, 1))).contact_count == MAX_CONTACTS

    @pytest.mark.parametrize(
        ("request_fields", "field"),
        [
            ({}, "change"),
            ({"full": ContactBook(contacts=[Contact(numbers=[BOB])])}, "full.contacts[0].contact_id"),
            (
                {"full": ContactBook(contacts=[*contacts(BOB), *contacts(CARL)])},
                "full.contacts[1].contact_id",
            ),
            (
                {"full": ContactBook(contacts=[Contact(contact_id=1, numbers=[BOB] * 51)])},
                "full.contacts[0].numbers",
            ),
            ({"delta": ContactBookDelta(upserted=[Contact()])}, "delta.upserted[0].contact_id"),
        ],
    )
    async def test_a_malformed_field_is_named(
        self, stub: Any, register: Register, request_fields: dict[str, Any], field: str
    ) -> None:
        request = pb.SyncBookRequest(device_id=await register(ANN), **request_fields)
        assert_invalid(await refusal(stub.SyncBook(request)), field)

    async def test_the_highest_ids_and_versions_are_fine(self, stub: Any, register: Register) -> None:
        ann = await register(ANN)
        request = full(ann, BOB)
        request.full.contacts[0].contact_id = 2**32 - 1
        await stub.SyncBook(request)
        bob = await register(BOB)
        found = await stub.FindDevices(find(ann, contact_id=2**32 - 1))
        assert [(each.device_id, each.contact_id) for each in found.acquaintances] == [(bob, 2**32 - 1)]
        refused = await refusal(stub.SyncBook(delta(ann, 2**64 - 1, CARL)))
        assert refused.reason == "STALE_BOOK_VERSION"


class TestFindDevices:
    async def test_a_friend_is_found_by_number_contact_and_device(self, stub: Any, register: Register) -> None:
        ann, bob = await register(ANN, BOB), await register(BOB, ANN)
        expected = pb.Acquaintance(
            device_id=bob,
            contact_id=1,
            as_viewer=FRIENDSHIP_LEVEL_CONFIRMED,
            as_owner=FRIENDSHIP_LEVEL_CONFIRMED,
        )
        for person in ({"number": "138 0013 8001"}, {"contact_id": 1}, {"device_id": bob}):
            assert list((await stub.FindDevices(find(ann, **person))).acquaintances) == [expected]

    async def test_who_asks_too_often_is_refused_whoever_it_is_about(
        self, stub: Any, register: Register, clock: FakeClock
    ) -> None:
        ann, bob = await register(ANN, BOB), await register(BOB, ANN)
        for _ in range(LOOKUP_BURST):
            await stub.FindDevices(find(ann, number=BOB))
        refusals = [
            await refusal(stub.FindDevices(find(ann, **person)))
            for person in ({"number": BOB}, {"number": CARL}, {"contact_id": 1}, {"contact_id": 99})
        ]
        assert len(set(map(str, refusals))) == 1
        assert (refusals[0].code, refusals[0].reason) == (StatusCode.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")
        assert refusals[0].retry_after == 60
        assert (await stub.FindDevices(find(ann, device_id=bob))).acquaintances
        clock.advance(60)
        assert (await stub.FindDevices(find(ann, number=BOB))).acquaintances

    async def test_each_direction_has_its_level(self, stub: Any, register: Register) -> None:
        ann, bob = await register(ANN, BOB, CARL, DORA), await register(BOB, CARL, DORA)
        [found] = (await stub.FindDevices(find(ann, device_id=bob))).acquaintances
        assert (found.as_viewer, found.as_owner) == (FRIENDSHIP_LEVEL_NONE, FRIENDSHIP_LEVEL_LIKELY)

    async def test_a_stranger_is_found_with_no_friendship_and_no_contact(self, stub: Any, register: Register) -> None:
        ann, bob = await register(ANN), await register(BOB, CARL)
        none = pb.Acquaintance(device_id=bob, as_viewer=FRIENDSHIP_LEVEL_NONE, as_owner=FRIENDSHIP_LEVEL_NONE)
        assert list((await stub.FindDevices(find(ann, number=BOB))).acquaintances) == [none]

    async def test_no_device_is_an_answer_and_no_error(self, stub: Any, register: Register) -> None:
        ann = await register(ANN, BOB)
        await register(CARL, BOB)
        for person in (
            {"number": BOB},  # nobody is registered there
            {"number": "10086"},  # and nobody ever will be
            {"contact_id": 1},
            {"contact_id": 2},  # no contact of Ann's
            {"contact_id": 0},
            {"device_id": "unknown"},
            {"device_id": ""},
            {"device_id": ann},  # Ann herself
        ):
            assert await stub.FindDevices(find(ann, **person)) == pb.FindDevicesResponse()

    @pytest.mark.parametrize(
        ("person", "field", "reason"),
        [
            ({}, "person", "INVALID_FIELD"),
            ({"number": ""}, "person.number", "INVALID_FIELD"),
            ({"number": "Ann"}, "person.number", "INVALID_PHONE_NUMBER"),
            ({"number": "1" * 65}, "person.number", "INVALID_PHONE_NUMBER"),
        ],
    )
    async def test_a_malformed_field_is_named(
        self, stub: Any, register: Register, person: dict[str, Any], field: str, reason: str
    ) -> None:
        assert_invalid(await refusal(stub.FindDevices(find(await register(ANN), **person))), field, reason)


class TestListFriendships:
    async def test_friends_are_listed_confirmed_ones_first(self, stub: Any, register: Register) -> None:
        ann = await register(ANN, CARL, EVE)
        bob = await register(BOB, ANN, EVE)
        carl = await register(CARL, ANN)
        await register(DORA, EVE)
        listed = await stub.ListFriendships(pb.ListFriendshipsRequest(device_id=ann))
        assert list(listed.friends) == [
            Friend(
                device_id=carl,
                contact_id=1,
                level=FRIENDSHIP_LEVEL_CONFIRMED,
                reason=FRIENDSHIP_REASON_BOTH_LIST,
            ),
            Friend(
                device_id=bob,
                contact_id=0,
                level=FRIENDSHIP_LEVEL_LIKELY,
                reason=FRIENDSHIP_REASON_OWNER_LISTS,
            ),
        ]
        assert not listed.truncated
        assert listed.next_page_token == ""

    async def test_nobody_is_nobodys_friend(self, stub: Any, register: Register) -> None:
        request = pb.ListFriendshipsRequest(device_id=await register(ANN, BOB))
        assert await stub.ListFriendships(request) == pb.ListFriendshipsResponse()

    @pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 7, 200, 2**32 - 1])
    async def test_pages_of_any_size_hold_everybody_once(self, stub: Any, register: Register, size: int) -> None:
        everybody = await friends_of_ann(register, count=MAX_FRIENDS)
        request = pb.ListFriendshipsRequest(device_id=everybody["ann"], page_size=size)
        pages = []
        while True:
            page = await stub.ListFriendships(request)
            pages.append([friend.device_id for friend in page.friends])
            assert not page.truncated
            if not page.next_page_token:
                break
            request.page_token = page.next_page_token
        whole, rest = divmod(MAX_FRIENDS, size)
        assert [len(page) for page in pages] == [size] * whole + ([rest] if rest else [])
        assert [each for page in pages for each in page] == everybody["friends"]

    async def test_without_a_size_a_page_is_not_empty(self, stub: Any, register: Register) -> None:
        everybody = await friends_of_ann(register, count=3)
        page = await stub.ListFriendships(pb.ListFriendshipsRequest(device_id=everybody["ann"]))
        assert len(page.friends) == 3

    async def test_a_list_that_is_too_long_says_so_on_every_page(self, stub: Any, register: Register) -> None:
        everybody = await friends_of_ann(register, count=MAX_FRIENDS + 1)
        request = pb.ListFriendshipsRequest(device_id=everybody["ann"], page_size=MAX_FRIENDS - 1)
        first = await stub.ListFriendships(request)
        request.page_token = first.next_page_token
        second = await stub.ListFriendships(request)
        assert (len(first.friends), len(second.friends)) == (MAX_FRIENDS - 1, 1)
        assert first.truncated
        assert second.truncated
        assert second.next_page_token == ""

    async def test_a_page_goes_on_where_the_last_one_ended_when_friends_have_gone(
        self, stub: Any, register: Register
    ) -> None:
        everybody = await friends_of_ann(register, count=4)
        request = pb.ListFriendshipsRequest(device_id=everybody["ann"], page_size=2)
        first = await stub.ListFriendships(request)
        await stub.SyncBook(full(everybody["friends"][1], EVE))  # the friend at the page's end forgets Ann
        request.page_token = first.next_page_token
        second = await stub.ListFriendships(request)
        assert [friend.device_id for friend in second.friends] == everybody["friends"][2:]

    @pytest.mark.parametrize(
        "token",
        [
            "garbage",
            "Ä",
            encode_token("a", 1),  # of another list
            encode_token(1),
            encode_token(-2, "x", "y"),
            encode_token(-2, "x")[:-2],
            encode_token(-2, "x") + "=",
            "x" * 100_000,
        ],
    )
    async def test_a_token_that_is_not_of_this_list_is_refused(self, stub: Any, register: Register, token: str) -> None:
        request = pb.ListFriendshipsRequest(device_id=await register(ANN), page_token=token)
        assert_invalid(await refusal(stub.ListFriendships(request)), "page_token", "INVALID_PAGE_TOKEN")


class TestEveryCall:
    @pytest.mark.parametrize("device_id", ["", "unknown", "\u0000", "x" * 10_000])
    async def test_a_device_that_is_not_registered_is_told(self, stub: Any, device_id: str) -> None:
        for call in (
            stub.SyncBook(full(device_id, BOB)),
            stub.SyncBook(delta(device_id, 0, BOB)),
            stub.FindDevices(find(device_id, number=BOB)),
            stub.FindDevices(find(device_id, contact_id=1)),
            stub.FindDevices(find(device_id, device_id="unknown")),
            stub.ListFriendships(pb.ListFriendshipsRequest(device_id=device_id)),
            stub.CheckDevice(pb.CheckDeviceRequest(device_id=device_id)),
            stub.ListDevicesOfNumber(pb.ListDevicesOfNumberRequest(device_id=device_id)),
            stub.PurgeDevice(pb.PurgeDeviceRequest(device_id=device_id, purged_device_id=device_id)),
            stub.PurgeNumber(pb.PurgeNumberRequest(device_id=device_id)),
        ):
            refused = await refusal(call)
            assert (refused.code, refused.reason) == (StatusCode.NOT_FOUND, "DEVICE_NOT_FOUND")

    async def test_a_database_that_cannot_be_written_is_told_and_serves_again_afterwards(
        self, stub: Any, register: Register, stores: RadarStores
    ) -> None:
        ann = await register(ANN, BOB)
        bob = await register(BOB, ANN)
        async with stores.read_only():
            for call in (
                stub.StartRegistration(pb.StartRegistrationRequest(number=ANN)),
                stub.ConfirmRegistration(pb.ConfirmRegistrationRequest(registration_id="unknown")),
                stub.SyncBook(full(ann, CARL)),
            ):
                refused = await refusal(call)
                assert (refused.code, refused.reason) == (StatusCode.UNAVAILABLE, "STORAGE_UNAVAILABLE")
            [found] = (await stub.FindDevices(find(ann, device_id=bob))).acquaintances
            assert found.as_viewer == FRIENDSHIP_LEVEL_CONFIRMED
        assert (await stub.SyncBook(full(ann, CARL))).book_version == 2

    @pytest.mark.skipif(CHOSEN != "sqlite", reason="a disk of PostgreSQL cannot be filled from here")
    async def test_a_disk_that_is_full_is_told_and_serves_again_afterwards(
        self, stub: Any, register: Register, stores: RadarStores
    ) -> None:
        ann, bob = await register(ANN, BOB), await register(BOB, ANN)
        await stores.database.checkpoint()
        # Less than there is: SQLite takes the size that the file has.
        await stores.database._writer.execute_fetchall("PRAGMA max_page_count = 1")
        large = full(ann, *(f"+86138001390{index:02d}" for index in range(MAX_CONTACTS)))
        refused = []
        for index in range(100):  # until what room there is left in the file's pages is taken
            try:
                await stub.SyncBook(large)
                await stub.StartRegistration(pb.StartRegistrationRequest(number=f"+86138001391{index:02d}"))
            except grpc.aio.AioRpcError as error:
                refused.append(read_refusal(error))
        assert {(each.code, each.reason) for each in refused} == {(StatusCode.UNAVAILABLE, "STORAGE_UNAVAILABLE")}
        [found] = (await stub.FindDevices(find(bob, device_id=ann))).acquaintances
        assert found.device_id == ann
        # What is deleted makes room.
        assert (await stub.PurgeDevice(pb.PurgeDeviceRequest(device_id=bob, purged_device_id=bob))).deletion.devices
        await stores.database._writer.execute_fetchall("PRAGMA max_page_count = 1000000")
        assert (await stub.SyncBook(large)).contact_count == MAX_CONTACTS

    async def test_no_refusal_carries_a_number(self, stub: Any, register: Register) -> None:
        ann = await register(ANN)
        digits = "65059876543210123"
        for call in (
            stub.StartRegistration(pb.StartRegistrationRequest(number=digits)),
            stub.StartRegistration(pb.StartRegistrationRequest(number=ANN, region=digits)),
            stub.FindDevices(find(ann, number=digits + "x" * 60)),
            stub.ConfirmRegistration(pb.ConfirmRegistrationRequest(registration_id=digits, code=digits)),
            stub.RotateRefreshToken(pb.RotateRefreshTokenRequest(refresh_token=digits)),
        ):
            assert digits not in str(await refusal(call))


async def friends_of_ann(register: Register, count: int) -> dict[str, Any]:
    """Registers Ann and confirmed friends of hers; the friends in the order of a list."""
    numbers = [f"+86138001390{index:02d}" for index in range(count)]
    ann = await register(ANN, *numbers)
    return {"ann": ann, "friends": sorted([await register(number, ANN) for number in numbers])}
