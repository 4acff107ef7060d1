"""A channel whose certificate is renewed while it is used: new calls go out with what the files hold."""

import asyncio
import time
from typing import Any

import grpc

from appshare.rpc.call import ChannelOptions, channel_options
from appshare.rpc.certificates import CertificateFiles, WatchedCertificates
from appshare.rpc.tls import channel_credentials

_LOOK_EVERY = 5.0
"""Seconds between two looks at the files."""
_GRACE = 3600.0
"""Seconds that calls on the connection before a renewal have to end: a stream may live long, and can be resumed."""


class RenewedChannel(grpc.aio.Channel):
    """A channel to `address` with mutual TLS; after a change of the files it connects anew.

    Args:
        options: in place of ours of the same name, or besides them.
        look_every: seconds between two looks at the files.

    Raises:
        UnusableCertificateError: the files hold no usable certificate.
    """

    def __init__(
        self,
        address: str,
        files: CertificateFiles,
        options: ChannelOptions = (),
        *,
        look_every: float = _LOOK_EVERY,
    ) -> None:
        self._address = address
        self._options = channel_options(options)
        self._watched = WatchedCertificates(files)
        self._look_every = look_every
        self._next_look = time.monotonic() + look_every
        self._current = self._open()
        self._leaving: dict[asyncio.Task[None], grpc.aio.Channel] = {}

    def current(self) -> grpc.aio.Channel:
        """The channel for the next call."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + self._look_every
            if self._watched.renewed():
                self._replace()
        return self._current

    async def __aenter__(self) -> "RenewedChannel":
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.close()

    async def close(self, grace: float | None = None) -> None:
        """Closes it, and what is left of the connections before the last renewal."""
        for task in self._leaving:
            task.cancel()
        for channel in (*self._leaving.values(), self._current):
            await channel.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:  # noqa: FBT001, FBT002  # gRPC's
        """The state of the connection for the next call."""
        return self.current().get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Waits until the connection has another state."""
        await self.current().wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Waits until it is connected."""
        await self.current().channel_ready()

    def unary_unary(self, *args: Any, **kwargs: Any) -> Any:
        """A method that takes one message and gives one."""
        return _Method(self, "unary_unary", args, kwargs)

    def unary_stream(self, *args: Any, **kwargs: Any) -> Any:
        """A method that takes one message and gives a stream."""
        return _Method(self, "unary_stream", args, kwargs)

    def stream_unary(self, *args: Any, **kwargs: Any) -> Any:
        """A method that takes a stream and gives one message."""
        return _Method(self, "stream_unary", args, kwargs)

    def stream_stream(self, *args: Any, **kwargs: Any) -> Any:
        """A method that takes a stream and gives one."""
        return _Method(self, "stream_stream", args, kwargs)

    def _open(self) -> grpc.aio.Channel:
        credentials = channel_credentials(self._watched.current)
        return grpc.aio.secure_channel(self._address, credentials, options=self._options)

    def _replace(self) -> None:
        task = asyncio.get_running_loop().create_task(self._current.close(_GRACE))
        self._leaving[task] = self._current
        task.add_done_callback(self._leaving.pop)
        self._current = self._open()


class _Method:
    """A method that is called on whatever channel is the current one."""

    def __init__(self, channel: RenewedChannel, kind: str, args: Any, kwargs: Any) -> None:
        self._channel = channel
        self._made_on: grpc.aio.Channel | None = None
        self._method: Any = None
        self._make = kind, args, kwargs

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        current = self._channel.current()
        if current is not self._made_on:
            kind, make_args, make_kwargs = self._make
            self._made_on, self._method = current, getattr(current, kind)(*make_args, **make_kwargs)
        return self._method(*args, **kwargs)
