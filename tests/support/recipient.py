"""A device in a process of its own that writes down what it receives, durably, before it acknowledges it.

`python -m tests.support.recipient ADDRESS TOKEN FILE`: it can be killed at any moment and started again with another
file. A line of the file is the JSON of a `Received`.
"""

import asyncio
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

import grpc

from appshare.rpc.call import open_channel
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import device_gateway_pb2_grpc, inbox_pb2


@dataclass(frozen=True)
class Received:
    """An event as it came.

    Attributes:
        opened: when the stream was asked for that delivered it, in nanoseconds of the machine's monotonic clock.
        kind: which event it is, as in `InboxEvent`.
    """

    opened: int
    position: int
    kind: str
    note: str
    package_names: list[str]


def read_received(path: Path) -> list[Received]:
    """What was written down; a line that the end of the process has cut is none."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return [Received(**json.loads(line)) for line in lines if line.endswith("\n")]


async def receive(address: str, token: str, file: TextIO) -> None:
    """Streams, writes down and acknowledges until it is killed."""
    metadata = (("authorization", f"Bearer {token}"),)
    async with open_channel(address) as channel:
        inbox = device_gateway_pb2_grpc.InboxServiceStub(channel)
        while True:
            opened = time.monotonic_ns()
            try:
                async for message in inbox.Subscribe(pb.SubscribeRequest(), metadata=metadata):
                    if message.HasField("event"):
                        _write_down(file, opened, message.event)
                        acknowledged = pb.AcknowledgeEventsRequest(through_position=message.event.position)
                        await inbox.AcknowledgeEvents(acknowledged, metadata=metadata)
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise
            await asyncio.sleep(0.05)


def _write_down(file: TextIO, opened: int, event: inbox_pb2.InboxEvent) -> None:
    pushed = event.shares_pushed
    names = [share.app.package_name for share in pushed.shares]
    received = Received(opened, event.position, event.WhichOneof("event") or "", pushed.note, names)
    file.write(json.dumps(asdict(received)) + "\n")
    file.flush()
    os.fsync(file.fileno())


def main() -> None:
    """Receives what comes for the device with the token."""
    address, token, path = sys.argv[1:]
    with Path(path).open("x", encoding="utf-8") as file:
        asyncio.run(receive(address, token, file))


if __name__ == "__main__":
    main()
