"""The wire of blocks."""

from appshare.relation_radar.blocks import Blocks
from appshare.relation_radar.model import Block
from appshare.relation_radar.wire import read_person, write_block
from appshare.rpc import paging
from appshare.rpc.fields import invalid_field
from appshare.rpc.interceptor import Context
from appshare.v1 import relation_radar_pb2 as pb


class BlockServicer:
    """The RPCs by which a person blocks others."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks

    async def AddBlocks(self, request: pb.AddBlocksRequest, context: Context) -> pb.AddBlocksResponse:
        """Blocks a person."""
        await self._blocks.add(request.device_id, read_person(request.person))
        return pb.AddBlocksResponse()

    async def RemoveBlocks(self, request: pb.RemoveBlocksRequest, context: Context) -> pb.RemoveBlocksResponse:
        """Takes blocks back."""
        match request.WhichOneof("blocked"):
            case "person":
                await self._blocks.remove(request.device_id, read_person(request.person))
            case "block_id":
                await self._blocks.remove_by_id(request.device_id, request.block_id)
            case _:
                raise invalid_field("blocked", "say which: a person or a block's id")
        return pb.RemoveBlocksResponse()

    async def ReadBlocks(self, request: pb.ReadBlocksRequest, context: Context) -> pb.ReadBlocksResponse:
        """Lists the blocks that a person has made."""
        after = paging.decode_token(request.page_token, int, str)
        blocks = await self._blocks.of(request.device_id)
        rest = [block for block in blocks if after is None or _page_key(block) > after]
        page = rest[: paging.page_size(request.page_size)]
        return pb.ReadBlocksResponse(
            blocks=map(write_block, page),
            next_page_token=paging.encode_token(*_page_key(page[-1])) if len(rest) > len(page) else "",
        )

    async def CheckBlock(self, request: pb.CheckBlockRequest, context: Context) -> pb.CheckBlockResponse:
        """Says whether a person blocks another."""
        return pb.CheckBlockResponse(
            blocked=await self._blocks.includes(request.device_id, read_person(request.person))
        )


def _page_key(block: Block) -> tuple[int, str]:
    return (-round(block.create_time * 1000), block.block_id)
