"""Which services each port of the gateway serves. No operator's method is on the port for devices."""

from functools import partial

from appshare.gateway.access_tokens import AccessTokens
from appshare.gateway.backends import Backends
from appshare.gateway.device.account import AccountServicer
from appshare.gateway.device.downloads import SERVICE as DOWNLOAD_SERVICE
from appshare.gateway.device.downloads import DownloadServicer
from appshare.gateway.device.friends import SERVICE as FRIEND_SERVICE
from appshare.gateway.device.friends import FriendServicer
from appshare.gateway.device.inbox import InboxServicer
from appshare.gateway.device.sharing import SERVICE as SHARING_SERVICE
from appshare.gateway.device.sharing import SharingServicer
from appshare.gateway.doubts import Doubts
from appshare.gateway.operator.catalogue import SERVICE as CATALOGUE_SERVICE
from appshare.gateway.operator.catalogue import add_catalogue_to
from appshare.gateway.operator.devices import DeviceAdministrationServicer
from appshare.gateway.operator.number_key import NumberKeyServicer
from appshare.gateway.operator.operators import OperatorServicer
from appshare.gateway.operator.package_decisions import SERVICE as PACKAGE_DECISION_SERVICE
from appshare.gateway.operator.package_decisions import add_package_decisions_to
from appshare.gateway.operator.signing_keys import SigningKeyServicer
from appshare.gateway.operator.storage import SERVICE as STORAGE_SERVICE
from appshare.gateway.operator.storage import add_storage_to
from appshare.gateway.operator.system import SystemServicer
from appshare.gateway.operator.upstreams import SERVICE as UPSTREAM_SERVICE
from appshare.gateway.operator.upstreams import add_upstreams_to
from appshare.gateway.operators import Operators
from appshare.gateway.owners import OwnersAsked
from appshare.gateway.settings import GatewaySettings
from appshare.gateway.signing_keys import SigningKeys
from appshare.process.clock import Clock
from appshare.rpc.server import Service
from appshare.v1 import device_gateway_pb2_grpc as grpc_stubs
from appshare.v1.operator_access_pb2_grpc import (
    add_OperatorServiceServicer_to_server,
    add_SigningKeyServiceServicer_to_server,
)
from appshare.v1.operator_gateway_pb2_grpc import (
    add_DeviceAdministrationServiceServicer_to_server,
    add_NumberKeyServiceServicer_to_server,
    add_SystemServiceServicer_to_server,
)


def device_services(
    backends: Backends, doubts: Doubts, tokens: AccessTokens, clock: Clock, *, public_search: bool = False
) -> list[Service]:
    """The services of the port for devices.

    Args:
        public_search: whether apps that only the public upstreams list are found by name.
    """
    account = AccountServicer(backends, doubts, tokens, clock)
    owners = OwnersAsked(backends)
    inbox = InboxServicer(backends, doubts)
    return [
        Service("appshare.v1.AccountService", partial(grpc_stubs.add_AccountServiceServicer_to_server, account)),
        Service(FRIEND_SERVICE, FriendServicer(backends, doubts).add_to),
        Service(SHARING_SERVICE, SharingServicer(backends, doubts, owners).add_to),
        Service("appshare.v1.InboxService", partial(grpc_stubs.add_InboxServiceServicer_to_server, inbox)),
        Service(DOWNLOAD_SERVICE, DownloadServicer(backends, doubts, owners, public_search=public_search).add_to),
    ]


def operator_services(
    backends: Backends,
    doubts: Doubts,
    operators: Operators,
    signing_keys: SigningKeys,
    clock: Clock,
    settings: GatewaySettings,
) -> list[Service]:
    """The services of the port for operators."""
    number_key, devices = NumberKeyServicer(backends), DeviceAdministrationServicer(backends, doubts, clock)
    named, signing = OperatorServicer(operators), SigningKeyServicer(signing_keys)
    system = SystemServicer(backends, settings)
    return [
        Service(CATALOGUE_SERVICE, partial(add_catalogue_to, backends=backends)),
        Service(PACKAGE_DECISION_SERVICE, partial(add_package_decisions_to, backends=backends)),
        Service(STORAGE_SERVICE, partial(add_storage_to, backends=backends)),
        Service("appshare.v1.NumberKeyService", partial(add_NumberKeyServiceServicer_to_server, number_key)),
        Service("appshare.v1.OperatorService", partial(add_OperatorServiceServicer_to_server, named)),
        Service("appshare.v1.SigningKeyService", partial(add_SigningKeyServiceServicer_to_server, signing)),
        Service(
            "appshare.v1.DeviceAdministrationService",
            partial(add_DeviceAdministrationServiceServicer_to_server, devices),
        ),
        Service("appshare.v1.SystemService", partial(add_SystemServiceServicer_to_server, system)),
        Service(UPSTREAM_SERVICE, partial(add_upstreams_to, backends=backends)),
    ]
