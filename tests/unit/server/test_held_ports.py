"""Whoever looks for a port passes over one that is held, and whoever it is held for listens there."""

import socket

import grpc
import pytest

from appshare.rpc.address import Address
from appshare.rpc.server import Service, running_server
from appshare.server.held_ports import HeldPorts

ANY = Address("127.0.0.1", 0)
NOTHING = Service("appshare.v1.NoService", lambda _server: None)


async def test_a_server_listens_on_a_held_port_again_and_again() -> None:
    with HeldPorts() as ports:
        address = ports.take(ANY)
        for _ in range(2):
            async with running_server(address, [NOTHING]), grpc.aio.insecure_channel(str(address)) as channel:
                await channel.channel_ready()


def test_a_held_port_is_nobody_elses() -> None:
    with HeldPorts() as ports:
        address = ports.take(ANY)
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((address.host, address.port))
    with socket.socket() as other:
        other.bind((address.host, address.port))


def test_a_port_that_is_named_stays() -> None:
    with HeldPorts() as ports:
        assert ports.take(Address("127.0.0.1", 7400)) == Address("127.0.0.1", 7400)
