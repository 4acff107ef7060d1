"""The wire of registrations and sessions."""

import hashlib

from appshare.relation_radar.devices import Devices
from appshare.relation_radar.registration import Registrar
from appshare.rpc.fields import require_length, require_text
from appshare.rpc.interceptor import Context
from appshare.rpc.timestamps import timestamp
from appshare.v1 import relation_radar_pb2 as pb


class RegistrationServicer:
    """The RPCs by which a device registers and stays signed in."""

    def __init__(self, registrar: Registrar, devices: Devices) -> None:
        self._registrar = registrar
        self._devices = devices

    async def StartRegistration(
        self, request: pb.StartRegistrationRequest, context: Context
    ) -> pb.StartRegistrationResponse:
        """Starts a registration and sends its code."""
        require_length(request.request_id, "request_id", 64)
        registration = await self._registrar.start(
            require_text(request.number, "number"), request.region, request.request_id or None
        )
        return pb.StartRegistrationResponse(
            registration_id=registration.registration_id, code_expire_time=timestamp(registration.expire_time)
        )

    async def ConfirmRegistration(
        self, request: pb.ConfirmRegistrationRequest, context: Context
    ) -> pb.ConfirmRegistrationResponse:
        """Verifies the number and registers the device."""
        device_id, refresh_token = await self._registrar.confirm(request.registration_id, request.code)
        number_ref = await self._number_ref(device_id)
        return pb.ConfirmRegistrationResponse(device_id=device_id, refresh_token=refresh_token, number_ref=number_ref)

    async def RotateRefreshToken(
        self, request: pb.RotateRefreshTokenRequest, context: Context
    ) -> pb.RotateRefreshTokenResponse:
        """Exchanges a refresh token for a new one."""
        device_id, refresh_token = await self._registrar.rotate(request.refresh_token)
        number_ref = await self._number_ref(device_id)
        return pb.RotateRefreshTokenResponse(device_id=device_id, refresh_token=refresh_token, number_ref=number_ref)

    async def _number_ref(self, device_id: str) -> str:
        """Stands for the device's number; a digest of the digest, so that a token does not hold what is stored."""
        device = await self._devices.require(device_id)
        return hashlib.sha256(f"number_ref {device.number_key}".encode()).hexdigest()[:16]
