"""The wire of registrations and sessions."""

from appshare.relation_radar.registration import Registrar
from appshare.rpc.fields import require_length, require_text
from appshare.rpc.interceptor import Context
from appshare.rpc.timestamps import timestamp
from appshare.v1 import relation_radar_pb2 as pb


class RegistrationServicer:
    """The RPCs by which a device registers and stays signed in."""

    def __init__(self, registrar: Registrar) -> None:
        self._registrar = registrar

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
        return pb.ConfirmRegistrationResponse(device_id=device_id, refresh_token=refresh_token)

    async def RotateRefreshToken(
        self, request: pb.RotateRefreshTokenRequest, context: Context
    ) -> pb.RotateRefreshTokenResponse:
        """Exchanges a refresh token for a new one."""
        device_id, refresh_token = await self._registrar.rotate(request.refresh_token)
        return pb.RotateRefreshTokenResponse(device_id=device_id, refresh_token=refresh_token)
