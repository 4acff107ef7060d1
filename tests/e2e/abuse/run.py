"""Attacks on a running cloud, one after the other, beside callers who want to be served."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import median

import grpc
from demo.server_process import ServerProcess
from tests.e2e.abuse.attacks import ATTACKS, TLS_ATTACKS
from tests.e2e.fuzzing.run import resident_kib
from tests.support.cloud import Device
from tests.support.phones import Phone, register

from appshare import errors
from appshare.rpc.call import channel_options
from appshare.v1 import device_gateway_pb2 as pb

ENVIRONMENT = {"APPSHARE_CALLS_PER_DEVICE": "0"}
"""Of the server: its limits are as they are, but for the honest caller's, who calls all the time."""

_BETWEEN_CALLS = 0.05
_BETWEEN_CONNECTIONS = 0.5


@dataclass
class Served:
    """How an honest caller fared: seconds of the calls that were answered, and reasons of those that were not."""

    seconds: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    async def call(self, device: Device) -> None:
        started = time.monotonic()
        try:
            # Not insistently, as a phone calls: each refusal is to be seen.
            await Device.call(device, device.sharing.ListMyApps, pb.ListMyAppsRequest())
        except errors.AppShareError as error:
            self.refused.append(f"{error.reason}: {error.message}")
        else:
            self.seconds.append(time.monotonic() - started)

    @property
    def asked(self) -> int:
        """How many calls have ended."""
        return len(self.seconds) + len(self.refused)

    def __str__(self) -> str:
        if not self.seconds:
            return f"never, {len(self.refused)} refused"
        p50, worst = median(self.seconds) * 1000, max(self.seconds) * 1000
        return f"{len(self.seconds)}, p50 {p50:.0f} ms, worst {worst:.0f} ms, {len(self.refused)} refused"


@dataclass
class Attacked:
    """How the cloud bore an attack.

    Attributes:
        connections: that were open.
        closed: of which the server has ended so many.
        sent: bytes that the attacker has sent.
        before, during, after: KiB of the gateway; the most while the attack went on.
        known, new: callers with a connection, and callers who come newly.
    """

    name: str
    connections: int = 0
    closed: int = 0
    sent: int = 0
    before: int = 0
    during: int = 0
    after: int = 0
    known: Served = field(default_factory=Served)
    new: Served = field(default_factory=Served)

    @property
    def kib_per_connection(self) -> float:
        """Memory that each connection has cost, in KiB."""
        return (self.during - self.before) / max(1, self.connections)

    def report(self) -> str:
        return "\n".join(
            (
                f"{self.name}: {self.connections} connections, {self.closed} of them closed by the gateway,"
                f" {self.sent / 1e6:.1f} MB sent",
                f"    memory {self.before / 1024:.0f} -> {self.during / 1024:.0f} -> {self.after / 1024:.0f} MiB"
                f" ({self.kib_per_connection:.1f} KiB a connection)",
                f"    served on a connection of before: {self.known}",
                f"    served on a new connection: {self.new}",
            )
        )


async def abuse(
    server: ServerProcess, connections: int, seconds: float, ca: bytes | None = None
) -> AsyncIterator[Attacked]:
    """Plays attacks, each for some time; tells what became of each.

    Args:
        ca: the authority, in PEM, that has signed the certificate which the server shows; None: it speaks plain text.
    """
    async with _open_channel(server.devices, ca) as channel:
        phone = await register(server, channel)
        await Served().call(phone)
        for name in TLS_ATTACKS if ca else ATTACKS:
            yield await _attack(server, phone, name, connections, seconds, ca)


def _open_channel(address: str, ca: bytes | None) -> grpc.aio.Channel:
    """A channel with a connection of its own: channels of a process share theirs, unless they differ in an option."""
    options = channel_options([("grpc.use_local_subchannel_pool", 1)])
    if ca is None:
        return grpc.aio.insecure_channel(address, options=options)
    return grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(ca), options=options)


async def _attack(
    server: ServerProcess, phone: Phone, name: str, connections: int, seconds: float, ca: bytes | None
) -> Attacked:
    gateway = server.children()["gateway"]
    attacked = Attacked(name, before=resident_kib(gateway))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.e2e.abuse.attacker", server.devices, name, str(connections), str(seconds)),
        stdout=asyncio.subprocess.PIPE,
    )
    honest = [
        asyncio.create_task(_go_on_calling(attacked.known, phone)),
        asyncio.create_task(_come_newly(attacked.new, phone, server.devices, ca)),
        asyncio.create_task(_measure(attacked, gateway)),
    ]
    try:
        output, _ = await process.communicate()
        while not (attacked.known.asked and attacked.new.asked):  # noqa: ASYNC110  # an attack may be over at once
            await asyncio.sleep(_BETWEEN_CALLS)
    finally:
        for task in honest:
            task.cancel()
        await asyncio.gather(*honest, return_exceptions=True)
        with suppress(ProcessLookupError):
            process.kill()
    outcome = json.loads(output.splitlines()[-1])
    attacked.connections, attacked.closed, attacked.sent = outcome["opened"], outcome["closed"], outcome["sent"]
    attacked.after = resident_kib(gateway)
    return attacked


async def _go_on_calling(served: Served, phone: Phone) -> None:
    while True:
        await served.call(phone)
        await asyncio.sleep(_BETWEEN_CALLS)


async def _come_newly(served: Served, phone: Phone, address: str, ca: bytes | None) -> None:
    while True:
        async with _open_channel(address, ca) as channel:
            await served.call(Device(phone.number, phone.session, channel))
        await asyncio.sleep(_BETWEEN_CONNECTIONS)


async def _measure(attacked: Attacked, gateway: int) -> None:
    while True:
        attacked.during = max(attacked.during, resident_kib(gateway))
        await asyncio.sleep(0.2)
