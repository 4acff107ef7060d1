"""Calls that nobody would make, of every method of both ports, with every kind of token."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import grpc
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import Descriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2
from tests.e2e.fuzzing.messages import Messages

from appshare.v1 import catalogue_pb2, device_gateway_pb2, fit_pb2, operator_gateway_pb2

_SAMPLES = sorted((Path(__file__).parents[2] / "packages").glob("*.apk"))

_RARE = {"RemoveDevice": 0.2, "DeleteAccount": 0.05, "AddPackage": 0.15, "RotateNumberKey": 0.02, "Watch": 0.1}
"""How often, where others are 1: what ends a device, or takes long."""
_LONGEST_STREAM = 0.5
"""Seconds of a stream that are waited for."""
_LONGEST_CALL = 30.0

Metadata = Sequence[tuple[str, str | bytes]]


@dataclass(frozen=True)
class Method:
    """A method of the contract, and which port has it."""

    path: str
    request: Descriptor
    response: Descriptor
    takes_stream: bool
    gives_stream: bool
    is_operators: bool

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def weight(self) -> float:
        return _RARE.get(self.name, 1)


def _methods(file: Any, *, is_operators: bool) -> list[Method]:
    described = [method for service in file.services_by_name.values() for method in service.methods]
    return [_method(each, is_operators=is_operators) for each in described]


def _method(method: MethodDescriptor, *, is_operators: bool) -> Method:
    proto = descriptor_pb2.MethodDescriptorProto()
    method.CopyToProto(proto)
    return Method(
        f"/{method.containing_service.full_name}/{method.name}",
        method.input_type,
        method.output_type,
        proto.client_streaming,
        proto.server_streaming,
        is_operators,
    )


METHODS = (
    *_methods(device_gateway_pb2.DESCRIPTOR, is_operators=False),
    *_methods(operator_gateway_pb2.DESCRIPTOR, is_operators=True),
    *(
        method
        for file in (health_pb2.DESCRIPTOR, reflection_pb2.DESCRIPTOR)
        for is_operators in (False, True)
        for method in _methods(file, is_operators=is_operators)
    ),
)


@dataclass(frozen=True)
class OddCall:
    """A call as it is to be made."""

    method: Method
    requests: Sequence[bytes]
    metadata: Metadata

    async def make(self, channel: grpc.aio.Channel) -> list[Message]:
        """The answers, as far as they come while they are waited for.

        Raises:
            grpc.aio.AioRpcError: a refusal.
        """
        limit = _LONGEST_STREAM if self.method.gives_stream else _LONGEST_CALL
        kind = f"{_kind(stream=self.method.takes_stream)}_{_kind(stream=self.method.gives_stream)}"
        request = _streamed(self.requests) if self.method.takes_stream else self.requests[0]
        call = getattr(channel, kind)(self.method.path)(request, metadata=self.metadata, timeout=limit)
        if not self.method.gives_stream:
            return self._read([await call])
        return self._read([answer async for answer in call])

    def __str__(self) -> str:
        written = " ".join(request.hex()[:2000] for request in self.requests)
        return f"{self.method.path} {[key for key, _ in self.metadata]} {written}"

    def _read(self, answers: Sequence[bytes]) -> list[Message]:
        kind = GetMessageClass(self.method.response)
        return [kind.FromString(answer) for answer in answers]


def _kind(*, stream: bool) -> str:
    return "stream" if stream else "unary"


async def _streamed(requests: Sequence[bytes]) -> AsyncIterator[bytes]:
    for request in requests:
        yield request


class OddCalls:
    """Invents calls.

    Args:
        tokens: good ones and bad ones, by kind.
    """

    def __init__(self, random: Random, messages: Messages) -> None:
        self._random = random
        self._messages = messages

    def next(self, tokens: dict[str, str]) -> OddCall:
        """A call with one of the tokens, by kind; that of the method's port is used mostly."""
        method = self._random.choices(METHODS, [each.weight for each in METHODS])[0]
        good = "operator" if method.is_operators else "device"
        kind = good if self._random.random() < 0.9 else self._random.choice(list(tokens))
        metadata: list[tuple[str, str | bytes]] = [("authorization", f"Bearer {tokens[kind]}")]
        return OddCall(method, self._requests(method), [*metadata, *self._headers()])

    def _headers(self) -> Metadata:
        odd: Metadata = [
            ("x-request-id", "x" * self._random.choice((0, 1, 5000))),
            ("traceparent", self._random.choice(("", "00-0-0-0", "00-" + "f" * 32 + "-" + "f" * 16 + "-01", "é" * 3))),
            ("authorization", "Bearer twice"),
            ("authorization", ""),
            ("grpc-trace-bin", self._random.randbytes(40)),
            ("x-odd-bin", b"\x00\xff"),
        ]
        odd = [(key, value) for key, value in odd if isinstance(value, bytes) or value.isascii()]
        return self._random.sample(odd, 1) if self._random.random() < 0.1 else []

    def _requests(self, method: Method) -> list[bytes]:
        if method.name == "AddPackage" and self._random.random() < 0.7:
            return self._upload()
        many = self._random.choice((0, 1, 2, 5)) if method.takes_stream else 1
        return [self._messages.request(method.request) for _ in range(many)]

    def _upload(self) -> list[bytes]:
        """A real package with damage, announced mostly as it is."""
        path = self._random.choice(_SAMPLES)
        content = bytearray(path.read_bytes())
        for _ in range(self._random.choice((0, 1, 5, 100))):
            content[self._random.randrange(len(content))] = self._random.randrange(256)
        if self._random.random() < 0.2:
            del content[self._random.randrange(len(content)) :]
        digest = hashlib.sha256(content).hexdigest()
        file = catalogue_pb2.UploadFile(name=path.name, size=len(content), sha256=digest)
        header = operator_gateway_pb2.AddPackageRequest(header=catalogue_pb2.UploadHeader(files=[file]))
        chunk = operator_gateway_pb2.AddPackageRequest(chunk=fit_pb2.FileChunk(data=bytes(content)))
        return [header.SerializeToString(), chunk.SerializeToString()]
