"""The calls by which an operator decides about packages; `OperatorClient.decisions` has them."""

from collections.abc import Sequence
from typing import Any, TypeVar

import grpc

from appshare.operator.decision_model import (
    DeviceCondition,
    NumberRange,
    OperatorRow,
    RowEffect,
    SignerPin,
    VersionFloor,
)
from appshare.rpc.call import Callee
from appshare.v1 import adaptation_pb2, package_decision_pb2
from appshare.v1 import operator_gateway_pb2 as pb
from appshare.v1.operator_gateway_pb2_grpc import PackageDecisionServiceStub

Request = TypeVar("Request")
Response = TypeVar("Response")

_PAGE_SIZE = 200
_RANGES = ("sdk", "density", "short_side", "long_side")


class PackageDecisions:
    """Calls `PackageDecisionService`.

    Args:
        server: the gateway, for error messages.
        credentials: the metadata that proves who calls.
    """

    def __init__(self, channel: grpc.aio.Channel, server: Callee, credentials: Sequence[tuple[str, str]]) -> None:
        self._stub = PackageDecisionServiceStub(channel)
        self._server = server
        self._credentials = credentials

    async def pins(self, package_name: str = "") -> list[SignerPin]:
        """Lists whose signature an app, or each app, is pinned to."""
        pages = await self._pages(self._stub.ListSignerPins, pb.ListSignerPinsRequest(package_name=package_name))
        return [_read_pin(pin) for page in pages for pin in page.pins]

    async def pin(self, package_name: str, signer_sha256: str) -> tuple[SignerPin, int]:
        """Pins an app to a signer, empty for the known one; returns the pin, and how many packages it leaves out."""
        request = pb.PinSignerRequest(package_name=package_name, signer_sha256=signer_sha256)
        response = await self._call(self._stub.PinSigner, request)
        return _read_pin(response.pin), response.packages_not_accepted

    async def unpin(self, package_name: str) -> None:
        """Forgets whose signature an app is pinned to."""
        await self._call(self._stub.UnpinSigner, pb.UnpinSignerRequest(package_name=package_name))

    async def floors(self, package_name: str = "") -> list[VersionFloor]:
        """Lists the lowest versions that are allowed."""
        request = pb.ListVersionFloorsRequest(package_name=package_name)
        pages = await self._pages(self._stub.ListVersionFloors, request)
        return [VersionFloor(each.package_name, each.version_code) for page in pages for each in page.floors]

    async def set_floor(self, package_name: str, version_code: int) -> int:
        """Sets the lowest version of an app, 0 for none; returns how many packages of it are below."""
        request = pb.SetVersionFloorRequest(package_name=package_name, version_code=version_code)
        return (await self._call(self._stub.SetVersionFloor, request)).packages_below

    async def rows(self, package_name: str = "") -> list[OperatorRow]:
        """Lists the operator's rows of the adaptation table, by app and position."""
        request = pb.ListOperatorRowsRequest(package_name=package_name)
        pages = await self._pages(self._stub.ListOperatorRows, request)
        return [_read_row(row) for page in pages for row in page.rows]

    async def add_row(self, row: OperatorRow) -> OperatorRow:
        """Adds a row; returns it with its id and position."""
        response = await self._call(self._stub.AddOperatorRow, pb.AddOperatorRowRequest(row=_write_row(row)))
        return _read_row(response.row)

    async def remove_row(self, row_id: str) -> None:
        """Removes a row."""
        await self._call(self._stub.RemoveOperatorRow, pb.RemoveOperatorRowRequest(row_id=row_id))

    async def move_row(self, row_id: str, position: int) -> OperatorRow:
        """Moves a row among those of its app."""
        request = pb.MoveOperatorRowRequest(row_id=row_id, position=position)
        return _read_row((await self._call(self._stub.MoveOperatorRow, request)).row)

    async def _pages(self, method: grpc.aio.UnaryUnaryMultiCallable[Any, Response], request: Any) -> list[Response]:
        """All pages of a list."""
        request.page_size = _PAGE_SIZE
        pages: list[Any] = []
        while not pages or pages[-1].next_page_token:
            request.page_token = pages[-1].next_page_token if pages else ""
            pages.append(await self._call(method, request))
        return pages

    async def _call(self, method: grpc.aio.UnaryUnaryMultiCallable[Request, Response], request: Request) -> Response:
        return await self._server.unary(method, request, metadata=self._credentials)


def _read_pin(message: package_decision_pb2.SignerPin) -> SignerPin:
    return SignerPin(
        message.package_name, message.signer_sha256, tuple(message.former_sha256), by_operator=message.by_operator
    )


def _read_row(message: adaptation_pb2.OperatorRow) -> OperatorRow:
    effect = adaptation_pb2.RowEffect.Name(message.effect).removeprefix("ROW_EFFECT_")
    devices = message.devices
    ranges = {name: getattr(devices, name) for name in _RANGES}
    return OperatorRow(
        row_id=message.row_id,
        package_name=message.package_name,
        position=message.position,
        effect=RowEffect[effect],
        version_code=message.version_code if message.WhichOneof("builds") == "version_code" else None,
        package_id=message.package_id,
        devices=DeviceCondition(
            manufacturer=devices.manufacturer,
            model=devices.model,
            abis=tuple(devices.abis),
            **{name: NumberRange(each.lowest, each.highest) for name, each in ranges.items()},
        ),
        idle=message.idle,
    )


def _write_row(row: OperatorRow) -> adaptation_pb2.OperatorRow:
    devices = row.devices
    ranges = {name: getattr(devices, name) for name in _RANGES}
    message = adaptation_pb2.OperatorRow(
        package_name=row.package_name,
        position=row.position,
        effect=adaptation_pb2.RowEffect.Value(f"ROW_EFFECT_{row.effect.name}"),
        devices=adaptation_pb2.DeviceCondition(
            manufacturer=devices.manufacturer,
            model=devices.model,
            abis=devices.abis,
            **{name: adaptation_pb2.NumberRange(lowest=n.lowest, highest=n.highest) for name, n in ranges.items()},
        ),
    )
    if row.package_id:
        message.package_id = row.package_id
    elif row.version_code is not None:
        message.version_code = row.version_code
    return message
