"""The wire of contact books."""

from appshare.relation_radar.books import Books, SyncResult
from appshare.relation_radar.wire import read_contacts
from appshare.rpc.fields import invalid_field
from appshare.rpc.interceptor import Context
from appshare.v1 import friendship_pb2
from appshare.v1 import relation_radar_pb2 as pb


class BookServicer:
    """The RPC by which contact books come in."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def SyncBook(self, request: pb.SyncBookRequest, context: Context) -> pb.SyncBookResponse:
        """Replaces or changes a contact book."""
        match request.WhichOneof("change"):
            case "full":
                contacts = read_contacts(request.full.contacts, "full.contacts")
                result = await self._books.replace(request.device_id, contacts)
            case "delta":
                result = await self._change_book(request.device_id, request.delta)
            case _:
                raise invalid_field("change", "say what changes: `full` or `delta`")
        return pb.SyncBookResponse(
            book_version=result.book_version,
            contact_count=result.contact_count,
            skipped_number_count=result.skipped_number_count,
        )

    async def _change_book(self, device_id: str, delta: friendship_pb2.ContactBookDelta) -> SyncResult:
        upserted = read_contacts(delta.upserted, "delta.upserted")
        return await self._books.change(device_id, delta.base_version, upserted, delta.removed_contact_ids)
