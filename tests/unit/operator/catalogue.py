"""What stands in for the cloud: a real gRPC server on this machine with a catalogue of nothing but names."""

# ruff: noqa: N802  # the protos name the methods

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from appshare import errors
from appshare.rpc.address import Address
from appshare.rpc.server import Service, running_server
from appshare.v1 import catalogue_pb2, fit_pb2
from appshare.v1 import operator_gateway_pb2 as pb
from appshare.v1.number_key_pb2 import NumberKeyRotation
from appshare.v1.operator_gateway_pb2_grpc import (
    CatalogueServiceServicer,
    NumberKeyServiceServicer,
    StorageServiceServicer,
    add_CatalogueServiceServicer_to_server,
    add_NumberKeyServiceServicer_to_server,
    add_StorageServiceServicer_to_server,
)
from appshare.v1.storage_pb2 import StorageFinding, StorageProgress

TOKEN = "operator-token"  # noqa: S105  # of the test's own server


class Catalogue(CatalogueServiceServicer, NumberKeyServiceServicer, StorageServiceServicer):
    """Takes every file that says "apk" and answers what fits as the test tells it; rotates the key of a few books.

    Attributes:
        books: that each look at a rotation finds done; a rotation is over with the last one.
        rotations: how many were started.
        packages: by id, in the order in which they came.
        links: App Store links, by package name.
        findings: what a check of the storage finds; cleaning takes the orphans out.
    """

    def __init__(self) -> None:
        self.packages: dict[str, catalogue_pb2.CataloguePackage] = {}
        self.links: dict[str, str] = {}
        self.books = iter([1, 3])
        self.rotations = 0
        self.findings: list[StorageFinding] = []
        self.answer = fit_pb2.FitAnswer(no_fit=fit_pb2.NoFit())

    async def AddPackage(self, requests: AsyncIterator[pb.AddPackageRequest], context: Any) -> pb.AddPackageResponse:
        _require_token(context)
        header = (await anext(requests)).header
        (file,) = header.files
        content = b""
        async for request in requests:
            if request.chunk.offset != len(content) or len(request.chunk.data) > 512 * 1024:
                raise errors.InvalidArgumentError(errors.Reason.INVALID_FIELD, "a gap, or too large a chunk")
            content += request.chunk.data
        if (hashlib.sha256(content).hexdigest(), len(content)) != (file.sha256, file.size):
            raise errors.InvalidArgumentError(errors.Reason.UPLOAD_MISMATCH, "not what was announced")
        if not content.startswith(b"apk"):
            raise errors.InvalidArgumentError(errors.Reason.PACKAGE_NOT_AN_APK, "not an Android package")
        return self._add(file)

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
        self.rotations += 1
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

    def _add(self, file: catalogue_pb2.UploadFile) -> pb.AddPackageResponse:
        present = file.sha256 in self.packages
        package = catalogue_pb2.CataloguePackage(
            package_id=file.sha256,
            files=[fit_pb2.PackageFile(name=file.name, size=file.size, sha256=file.sha256)],
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
async def serving(catalogue: Catalogue) -> AsyncIterator[str]:
    """Serves the catalogue, the number key and the storage; yields the address."""
    services = [
        Service("appshare.v1.CatalogueService", partial(add_CatalogueServiceServicer_to_server, catalogue)),
        Service("appshare.v1.NumberKeyService", partial(add_NumberKeyServiceServicer_to_server, catalogue)),
        Service("appshare.v1.StorageService", partial(add_StorageServiceServicer_to_server, catalogue)),
    ]
    async with running_server(Address("127.0.0.1", 0), services) as address:
        yield str(address)
