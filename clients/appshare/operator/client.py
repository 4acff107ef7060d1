"""An asynchronous client of the gateway's operator port.

    async with OperatorClient("127.0.0.1:7401", token) as client:
        for package in await client.packages():
            print(package.package_name, package.version_name)

Every call raises the `appshare.errors` that the contract lists for it.
"""

import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from datetime import UTC
from types import TracebackType
from typing import Self, TypeVar

import grpc

from appshare import errors
from appshare.command_line.deletion_receipt import DeletionReceipt, read_receipt
from appshare.command_line.server_channel import open_server_channel
from appshare.fit.answer import FitAnswer
from appshare.fit.device_profile import DeviceProfile
from appshare.fit.wire import read_answer, read_file, write_profile
from appshare.operator.model import (
    AdaptationRow,
    AddedPackage,
    CataloguePackage,
    DeviceCount,
    NumberKeyRotation,
    Operator,
    ProcessStatus,
    ServiceStatus,
    SigningKey,
    StorageFault,
    StorageFinding,
    StorageProgress,
)
from appshare.operator.package_decisions import PackageDecisions
from appshare.operator.package_upload import PackageUpload
from appshare.operator.setting_model import LimitRefusals, ServiceSettings, Setting
from appshare.operator.upstream_calls import UpstreamCalls
from appshare.rpc.call import Callee
from appshare.v1 import catalogue_pb2, fit_pb2, number_key_pb2, process_status_pb2, storage_pb2
from appshare.v1 import operator_access_pb2 as access_pb
from appshare.v1 import operator_gateway_pb2 as pb
from appshare.v1.operator_access_pb2_grpc import OperatorServiceStub, SigningKeyServiceStub
from appshare.v1.operator_gateway_pb2_grpc import (
    CatalogueServiceStub,
    DeviceAdministrationServiceStub,
    NumberKeyServiceStub,
    StorageServiceStub,
    SystemServiceStub,
)

Request = TypeVar("Request")
Response = TypeVar("Response")

_PAGE_SIZE = 200


