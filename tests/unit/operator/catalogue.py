"""What stands in for the cloud: a real gRPC server on this machine with a catalogue of nothing but names."""

# ruff: noqa: N802  # the protos name the methods

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.unit.operator.decisions import Decisions

from appshare import errors
from appshare.gateway.operator.operators import OperatorServicer
from appshare.gateway.operator.signing_keys import SigningKeyServicer
from appshare.gateway.operators import Operators
from appshare.gateway.signing_keys import SigningKeyFile, SigningKeys
from appshare.process.clock import system_clock
from appshare.rpc.address import Address
from appshare.rpc.server import Service, running_server
from appshare.v1 import catalogue_pb2, fit_pb2, upstream_pb2
from appshare.v1 import operator_gateway_pb2 as pb
from appshare.v1.deletion_pb2 import DeletionReceipt, RadarDeletion
from appshare.v1.number_key_pb2 import NumberKeyRotation
from appshare.v1.operator_access_pb2_grpc import (
    add_OperatorServiceServicer_to_server,
    add_SigningKeyServiceServicer_to_server,
)
from appshare.v1.operator_gateway_pb2_grpc import (
    CatalogueServiceServicer,
    DeviceAdministrationServiceServicer,
    NumberKeyServiceServicer,
    StorageServiceServicer,
    SystemServiceServicer,
    UpstreamServiceServicer,
    add_CatalogueServiceServicer_to_server,
    add_DeviceAdministrationServiceServicer_to_server,
    add_NumberKeyServiceServicer_to_server,
    add_PackageDecisionServiceServicer_to_server,
    add_StorageServiceServicer_to_server,
    add_SystemServiceServicer_to_server,
    add_UpstreamServiceServicer_to_server,
)
from appshare.v1.process_setting_pb2 import LimitRefusals, ProcessSetting, ProcessSettings
from appshare.v1.process_status_pb2 import ProcessStatus, StatusFigure
from appshare.v1.storage_pb2 import StorageFinding, StorageProgress

TOKEN = "operator-token"  # noqa: S105  # of the test's own server


