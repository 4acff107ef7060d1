from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from tests.unit.gateway.stage import Stage

from appshare import errors
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import relation_radar_pb2 as radar_pb
from appshare.v1 import share_registry_pb2 as registry_pb
from appshare.v1.deletion_pb2 import RadarDeletion, RegistryDeletion

GONE = errors.UnavailableError(errors.Reason.STORAGE_UNAVAILABLE, "the disk is full")


def registered(*device_ids: str) -> radar_pb.ListDevicesOfNumberResponse:
    return radar_pb.ListDevicesOfNumberResponse(
        devices=[
            radar_pb.RegisteredDevice(
                device_id=each, register_time=Timestamp(seconds=7), last_seen_time=Timestamp(seconds=9)
            )
            for each in device_ids
        ]
    )


@pytest.fixture
def own(stage: Stage) -> Stage:
    """The device's number has another device too."""
    stage.radar.answers |= {
        "ListDevicesOfNumber": registered("my-tablet", "me"),
        "PurgeDevice": radar_pb.PurgeDeviceResponse(deletion=RadarDeletion(devices=1, contacts=3)),
        "PurgeNumber": radar_pb.PurgeNumberResponse(deletion=RadarDeletion(devices=2, blocks=1)),
    }
    purged = registry_pb.PurgeDevicesResponse(
        deletion=RegistryDeletion(apps=4, inbox_events=3, events_sent=2, settings=1)
    )
    stage.registry.answers["PurgeDevices"] = purged
    return stage


async def test_the_devices_of_the_number_are_listed(own: Stage) -> None:
    tablet, this = (await own.ask(pb.ListDevicesRequest())).devices
    assert (tablet.device_id, tablet.is_this_device) == ("my-tablet", False)
    assert (this.device_id, this.is_this_device) == ("me", True)
    assert (this.register_time.seconds, this.last_seen_time.seconds) == (7, 9)


async def test_a_device_goes_from_the_registry_before_its_token_is_void(own: Stage) -> None:
    receipt = (await own.ask(pb.RemoveDeviceRequest(device_id="my-tablet"))).receipt
    assert own.asked[:3] == ["ListDevicesOfNumber", "PurgeDevices", "PurgeDevice"]
    [purge] = own.radar.asked("PurgeDevice")
    assert (purge.device_id, purge.purged_device_id) == ("me", "my-tablet")
    assert all(list(each.device_ids) == ["my-tablet"] for each in own.registry.asked("PurgeDevices"))
    assert (receipt.radar.devices, receipt.radar.contacts, receipt.registry.apps) == (1, 3, 4)
    assert receipt.delete_time.seconds > 0


async def test_what_was_written_meanwhile_goes_too(own: Stage) -> None:
    await own.ask(pb.RemoveDeviceRequest(device_id="me"))
    assert own.asked[-2:] == ["PurgeDevice", "PurgeDevices"]


async def test_a_device_of_somebody_else_is_not_touched(own: Stage) -> None:
    with pytest.raises(errors.NotFoundError) as refusal:
        await own.ask(pb.RemoveDeviceRequest(device_id="of-somebody-else"))
    assert refusal.value.reason is errors.Reason.DEVICE_NOT_FOUND
    assert own.asked == ["ListDevicesOfNumber"]


@pytest.mark.parametrize("request_", [pb.RemoveDeviceRequest(device_id="me"), pb.DeleteAccountRequest()])
async def test_a_deletion_that_failed_can_be_asked_for_again(own: Stage, request_: Any) -> None:
    works = dict(own.registry.answers)
    own.registry.answers["PurgeDevices"] = GONE
    with pytest.raises(errors.UnavailableError):
        await own.ask(request_)
    assert own.radar.asked("PurgeDevice") + own.radar.asked("PurgeNumber") == []  # the token is good still
    own.registry.answers |= works
    assert (await own.ask(request_)).receipt.registry.apps == 4


async def test_everything_of_the_number_goes(own: Stage) -> None:
    receipt = (await own.ask(pb.DeleteAccountRequest())).receipt
    assert own.asked[:3] == ["ListDevicesOfNumber", "PurgeDevices", "PurgeNumber"]
    assert list(own.registry.asked("PurgeDevices")[0].device_ids) == ["my-tablet", "me"]
    assert (receipt.radar.blocks, receipt.registry.events_sent) == (1, 2)


async def test_many_devices_are_purged_in_parts_and_counted_together(own: Stage) -> None:
    own.radar.answers["ListDevicesOfNumber"] = registered(*(f"device-{index}" for index in range(150)))
    receipt = (await own.ask(pb.DeleteAccountRequest())).receipt
    assert [len(each.device_ids) for each in own.registry.asked("PurgeDevices")] == [100, 50, 100, 50]
    assert (receipt.registry.apps, receipt.registry.settings) == (8, 2)


async def test_who_is_gone_gets_the_receipt_even_when_the_second_purge_fails(own: Stage) -> None:
    purged = own.registry.answers["PurgeDevices"]
    answers = iter([purged, GONE])
    own.registry.answers["PurgeDevices"] = lambda _: next(answers)
    assert (await own.ask(pb.DeleteAccountRequest())).receipt.registry.apps == 4


async def test_the_log_names_the_deletion_and_no_device(own: Stage) -> None:
    one = (await own.ask(pb.DeleteAccountRequest())).receipt.receipt_id
    other = (await own.ask(pb.DeleteAccountRequest())).receipt.receipt_id
    assert [entry["receipt_id"] for entry in own.logs.entries if entry["event"] == "deletion"] == [one, other]
    assert one != other
    assert "my-tablet" not in str(own.logs.entries)
