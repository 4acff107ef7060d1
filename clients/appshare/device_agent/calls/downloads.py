"""Apps of others, in the build that fits the device."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing

from appshare.device_agent import model, wire
from appshare.device_agent.calls.session import PAGE_SIZE, SessionCalls
from appshare.fit.answer import FitAnswer
from appshare.fit.device_profile import DeviceProfile
from appshare.fit.wire import read_answer, write_profile
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import fit_pb2
from appshare.v1.device_gateway_pb2_grpc import DownloadServiceStub
from appshare.v1.friendship_pb2 import PersonRef

_SILENCE = 120.0
"""Seconds that the server may send nothing: it may have to fetch the app from somewhere else first."""

_MOST_APPS = 200
"""Apps of one question, as the contract has it."""

MOST_FOUND = 1_000
"""Apps of a search: who finds more has to look for more words."""


class DownloadCalls(SessionCalls):
    """The calls of `DownloadService`; without an owner, any friend who shares the app will do."""

    async def match(
        self, owner: model.Person | None, package_name: str, profile: DeviceProfile, modules: Sequence[str] = ()
    ) -> FitAnswer:
        """Says which build of a shared app fits, without a download."""
        request = pb.MatchAppRequest(
            owner=_owner(owner), package_name=package_name, profile=write_profile(profile), modules=modules
        )
        response = await self._call(DownloadServiceStub(self._channel).MatchApp, request)
        return read_answer(response.answer)

    async def download(
        self,
        owner: model.Person | None,
        package_name: str,
        profile: DeviceProfile,
        positions: Mapping[str, int],
        *,
        modules: Sequence[str] = (),
    ) -> AsyncGenerator[FitAnswer | model.FileChunk, None]:
        """Streams the build of a shared app that fits: first the answer, then chunks when it is a `Fit`.

        Args:
            positions: how many bytes are there already, by the SHA-256 of the file.
            modules: of a split set, those to install besides the ones that come by themselves.
        """
        request = pb.DownloadAppRequest(
            owner=_owner(owner),
            package_name=package_name,
            profile=write_profile(profile),
            resume=[fit_pb2.FilePosition(sha256=sha256, offset=offset) for sha256, offset in positions.items()],
            modules=modules,
        )
        stream = self._stream(DownloadServiceStub(self._channel).DownloadApp, request, idle_limit=_SILENCE)
        async with aclosing(stream) as messages:
            async for message in messages:
                if message.HasField("chunk"):
                    yield wire.read_chunk(message.chunk)
                else:
                    yield read_answer(message.answer)

    async def check_updates(self, apps: Sequence[model.App], profile: DeviceProfile) -> list[model.AppUpdate]:
        """Says for each installed app whether a friend shares it and a newer version fits, in their order."""
        found: list[model.AppUpdate] = []
        for begin in range(0, len(apps), _MOST_APPS):
            installed = map(wire.write_installed, apps[begin : begin + _MOST_APPS])
            request = pb.CheckAppUpdatesRequest(installed=installed, profile=write_profile(profile))
            response = await self._call(DownloadServiceStub(self._channel).CheckAppUpdates, request)
            found += map(wire.read_update, response.updates)
        return found

    async def search(self, text: str, profile: DeviceProfile | None) -> model.NamedApps:
        """Finds apps by name among those that friends share, and whatever else the cloud may tell of.

        Args:
            profile: to say which version fits; None: that is not looked for.
        """
        found: list[model.NamedApp] = []
        token, truncated = "", False
        while True:
            request = pb.SearchByNameRequest(
                text=text, profile=write_profile(profile) if profile else None, page_size=PAGE_SIZE, page_token=token
            )
            page = await self._call(DownloadServiceStub(self._channel).SearchByName, request)
            found += map(wire.read_named_app, page.apps)
            token, truncated = page.next_page_token, truncated or page.truncated
            if not token or len(found) >= MOST_FOUND:
                return model.NamedApps(tuple(found), truncated)


def _owner(owner: model.Person | None) -> PersonRef | None:
    return wire.write_person(owner) if owner else None
