"""The keys that sign access tokens, as their operator sees them."""

from appshare.gateway.operator.keeping import kept
from appshare.gateway.signing_keys import SigningKey, SigningKeys
from appshare.rpc.fields import require_length
from appshare.rpc.interceptor import Context
from appshare.rpc.timestamps import timestamp
from appshare.v1 import operator_access_pb2 as pb
from appshare.v1 import operator_access_pb2_grpc

_LONGEST_REQUEST_ID = 64


class SigningKeyServicer(operator_access_pb2_grpc.SigningKeyServiceServicer):
    """Serves `SigningKeyService`."""

    def __init__(self, signing_keys: SigningKeys) -> None:
        self._signing_keys = signing_keys

    async def RotateSigningKey(
        self, request: pb.RotateSigningKeyRequest, context: Context
    ) -> pb.RotateSigningKeyResponse:
        """Makes a key that signs from now on."""
        request_id = require_length(request.request_id, "request_id", _LONGEST_REQUEST_ID)
        with kept():
            self._signing_keys.rotate(withdraw_older=request.withdraw_older, request_id=request_id)
        return pb.RotateSigningKeyResponse(key=_write_key(self._signing_keys.newest))

    async def ListSigningKeys(self, request: pb.ListSigningKeysRequest, context: Context) -> pb.ListSigningKeysResponse:
        """Lists the keys whose tokens are not over."""
        keys = [*self._signing_keys.older, self._signing_keys.newest]
        return pb.ListSigningKeysResponse(keys=map(_write_key, reversed(keys)))


def _write_key(key: SigningKey) -> pb.SigningKey:
    return pb.SigningKey(
        key_id=key.key_id,
        create_time=timestamp(key.create_time),
        over_time=None if key.over_time is None else timestamp(key.over_time),
        withdrawn=key.private_key is None,
    )
