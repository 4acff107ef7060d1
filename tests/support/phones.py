"""Devices that go on trying while the cloud is killed under them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from demo.server_process import ServerProcess
from tests.support.cloud import GATEWAY, Device, new_number

from appshare import errors
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import device_gateway_pb2_grpc


class Phone(Device):
    """A device that tries again until the cloud answers, as the agent does."""

    async def call(self, method: Any, request: Any) -> Any:
        return await insistently(lambda: super(Phone, self).call(method, request))


async def insistently(call: Callable[[], Awaitable[Any]]) -> Any:
    while True:
        try:
            return await call()
        except errors.UnavailableError:
            await asyncio.sleep(0.05)


async def register(server: ServerProcess, channel: grpc.aio.Channel) -> Phone:
    number = new_number()
    accounts = device_gateway_pb2_grpc.AccountServiceStub(channel)
    started = await GATEWAY.unary(accounts.Register, pb.RegisterRequest(number=number))
    code = server.code(started.registration_id)
    verify = pb.VerifyNumberRequest(registration_id=started.registration_id, code=code)
    return Phone(number, (await GATEWAY.unary(accounts.VerifyNumber, verify)).session, channel)
