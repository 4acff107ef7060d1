"""Registration, sessions and removal of devices."""

from typing import TypeAlias

from google.protobuf.timestamp_pb2 import Timestamp

from appshare.gateway.access_tokens import AccessTokens, Caller
from appshare.gateway.authentication import calling_device
from appshare.gateway.backends import RADAR, Backends
from appshare.gateway.deletion import Deletions
from appshare.gateway.doubts import Doubts
from appshare.process.clock import Clock
from appshare.rpc.call import remaining_time
from appshare.rpc.interceptor import Context
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import device_gateway_pb2_grpc
from appshare.v1 import relation_radar_pb2 as radar_pb

OPEN_METHODS = tuple(
    f"/appshare.v1.AccountService/{method}" for method in ("Register", "VerifyNumber", "RefreshSession")
)
"""What a device may call before it has a token."""

_Granted: TypeAlias = radar_pb.ConfirmRegistrationResponse | radar_pb.RotateRefreshTokenResponse


class AccountServicer(device_gateway_pb2_grpc.AccountServiceServicer):
    """Serves `AccountService`."""

    def __init__(self, backends: Backends, doubts: Doubts, tokens: AccessTokens, clock: Clock) -> None:
        self._radar = backends.radar
        self._tokens = tokens
        self._deletions = Deletions(backends, doubts, clock)

    async def Register(self, request: pb.RegisterRequest, context: Context) -> pb.RegisterResponse:
        """Starts a registration."""
        started = await RADAR.unary(
            self._radar.StartRegistration,
            radar_pb.StartRegistrationRequest(
                number=request.number, region=request.region, request_id=request.request_id
            ),
            time_limit=remaining_time(context),
        )
        return pb.RegisterResponse(registration_id=started.registration_id, code_expire_time=started.code_expire_time)

    async def VerifyNumber(self, request: pb.VerifyNumberRequest, context: Context) -> pb.VerifyNumberResponse:
        """Completes a registration."""
        confirmed = await RADAR.unary(
            self._radar.ConfirmRegistration,
            radar_pb.ConfirmRegistrationRequest(registration_id=request.registration_id, code=request.code),
            time_limit=remaining_time(context),
        )
        return pb.VerifyNumberResponse(session=self._session(confirmed))

    async def RefreshSession(self, request: pb.RefreshSessionRequest, context: Context) -> pb.RefreshSessionResponse:
        """Exchanges a refresh token for a new session."""
        rotated = await RADAR.unary(
            self._radar.RotateRefreshToken,
            radar_pb.RotateRefreshTokenRequest(refresh_token=request.refresh_token),
            time_limit=remaining_time(context),
        )
        return pb.RefreshSessionResponse(session=self._session(rotated))

    async def ListDevices(self, request: pb.ListDevicesRequest, context: Context) -> pb.ListDevicesResponse:
        """Lists the devices of the calling device's number."""
        device_id = calling_device()
        listed = await RADAR.unary(
            self._radar.ListDevicesOfNumber,
            radar_pb.ListDevicesOfNumberRequest(device_id=device_id),
            time_limit=remaining_time(context),
        )
        return pb.ListDevicesResponse(
            devices=[
                pb.MyDevice(
                    device_id=each.device_id,
                    register_time=each.register_time,
                    last_seen_time=each.last_seen_time,
                    is_this_device=each.device_id == device_id,
                )
                for each in listed.devices
            ]
        )

    async def RemoveDevice(self, request: pb.RemoveDeviceRequest, context: Context) -> pb.RemoveDeviceResponse:
        """Removes a device of the calling device's number."""
        receipt = await self._deletions.remove_device(calling_device(), request.device_id, context)
        return pb.RemoveDeviceResponse(receipt=receipt)

    async def DeleteAccount(self, request: pb.DeleteAccountRequest, context: Context) -> pb.DeleteAccountResponse:
        """Removes all devices of the calling device's number."""
        return pb.DeleteAccountResponse(receipt=await self._deletions.remove_all(calling_device(), context))

    def _session(
        self, granted: radar_pb.ConfirmRegistrationResponse | radar_pb.RotateRefreshTokenResponse
    ) -> pb.Session:
        access = self._tokens.issue(Caller(granted.device_id, granted.number_ref))
        return pb.Session(
            device_id=granted.device_id,
            access_token=access.token,
            access_expire_time=Timestamp(seconds=int(access.expire_time)),
            refresh_token=granted.refresh_token,
        )