class OperatorClient:
    """Calls the operator port; use it as an asynchronous context manager.

    Args:
        server: "host:port" of the operator port, or "https://host:port".
        token: the operator token.
        ca: the authorities to trust, in PEM; None: the public ones.

    Attributes:
        decisions: the calls by which an operator decides about packages.
        upstreams: the calls about upstreams.
    """

    def __init__(self, server: str, token: str, ca: bytes | None = None) -> None:
        self._server = Callee(f"the server at {server}")
        self._credentials = (("authorization", f"Bearer {token}"),)
        self._channel = open_server_channel(server, ca)
        self._catalogue = CatalogueServiceStub(self._channel)
        self._number_key = NumberKeyServiceStub(self._channel)
        self._operators = OperatorServiceStub(self._channel)
        self._signing_keys = SigningKeyServiceStub(self._channel)
        self._devices = DeviceAdministrationServiceStub(self._channel)
        self._system = SystemServiceStub(self._channel)
        self.decisions = PackageDecisions(self._channel, self._server, self._credentials)
        self.upstreams = UpstreamCalls(self._server, self._channel, self._credentials)
        self._storage = StorageServiceStub(self._channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._channel.close()

    async def add_package(self, upload: PackageUpload, sent: Callable[[int], None]) -> AddedPackage:
        """Adds a package from its files.

        Args:
            sent: told how many more bytes have been given to the connection.

        Raises:
            OSError: a file cannot be read.
        """
        requests = _Requests(upload, sent)
        try:
            response = await self._server.upload(
                self._catalogue.AddPackage, requests.messages(), metadata=self._credentials
            )
        except errors.AppShareError:
            if requests.failure:
                raise requests.failure from None
            raise
        return AddedPackage(_read_package(response.package), response.already_present)

    async def packages(self, package_name: str = "") -> list[CataloguePackage]:
        """Lists the packages of an app, or of all, by package name, newest version first."""
        found: list[CataloguePackage] = []
        token = ""
        while True:
            request = pb.ListPackagesRequest(package_name=package_name, page_size=_PAGE_SIZE, page_token=token)
            page = await self._call(self._catalogue.ListPackages, request)
            found += map(_read_package, page.packages)
            token = page.next_page_token
            if not token:
                return found

    async def remove_package(self, package_id: str) -> None:
        """Removes a package."""
        await self._call(self._catalogue.RemovePackage, pb.RemovePackageRequest(package_id=package_id))

    async def match(self, package_name: str, profile: DeviceProfile, modules: Sequence[str] = ()) -> FitAnswer:
        """Says which build of an app fits a device, with modules besides those that come by themselves."""
        request = pb.MatchPackageRequest(package_name=package_name, profile=write_profile(profile), modules=modules)
        response = await self._call(self._catalogue.MatchPackage, request)
        return read_answer(response.answer)

    async def adaptations(self, package_name: str = "") -> list[AdaptationRow]:
        """Lists the adaptation table of an app, or of all, in the order in which it is searched."""
        found: list[AdaptationRow] = []
        token = ""
        while True:
            request = pb.ListAdaptationsRequest(package_name=package_name, page_size=_PAGE_SIZE, page_token=token)
            page = await self._call(self._catalogue.ListAdaptations, request)
            found += map(_read_row, page.rows)
            token = page.next_page_token
            if not token:
                return found

    async def set_app_store_link(self, package_name: str, url: str) -> None:
        """Sets the App Store link that an iPhone gets for an app; an empty one removes it."""
        request = pb.SetAppStoreLinkRequest(package_name=package_name, url=url)
        await self._call(self._catalogue.SetAppStoreLink, request)

    async def rotate_number_key(self, from_generation: int) -> NumberKeyRotation:
        """Starts to store every number under a new key; a rotation that is under way already is the answer.

        Args:
            from_generation: the one in use; where it is no longer, nothing is started, so that a repeat harms nothing.
        """
        request = pb.RotateNumberKeyRequest(from_generation=from_generation)
        response = await self._call(self._number_key.RotateNumberKey, request)
        return _read_rotation(response.rotation)

    async def number_key_rotation(self) -> NumberKeyRotation:
        """Says how far the rotation of the number key is."""
        response = await self._call(self._number_key.GetNumberKeyRotation, pb.GetNumberKeyRotationRequest())
        return _read_rotation(response.rotation)

    async def count_devices(self) -> DeviceCount:
        """Counts the registered devices."""
        response = await self._call(self._devices.CountDevices, pb.CountDevicesRequest())
        return DeviceCount(response.devices, response.numbers)

    async def delete_device(self, device_id: str, *, with_number: bool) -> DeletionReceipt:
        """Removes a device with all that is kept of it, or all devices of its number."""
        request = pb.DeleteDeviceRequest(device_id=device_id, with_number=with_number)
        response = await self._call(self._devices.DeleteDevice, request)
        return read_receipt(response.receipt)

    async def system_status(self) -> list[ServiceStatus]:
        """Says how every process of the cloud does, the gateway first."""
        response = await self._call(self._system.GetSystemStatus, pb.GetSystemStatusRequest())
        return [_read_service(each) for each in response.services]

    async def system_settings(self) -> list[ServiceSettings]:
        """Says which settings are in force in every process, the gateway first, and what their limits have refused."""
        response = await self._call(self._system.GetSystemSettings, pb.GetSystemSettingsRequest())
        return [_read_service_settings(each) for each in response.services]

    async def rotate_signing_key(self, *, withdraw_older: bool = False) -> SigningKey:
        """Makes a key that signs devices' access tokens from now on.

        Args:
            withdraw_older: refuse the tokens of the other keys at once; devices refresh their sessions.
        """
        request = access_pb.RotateSigningKeyRequest(withdraw_older=withdraw_older, request_id=secrets.token_hex(16))
        response = await self._call(self._signing_keys.RotateSigningKey, request)
        return _read_signing_key(response.key)

    async def signing_keys(self) -> list[SigningKey]:
        """Lists the keys whose tokens are not over, the newest first, which signs."""
        response = await self._call(self._signing_keys.ListSigningKeys, access_pb.ListSigningKeysRequest())
        return [_read_signing_key(each) for each in response.keys]

    async def add_operator(self, name: str) -> tuple[Operator, str]:
        """Adds an operator; returns it and its token, which the cloud does not keep."""
        response = await self._call(self._operators.AddOperator, access_pb.AddOperatorRequest(name=name))
        return _read_operator(response.operator), response.token

    async def operators(self) -> list[Operator]:
        """Lists the operators by name."""
        response = await self._call(self._operators.ListOperators, access_pb.ListOperatorsRequest())
        return [_read_operator(each) for each in response.operators]

    async def remove_operator(self, name: str) -> None:
        """Removes an operator; its token is void at once."""
        await self._call(self._operators.RemoveOperator, access_pb.RemoveOperatorRequest(name=name))

    async def check_storage(
        self, *, only_sizes: bool = False
    ) -> AsyncGenerator[StorageProgress | StorageFinding, None]:
        """Streams how far the check of the stored files is, and what is wrong.

        Args:
            only_sizes: read nothing.
        """
        request = pb.CheckStorageRequest(only_sizes=only_sizes)
        stream = self._server.stream(self._storage.CheckStorage, request, metadata=self._credentials)
        async with aclosing(stream) as messages:
            async for message in messages:
                if message.HasField("finding"):
                    yield _read_finding(message.finding)
                else:
                    yield _read_progress(message.progress)

    async def clean_storage(self, *, dry_run: bool, force: bool) -> AsyncGenerator[StorageFinding, None]:
        """Removes the files of no package; streams each.

        Args:
            dry_run: say what would be removed; remove nothing.
            force: also when they are more than the others.
        """
        request = pb.CleanStorageRequest(dry_run=dry_run, force=force)
        stream = self._server.stream(self._storage.CleanStorage, request, metadata=self._credentials)
        async with aclosing(stream) as messages:
            async for message in messages:
                yield _read_finding(message.removed)

    async def _call(self, method: grpc.aio.UnaryUnaryMultiCallable[Request, Response], request: Request) -> Response:
        return await self._server.unary(method, request, metadata=self._credentials)


class _Requests:
    """The messages of an upload.

    Attributes:
        failure: why a file could not be read to its end; gRPC would only say that the call was cancelled.
    """

    def __init__(self, upload: PackageUpload, sent: Callable[[int], None]) -> None:
        self._upload = upload
        self._sent = sent
        self.failure: OSError | None = None

    async def messages(self) -> AsyncIterator[pb.AddPackageRequest]:
        upload = self._upload
        files = [catalogue_pb2.UploadFile(name=file.name, size=file.size, sha256=file.sha256) for file in upload.files]
        yield pb.AddPackageRequest(header=catalogue_pb2.UploadHeader(files=files, device_model=upload.device_model))
        try:
            for index, file in enumerate(upload.files):
                for offset, data in file.chunks():
                    yield pb.AddPackageRequest(chunk=fit_pb2.FileChunk(file_index=index, offset=offset, data=data))
                    self._sent(len(data))
        except OSError as error:
            self.failure = error


def _read_package(message: catalogue_pb2.CataloguePackage) -> CataloguePackage:
    return CataloguePackage(
        package_id=message.package_id,
        files=tuple(map(read_file, message.files)),
        package_name=message.package_name,
        label=message.label,
        version_name=message.version_name,
        version_code=message.version_code,
        min_sdk=message.min_sdk,
        target_sdk=message.target_sdk,
        max_sdk=message.max_sdk,
        abis=tuple(message.abis),
        signer_sha256=message.signer_sha256,
        debuggable=message.debuggable,
        test_only=message.test_only,
        debug_certificate=message.debug_certificate,
        kind=_read_kind(message.kind),
        modules=tuple(message.modules),
        locales=tuple(message.locales),
        required_features=tuple(message.required_features),
        device_model=message.device_model,
        labels=dict(message.labels),
        icon_sha256=message.icon_sha256,
        permissions=tuple(message.permissions),
    )


def _read_kind(number: catalogue_pb2.PackageKind.ValueType) -> str:
    known = number in catalogue_pb2.PackageKind.values()
    return catalogue_pb2.PackageKind.Name(number).removeprefix("PACKAGE_KIND_") if known else "UNSPECIFIED"


def _read_row(message: catalogue_pb2.AdaptationRow) -> AdaptationRow:
    return AdaptationRow(
        package_name=message.package_name,
        version_code=message.version_code,
        version_name=message.version_name,
        model=message.model,
        min_sdk=message.min_sdk,
        max_sdk=message.max_sdk,
        screens=tuple(message.screens),
        abis=tuple(message.abis),
        package_id=message.package_id,
        file_names=tuple(message.file_names),
    )


def _read_rotation(message: number_key_pb2.NumberKeyRotation) -> NumberKeyRotation:
    return NumberKeyRotation(message.generation, message.running, message.books_done, message.books_total)


def _read_service(message: pb.ServiceStatus) -> ServiceStatus:
    return ServiceStatus(message.name, _read_status(message.status) if message.HasField("status") else None)


def _read_status(message: process_status_pb2.ProcessStatus) -> ProcessStatus:
    return ProcessStatus(
        version=message.version,
        start_time=message.start_time.ToDatetime(UTC),
        memory=message.memory_bytes,
        store=message.store_bytes,
        running_calls=message.running_calls,
        ended_calls=message.ended_calls,
        failed_calls=message.failed_calls,
        figures={figure.name: figure.value for figure in message.figures},
    )


def _read_service_settings(message: pb.ServiceSettings) -> ServiceSettings:
    if not message.HasField("settings"):
        return ServiceSettings(message.name, None)
    settings = (
        Setting(each.name, each.variable, each.value, each.default_value, each.description)
        for each in message.settings.settings
    )
    refusals = (
        LimitRefusals(each.limit, each.count, each.last_time.ToDatetime(UTC)) for each in message.settings.refusals
    )
    return ServiceSettings(message.name, tuple(settings), tuple(refusals))


def _read_signing_key(message: access_pb.SigningKey) -> SigningKey:
    over = message.over_time.ToDatetime(UTC) if message.HasField("over_time") else None
    return SigningKey(message.key_id, message.create_time.ToDatetime(UTC), over, message.withdrawn)


def _read_operator(message: access_pb.Operator) -> Operator:
    return Operator(message.name, message.create_time.ToDatetime(UTC), message.is_this_operator)


def _read_finding(message: storage_pb2.StorageFinding) -> StorageFinding:
    fault = StorageFault(storage_pb2.StorageFault.Name(message.fault).removeprefix("STORAGE_FAULT_"))
    return StorageFinding(fault, message.sha256, message.size, message.package_name, message.package_id)


def _read_progress(message: storage_pb2.StorageProgress) -> StorageProgress:
    return StorageProgress(message.files_done, message.files_total, message.bytes_done, message.bytes_total)
