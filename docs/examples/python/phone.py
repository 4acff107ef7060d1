"""A registered phone: how it gets its session, and how it calls."""

import json
import os
import uuid
from pathlib import Path
from typing import Any

import grpc

from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import device_gateway_pb2_grpc as services

ADDRESS = os.environ.get("APPSHARE_ADDRESS", "127.0.0.1:7400")
LOG = Path(os.environ.get("APPSHARE_LOG", "../../../cloud.log"))

RETRIES = {
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.2s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}


def open_channel() -> grpc.Channel:
    """A channel that sends a call again while the cloud is unavailable; beyond this machine use a secure one."""
    return grpc.insecure_channel(ADDRESS, [("grpc.service_config", json.dumps(RETRIES))])


class Phone:
    """The stubs of a registered device, and its session."""

    def __init__(self, channel: grpc.Channel, session: pb.Session) -> None:
        self.session = session
        self.account = services.AccountServiceStub(channel)
        self.friends = services.FriendServiceStub(channel)
        self.sharing = services.SharingServiceStub(channel)
        self.inbox = services.InboxServiceStub(channel)
        self.downloads = services.DownloadServiceStub(channel)

    def call(self, method: Any, request: Any, deadline: float | None = 10) -> Any:
        """Calls with the access token; the deadline is in seconds, None is for streams that do not end."""
        token = ("authorization", f"Bearer {self.session.access_token}")
        return method(request, metadata=[token], timeout=deadline)

    def refresh(self) -> None:
        """Exchanges the refresh token, which is good for one use; a real phone stores the new session at once."""
        request = pb.RefreshSessionRequest(refresh_token=self.session.refresh_token)
        self.session = self.account.RefreshSession(request, timeout=10).session


def register(channel: grpc.Channel, number: str) -> Phone:
    """Registers a device with a number by the one-time code."""
    account = services.AccountServiceStub(channel)
    started = account.Register(pb.RegisterRequest(number=number, request_id=str(uuid.uuid4())), timeout=10)
    code = read_code(started.registration_id)
    verify = pb.VerifyNumberRequest(registration_id=started.registration_id, code=code)
    return Phone(channel, account.VerifyNumber(verify, timeout=10).session)


def read_code(registration_id: str) -> str:
    """The code from the log of a cloud in development; in operation the user types what the phone received."""
    for line in LOG.read_text(encoding="utf-8").splitlines():
        if registration_id in line and '"code"' in line:
            return str(json.loads(line)["code"])
    raise SystemExit(f"no one-time code in {LOG}: does the cloud write its log there?")
