"""The wire of the operator's rows of the adaptation table."""

from typing import cast

from appshare.app_download.adaptation_table import AdaptationTable, ListedRow
from appshare.app_download.decision_wire import read_operator_row, write_operator_row
from appshare.app_download.servicers.decisions import app_name
from appshare.rpc import paging
from appshare.rpc.interceptor import Context
from appshare.v1 import app_download_pb2 as pb


class AdaptationServicer:
    """The RPCs by which an operator overrides what the packages say of themselves."""

    def __init__(self, table: AdaptationTable) -> None:
        self._table = table

    async def ReadOperatorRows(
        self, request: pb.ReadOperatorRowsRequest, context: Context
    ) -> pb.ReadOperatorRowsResponse:
        """Lists the operator's rows."""
        after = cast("tuple[str, int]", paging.decode_token(request.page_token, str, int) or ("", 0))
        size = paging.page_size(request.page_size)
        found = await self._table.page(request.package_name, after, size + 1)
        page = found[:size]
        last = page[-1].row if len(found) > size else None
        return pb.ReadOperatorRowsResponse(
            rows=[write_operator_row(each) for each in page],
            next_page_token=paging.encode_token(last.package_name, last.position) if last else "",
        )

    async def InsertOperatorRow(
        self, request: pb.InsertOperatorRowRequest, context: Context
    ) -> pb.InsertOperatorRowResponse:
        """Adds a row."""
        app_name(request.row.package_name, "row.package_name")
        added = await self._table.add(read_operator_row(request.row))
        return pb.InsertOperatorRowResponse(row=write_operator_row(ListedRow(added, "")))

    async def DeleteOperatorRow(
        self, request: pb.DeleteOperatorRowRequest, context: Context
    ) -> pb.DeleteOperatorRowResponse:
        """Removes a row."""
        await self._table.remove(request.row_id)
        return pb.DeleteOperatorRowResponse()

    async def PlaceOperatorRow(
        self, request: pb.PlaceOperatorRowRequest, context: Context
    ) -> pb.PlaceOperatorRowResponse:
        """Moves a row."""
        moved = await self._table.move(request.row_id, request.position)
        return pb.PlaceOperatorRowResponse(row=write_operator_row(ListedRow(moved, "")))
