"""A run: odd calls and broken frames for some time, beside a caller who wants to be served."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import grpc
from demo.server_process import ServerProcess
from google.protobuf.message import Message
from tests.e2e.fuzzing.broken_frames import send_broken_frames
from tests.e2e.fuzzing.calls import OddCall, OddCalls
from tests.e2e.fuzzing.judging import problem_of
from tests.e2e.fuzzing.messages import Messages
from tests.support.cloud import Device, person
from tests.support.phones import register

from appshare import errors
from appshare.rpc.call import open_channel
from appshare.v1.share_pb2 import AUDIENCE_KIND_FRIENDS, PUSH_POLICY_FRIENDS

WITHOUT_LIMITS = {
    f"APPSHARE_{name}": value
    for name, value in {
        "CALLS_PER_DEVICE": "0",
        "COSTLY_CALLS_PER_DEVICE": "0",
        "STREAMS_PER_DEVICE": "0",
        "CALLS_PER_PEER": "0",
        "OPEN_CALLS_PER_PEER": "0",
        "OPERATOR_FAILURES_PER_PEER": "0",
        "LOOKUPS_PER_HOUR": "100000000",
        "LOOKUP_BURST": "100000000",
        "NEW_CONTACTS_PER_DAY": "100000000",
    }.items()
}
"""Environment of a server that lets everybody call as often as they can: what it bears is what is to be seen."""

_CALLERS = 12
_BROKEN = 2
_MOST_PROBLEMS = 20
_MOST_GROWTH = 64 * 1024
"""KiB that a process may take more at the end than after a quarter of the run."""
_INSIDE_LOG = re.compile(r'"event": "defect"|Traceback|never retrieved|"event": "crashed"|a task in the background')

TOKENS = {
    "none": "",
    "garbage": "~garbage~",
    "no token": "a.b.c",
    # Signed by nobody: {"alg": "none"} {"iss": "appshare", "sub": "A", "exp": 99999999999}
    "unsigned": "eyJhbGciOiJub25lIn0.eyJpc3MiOiJhcHBzaGFyZSIsInN1YiI6IkEiLCJleHAiOjk5OTk5OTk5OTk5fQ.",
    "removed": "",
}


@dataclass
class Findings:
    """What a run has found.

    Attributes:
        statuses: how often calls ended with which status.
        problems: what must not be, each with the call.
        served: seconds that each call of the honest caller took.
        memory: KiB of each process, sampled again and again.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    served: list[float] = field(default_factory=list)
    memory: list[dict[str, int]] = field(default_factory=list)

    @property
    def calls(self) -> int:
        return sum(self.statuses.values())

    def first_and_last(self) -> tuple[dict[str, int], dict[str, int]]:
        """The memory after a quarter of the run, and at its end."""
        return self.memory[len(self.memory) // 4], self.memory[-1]

    def report(self) -> str:
        """What people read."""
        served = sorted(self.served)
        lines = [
            f"{self.calls} calls: {dict(self.statuses.most_common())}",
            f"the honest caller was served {len(served)} times, p50 {served[len(served) // 2] * 1000:.0f} ms,"
            f" longest {served[-1] * 1000:.0f} ms",
        ]
        first, last = self.first_and_last()
        lines += [f"memory of {name}: {first[name] / 1024:.0f} -> {last[name] / 1024:.0f} MiB" for name in first]
        return "\n".join([*lines, *(f"PROBLEM {problem}" for problem in self.problems)])


async def fuzz(server: ServerProcess, seed: int, seconds: float) -> Findings:
    """Calls for some time; the same seed invents the same calls, as far as the cloud answers the same."""
    return await _Run(server, seed).play(seconds)


class _Run:
    def __init__(self, server: ServerProcess, seed: int) -> None:
        self._server = server
        self._random = Random(seed)  # noqa: S311  # it can be played again
        self._messages = Messages(self._random)
        self._odd = OddCalls(self._random, self._messages)
        self._findings = Findings()
        self._tokens = dict(TOKENS)
        self._until = 0.0

    async def play(self, seconds: float) -> Findings:
        children = self._server.children()
        async with (
            open_channel(self._server.devices) as devices,
            open_channel(self._server.operators) as operators,
            open_channel(self._server.devices) as honest,
        ):
            token_file = self._server.data / "gateway" / "operator.token"
            self._tokens["operator"] = token_file.read_text(encoding="utf-8").strip()
            await self._renew_device(devices)
            owner, friend = await _friends(self._server, honest)
            self._until = time.monotonic() + seconds
            await asyncio.gather(
                *(self._call_oddly(devices, operators) for _ in range(_CALLERS)),
                *(self._break_frames() for _ in range(_BROKEN)),
                self._want_to_be_served(owner, friend),
                self._measure(children),
            )
        if self._server.children() != children:
            self._found("a process was gone", None)
        first, last = self._findings.first_and_last()
        for name, kib in first.items():
            if last[name] > kib + _MOST_GROWTH:
                self._found(f"{name} has grown", None)
        self._findings.problems += _insides(self._server.log)
        return self._findings

    async def _call_oddly(self, devices: grpc.aio.Channel, operators: grpc.aio.Channel) -> None:
        while self._goes_on():
            call = self._odd.next(self._tokens)
            answers = await self._make(call, operators if call.method.is_operators else devices)
            for answer in answers:
                self._messages.learn(answer)
            if answers and call.method.name in ("DeleteAccount", "RemoveDevice"):
                self._tokens["removed"] = self._tokens["device"]
                await self._renew_device(devices)

    async def _make(self, call: OddCall, channel: grpc.aio.Channel) -> list[Message]:
        """The answers; none of a call that is refused."""
        try:
            answers = await call.make(channel)
        except grpc.aio.AioRpcError as error:
            self._findings.statuses[error.code().name] += 1
            if problem := problem_of(call.method.path, call.requests, error):
                self._found(problem, call)
            return []
        except asyncio.CancelledError:
            self._findings.statuses["CANCELLED"] += 1
            if not call.method.gives_stream:  # such a call is over at a time that the caller itself has set
                self._found("cancelled by the server", call)
            return []
        self._findings.statuses["OK"] += 1
        return answers

    async def _renew_device(self, channel: grpc.aio.Channel) -> None:
        """Takes another device as the one whose token odd calls carry."""
        one, other = await _friends(self._server, channel)
        self._tokens["device"] = one.session.access_token
        for device in (one, other):
            self._messages.learn(device.session)
            self._messages.learn(person(device.number))

    async def _break_frames(self) -> None:
        while self._goes_on():
            address = self._random.choice((self._server.devices, self._server.operators))
            with suppress(OSError):  # the server is free to end such a connection at any time
                await send_broken_frames(address, self._random)

    async def _want_to_be_served(self, owner: Device, friend: Device) -> None:
        while self._goes_on():
            started = time.monotonic()
            try:
                if await friend.shares_of(person(owner.number)) != ["chat"]:
                    self._found("the honest caller got another answer", None)
            except errors.AppShareError as error:
                self._found(f"the honest caller was refused: {error.reason} {error.message}", None)
            self._findings.served.append(time.monotonic() - started)
            await asyncio.sleep(0.05)

    async def _measure(self, children: dict[str, int]) -> None:
        while self._goes_on():
            self._findings.memory.append({name: resident_kib(process) for name, process in children.items()})
            await asyncio.sleep(0.5)

    def _goes_on(self) -> bool:
        return time.monotonic() < self._until and len(self._findings.problems) < _MOST_PROBLEMS

    def _found(self, problem: str, call: OddCall | None) -> None:
        self._findings.problems.append(f"{problem}\n    {call}" if call else problem)


async def _friends(server: ServerProcess, channel: grpc.aio.Channel) -> tuple[Device, Device]:
    """Two devices that list each other; the first shares an app, the second takes pushes."""
    owner, friend = await register(server, channel), await register(server, channel)
    await owner.sync(friend.number)
    await friend.sync(owner.number)
    await owner.share(chat=AUDIENCE_KIND_FRIENDS)
    await friend.accept_pushes(PUSH_POLICY_FRIENDS)
    return owner, friend


def resident_kib(process: int) -> int:
    """KiB of memory that a process holds."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) if found else 0


def _insides(log: Path) -> Iterator[str]:
    """Lines of the log that tell of a defect, each kind once."""
    seen = set()
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            place = re.sub(r'"(incident|request_id|timestamp|time)": "[^"]*"', "", line)
            if _INSIDE_LOG.search(line) and place not in seen:
                seen.add(place)
                yield f"in the log: {line.strip()[:1500]}"