class Catalogue(
    CatalogueServiceServicer,
    NumberKeyServiceServicer,
    DeviceAdministrationServiceServicer,
    SystemServiceServicer,
    StorageServiceServicer,
    UpstreamServiceServicer,
):
    """Takes every file that says "apk" and answers what fits as the test tells it; rotates the key of a few books.

    Attributes:
        books: that each look at a rotation finds done; a rotation is over with the last one.
        modules: that the last question for what fits named.
        rotations: how many were started.
        packages: by id, in the order in which they came.
        links: App Store links, by package name.
        down: the process that does not answer.
        decisions: what the operator decides about packages.
        findings: what a check of the storage finds; cleaning takes the orphans out.
    """

    def __init__(self) -> None:
        self.packages: dict[str, catalogue_pb2.CataloguePackage] = {}
        self.links: dict[str, str] = {}
        self.decisions = Decisions()
        self.books = iter([0, 1, 3])
        self.rotations = 0
        self.down = ""
        self.modules: list[str] = []
        self.findings: list[StorageFinding] = []
        self.answer = fit_pb2.FitAnswer(no_fit=fit_pb2.NoFit())

    async def AddPackage(self, requests: AsyncIterator[pb.AddPackageRequest], context: Any) -> pb.AddPackageResponse:
        _require_token(context)
        header = (await anext(requests)).header
        contents = [b"" for _ in header.files]
        async for request in requests:
            chunk = request.chunk
            if chunk.offset != len(contents[chunk.file_index]) or len(chunk.data) > 512 * 1024:
                raise errors.InvalidArgumentError(errors.Reason.INVALID_FIELD, "a gap, or too large a chunk")
            contents[chunk.file_index] += chunk.data
        for file, content in zip(header.files, contents, strict=True):
            if (hashlib.sha256(content).hexdigest(), len(content)) != (file.sha256, file.size):
                raise errors.InvalidArgumentError(errors.Reason.UPLOAD_MISMATCH, "not what was announced")
            if not content.startswith(b"apk"):
                raise errors.InvalidArgumentError(errors.Reason.PACKAGE_NOT_AN_APK, "not an Android package")
        if len(header.files) == 1 and contents[0] == b"apk split":
            raise errors.InvalidArgumentError(errors.Reason.PACKAGE_INCOMPLETE, "only a split")
        return self._add(header)

    async def ListPackages(self, request: pb.ListPackagesRequest, context: Any) -> pb.ListPackagesResponse:
        """Gives one package a page."""
        _require_token(context)
        index = int(request.page_token or 0)
        more = index + 1 < len(self.packages)
        return pb.ListPackagesResponse(
            packages=list(self.packages.values())[index : index + 1], next_page_token=str(index + 1) if more else ""
        )

    async def RemovePackage(self, request: pb.RemovePackageRequest, context: Any) -> pb.RemovePackageResponse:
        if request.package_id not in self.packages:
            raise errors.NotFoundError(errors.Reason.PACKAGE_NOT_FOUND, "no such package")
        del self.packages[request.package_id]
        return pb.RemovePackageResponse()

    async def MatchPackage(self, request: pb.MatchPackageRequest, context: Any) -> pb.MatchPackageResponse:
        self.modules = list(request.modules)
        return pb.MatchPackageResponse(answer=self.answer)

    async def ListAdaptations(self, request: pb.ListAdaptationsRequest, context: Any) -> pb.ListAdaptationsResponse:
        row = catalogue_pb2.AdaptationRow(
            package_name=request.package_name or "org.example.notes",
            version_code=21,
            version_name="2.1",
            min_sdk=21,
            screens=["normal 480 dpi"],
            package_id="a" * 64,
            file_names=["notes.apk"],
        )
        return pb.ListAdaptationsResponse(rows=[row])

    async def SetAppStoreLink(self, request: pb.SetAppStoreLinkRequest, context: Any) -> pb.SetAppStoreLinkResponse:
        self.links[request.package_name] = request.url
        return pb.SetAppStoreLinkResponse()

    async def RotateNumberKey(self, request: pb.RotateNumberKeyRequest, context: Any) -> pb.RotateNumberKeyResponse:
        _require_token(context)
        self.rotations += request.from_generation == 1
        return pb.RotateNumberKeyResponse(
            rotation=NumberKeyRotation(generation=1, running=True, books_done=0, books_total=3)
        )

    async def GetNumberKeyRotation(
        self, request: pb.GetNumberKeyRotationRequest, context: Any
    ) -> pb.GetNumberKeyRotationResponse:
        done = next(self.books, 3)
        running = done < 3
        rotation = NumberKeyRotation(generation=1 if running else 2, running=running, books_done=done, books_total=3)
        return pb.GetNumberKeyRotationResponse(rotation=rotation)

    async def CountDevices(self, request: pb.CountDevicesRequest, context: Any) -> pb.CountDevicesResponse:
        return pb.CountDevicesResponse(devices=3, numbers=1)

    async def DeleteDevice(self, request: pb.DeleteDeviceRequest, context: Any) -> pb.DeleteDeviceResponse:
        _require_token(context)
        radar = RadarDeletion(devices=3 if request.with_number else 1)
        return pb.DeleteDeviceResponse(receipt=DeletionReceipt(receipt_id="receipt", radar=radar))

    async def GetSystemStatus(self, request: pb.GetSystemStatusRequest, context: Any) -> pb.GetSystemStatusResponse:
        figures = [StatusFigure(name="inbox_events_waiting", value=1234)]
        status = ProcessStatus(version="1.2.3", memory_bytes=50 << 20, ended_calls=7, failed_calls=1, figures=figures)
        status.start_time.FromSeconds(1)
        return pb.GetSystemStatusResponse(
            services=[
                pb.ServiceStatus(name=name, status=None if name == self.down else status)
                for name in ("gateway", "relation-radar", "share-registry", "app-download")
            ]
        )

    async def GetSystemSettings(
        self, request: pb.GetSystemSettingsRequest, context: Any
    ) -> pb.GetSystemSettingsResponse:
        _require_token(context)
        settings = ProcessSettings(
            settings=[
                ProcessSetting(name="listen", variable="APPSHARE_LISTEN", value="127.0.0.1:1", default_value="a:7400"),
                ProcessSetting(name="calls", variable="APPSHARE_CALLS", value="3", default_value="3", description="C."),
                ProcessSetting(name="idle", variable="APPSHARE_IDLE", value="9", default_value="9"),
            ],
            refusals=[LimitRefusals(limit=limit, count=1200) for limit in ("calls", "headers")],
        )
        return pb.GetSystemSettingsResponse(
            services=[
                pb.ServiceSettings(name=name, settings=None if name == self.down else settings)
                for name in ("gateway", "relation-radar", "share-registry", "app-download")
            ]
        )

    async def AddUpstream(
        self, request: upstream_pb2.AddUpstreamRequest, context: Any
    ) -> AsyncIterator[upstream_pb2.AddUpstreamResponse]:
        _require_token(context)
        for done in (0, 40):
            progress = upstream_pb2.UpstreamProgress(bytes_total=40, bytes_done=done)
            yield upstream_pb2.AddUpstreamResponse(progress=progress)
        yield upstream_pb2.AddUpstreamResponse(state=upstream_pb2.UpstreamState(upstream=request.upstream))

    async def ListUpstreams(
        self, request: upstream_pb2.ListUpstreamsRequest, context: Any
    ) -> upstream_pb2.ListUpstreamsResponse:
        upstream = upstream_pb2.Upstream(name="f-droid.org", address="https://f-droid.org/repo")
        kept = upstream_pb2.KeptPackages(package_count=2, total_size=5_000_000, size_limit=20 << 30)
        return upstream_pb2.ListUpstreamsResponse(upstreams=[upstream_pb2.UpstreamState(upstream=upstream)], kept=kept)

    async def RefreshUpstream(
        self, request: upstream_pb2.RefreshUpstreamRequest, context: Any
    ) -> AsyncIterator[upstream_pb2.RefreshUpstreamResponse]:
        upstream = upstream_pb2.Upstream(name=request.name)
        yield upstream_pb2.RefreshUpstreamResponse(state=upstream_pb2.UpstreamState(upstream=upstream))

    async def RemoveUpstream(
        self, request: upstream_pb2.RemoveUpstreamRequest, context: Any
    ) -> upstream_pb2.RemoveUpstreamResponse:
        return upstream_pb2.RemoveUpstreamResponse()

    async def SearchApps(
        self, request: upstream_pb2.SearchAppsRequest, context: Any
    ) -> upstream_pb2.SearchAppsResponse:
        app = upstream_pb2.FoundApp(package_name="org.example.notes", label=request.text, upstream="f-droid.org")
        return upstream_pb2.SearchAppsResponse(apps=[app], truncated=True)

    async def CheckStorage(
        self, request: pb.CheckStorageRequest, context: Any
    ) -> AsyncIterator[pb.CheckStorageResponse]:
        for done in (0, 1):
            progress = StorageProgress(files_done=done, files_total=1, bytes_done=done * 3, bytes_total=3)
            yield pb.CheckStorageResponse(progress=progress)
        for finding in self.findings:
            yield pb.CheckStorageResponse(finding=finding)

    async def CleanStorage(
        self, request: pb.CleanStorageRequest, context: Any
    ) -> AsyncIterator[pb.CleanStorageResponse]:
        for finding in [each for each in self.findings if not each.package_id]:
            if not request.dry_run:
                self.findings.remove(finding)
            yield pb.CleanStorageResponse(removed=finding)

    def _add(self, header: catalogue_pb2.UploadHeader) -> pb.AddPackageResponse:
        file, several = header.files[0], len(header.files) > 1
        present = file.sha256 in self.packages
        package = catalogue_pb2.CataloguePackage(
            package_id=file.sha256,
            files=[fit_pb2.PackageFile(name=each.name, size=each.size, sha256=each.sha256) for each in header.files],
            kind=catalogue_pb2.PACKAGE_KIND_HELD_SET if several else catalogue_pb2.PACKAGE_KIND_WHOLE,
            modules=["base", "scanner"] if several else [],
            device_model=header.device_model,
            package_name=f"org.example.{file.name.removesuffix('.apk')}",
            version_name="1.0",
            version_code=1,
            min_sdk=21,
        )
        self.packages[file.sha256] = package
        return pb.AddPackageResponse(package=package, already_present=present)


