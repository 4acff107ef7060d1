"""What stands in for the cloud where an operator decides about packages: it keeps what it is told, as it is told."""

# ruff: noqa: N802  # the protos name the methods

from typing import Any

from appshare import errors
from appshare.v1 import adaptation_pb2, package_decision_pb2
from appshare.v1 import operator_gateway_pb2 as pb
from appshare.v1.operator_gateway_pb2_grpc import PackageDecisionServiceServicer

KNOWN_SIGNER = "1" * 64
ROW_ID = "5a8b6c70d1e2"


class Decisions(PackageDecisionServiceServicer):
    """Lists come one item a page.

    Attributes:
        left_out: packages that a pin or a lowest version leaves out.
        idle: why each row decides nothing.
    """

    def __init__(self) -> None:
        self.pins: dict[str, package_decision_pb2.SignerPin] = {}
        self.floors: dict[str, int] = {}
        self.rows: dict[str, adaptation_pb2.OperatorRow] = {}
        self.left_out = 0
        self.idle = ""

    async def ListSignerPins(self, request: pb.ListSignerPinsRequest, context: Any) -> pb.ListSignerPinsResponse:
        page, token = _page(list(self.pins.values()), request.page_token)
        return pb.ListSignerPinsResponse(pins=page, next_page_token=token)

    async def PinSigner(self, request: pb.PinSignerRequest, context: Any) -> pb.PinSignerResponse:
        signer = request.signer_sha256 or KNOWN_SIGNER
        pin = package_decision_pb2.SignerPin(
            package_name=request.package_name, signer_sha256=signer, former_sha256=["0" * 64], by_operator=True
        )
        self.pins[request.package_name] = pin
        return pb.PinSignerResponse(pin=pin, packages_not_accepted=self.left_out)

    async def UnpinSigner(self, request: pb.UnpinSignerRequest, context: Any) -> pb.UnpinSignerResponse:
        self.pins.pop(request.package_name, None)
        return pb.UnpinSignerResponse()

    async def ListVersionFloors(
        self, request: pb.ListVersionFloorsRequest, context: Any
    ) -> pb.ListVersionFloorsResponse:
        floors = [
            package_decision_pb2.VersionFloor(package_name=name, version_code=code)
            for name, code in self.floors.items()
        ]
        page, token = _page(floors, request.page_token)
        return pb.ListVersionFloorsResponse(floors=page, next_page_token=token)

    async def SetVersionFloor(self, request: pb.SetVersionFloorRequest, context: Any) -> pb.SetVersionFloorResponse:
        self.floors[request.package_name] = request.version_code
        return pb.SetVersionFloorResponse(packages_below=self.left_out)

    async def ListOperatorRows(self, request: pb.ListOperatorRowsRequest, context: Any) -> pb.ListOperatorRowsResponse:
        page, token = _page(list(self.rows.values()), request.page_token)
        return pb.ListOperatorRowsResponse(rows=page, next_page_token=token)

    async def AddOperatorRow(self, request: pb.AddOperatorRowRequest, context: Any) -> pb.AddOperatorRowResponse:
        row = request.row
        row.row_id = ROW_ID if not self.rows else f"{len(self.rows):012x}"
        row.position = row.position or len(self.rows) + 1
        row.idle = self.idle
        self.rows[row.row_id] = row
        return pb.AddOperatorRowResponse(row=row)

    async def RemoveOperatorRow(
        self, request: pb.RemoveOperatorRowRequest, context: Any
    ) -> pb.RemoveOperatorRowResponse:
        del self.rows[self._known(request.row_id)]
        return pb.RemoveOperatorRowResponse()

    async def MoveOperatorRow(self, request: pb.MoveOperatorRowRequest, context: Any) -> pb.MoveOperatorRowResponse:
        row = self.rows[self._known(request.row_id)]
        row.position = request.position
        return pb.MoveOperatorRowResponse(row=row)

    def _known(self, row_id: str) -> str:
        if row_id not in self.rows:
            raise errors.NotFoundError(errors.Reason.OPERATOR_ROW_NOT_FOUND, "there is no such row")
        return row_id


def _page(items: list[Any], token: str) -> tuple[list[Any], str]:
    index = int(token or 0)
    return items[index : index + 1], str(index + 1) if index + 1 < len(items) else ""
