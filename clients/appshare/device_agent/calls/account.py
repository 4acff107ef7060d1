"""Registration, sessions and devices of the number."""

from appshare.command_line.deletion_receipt import DeletionReceipt, read_receipt
from appshare.device_agent import model, wire
from appshare.device_agent.calls.session import SessionCalls
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1.device_gateway_pb2_grpc import AccountServiceStub


class AccountCalls(SessionCalls):
    """The calls of `AccountService`."""

    async def register(self, number: str, *, region: str = "", request_id: str = "") -> model.Registration:
        """Starts the registration of a device; a one-time code is sent to its number."""
        request = pb.RegisterRequest(number=number, region=region, request_id=request_id)
        return wire.read_registration(await self._server.unary(AccountServiceStub(self._channel).Register, request))

    async def verify_number(self, registration_id: str, code: str) -> model.Session:
        """Completes a registration by its code; the client goes on with the session."""
        request = pb.VerifyNumberRequest(registration_id=registration_id, code=code)
        response = await self._server.unary(AccountServiceStub(self._channel).VerifyNumber, request)
        self._session = wire.read_session(response.session)
        return self._session

    async def devices(self) -> list[model.MyDevice]:
        """Lists the devices of the device's number, the newest first."""
        response = await self._call(AccountServiceStub(self._channel).ListDevices, pb.ListDevicesRequest())
        return [wire.read_my_device(each) for each in response.devices]

    async def remove_device(self, device_id: str) -> DeletionReceipt:
        """Removes a device of the number, which may be this one, with all that is kept of it."""
        request = pb.RemoveDeviceRequest(device_id=device_id)
        response = await self._call(AccountServiceStub(self._channel).RemoveDevice, request)
        return read_receipt(response.receipt)

    async def delete_account(self) -> DeletionReceipt:
        """Removes all devices of the number with all that is kept of them and of it."""
        response = await self._call(AccountServiceStub(self._channel).DeleteAccount, pb.DeleteAccountRequest())
        return read_receipt(response.receipt)