def _require_token(context: Any) -> None:
    if dict(context.invocation_metadata()).get("authorization") != f"Bearer {TOKEN}":
        raise errors.UnauthenticatedError(errors.Reason.INVALID_TOKEN, "not the operator's token")


@asynccontextmanager
async def serving(catalogue: Catalogue, folder: Path) -> AsyncIterator[str]:
    """Serves the operator port, with operators and signing keys kept in a folder; yields the address."""
    operators = OperatorServicer(Operators(folder, system_clock))
    signing_keys = SigningKeyServicer(SigningKeys(SigningKeyFile(folder / "signing-keys.json"), 3600, system_clock))
    services = [
        Service("appshare.v1.CatalogueService", partial(add_CatalogueServiceServicer_to_server, catalogue)),
        Service("appshare.v1.NumberKeyService", partial(add_NumberKeyServiceServicer_to_server, catalogue)),
        Service("appshare.v1.OperatorService", partial(add_OperatorServiceServicer_to_server, operators)),
        Service("appshare.v1.SigningKeyService", partial(add_SigningKeyServiceServicer_to_server, signing_keys)),
        Service(
            "appshare.v1.DeviceAdministrationService",
            partial(add_DeviceAdministrationServiceServicer_to_server, catalogue),
        ),
        Service("appshare.v1.SystemService", partial(add_SystemServiceServicer_to_server, catalogue)),
        Service(
            "appshare.v1.PackageDecisionService",
            partial(add_PackageDecisionServiceServicer_to_server, catalogue.decisions),
        ),
        Service("appshare.v1.UpstreamService", partial(add_UpstreamServiceServicer_to_server, catalogue)),
        Service("appshare.v1.StorageService", partial(add_StorageServiceServicer_to_server, catalogue)),
    ]
    async with running_server(Address("127.0.0.1", 0), services) as address:
        yield str(address)
