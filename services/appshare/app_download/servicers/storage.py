"""The wire of the care for the stored files."""

from collections.abc import AsyncIterator

from appshare.app_download.storage_care import Fault, Finding, Progress, StorageCare
from appshare.rpc.interceptor import Context
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import storage_pb2

_FAULTS = {fault: storage_pb2.StorageFault.Value(f"STORAGE_FAULT_{fault}") for fault in Fault}


class StorageServicer:
    """The RPCs by which an operator looks after the stored files."""

    def __init__(self, care: StorageCare) -> None:
        self._care = care

    async def VerifyStorage(
        self, request: pb.VerifyStorageRequest, context: Context
    ) -> AsyncIterator[pb.VerifyStorageResponse]:
        """Streams what is wrong, and how far the check is."""
        async for found in self._care.check(only_sizes=request.only_sizes):
            match found:
                case Finding():
                    yield pb.VerifyStorageResponse(finding=_write_finding(found))
                case Progress():
                    yield pb.VerifyStorageResponse(progress=_write_progress(found))

    async def SweepStorage(
        self, request: pb.SweepStorageRequest, context: Context
    ) -> AsyncIterator[pb.SweepStorageResponse]:
        """Removes orphans and streams each."""
        async for removed in self._care.clean(dry_run=request.dry_run, force=request.force):
            yield pb.SweepStorageResponse(removed=_write_finding(removed))


def _write_finding(finding: Finding) -> storage_pb2.StorageFinding:
    return storage_pb2.StorageFinding(
        fault=_FAULTS[finding.fault],
        sha256=finding.sha256,
        size=finding.size,
        package_name=finding.package_name,
        package_id=finding.package_id,
    )


def _write_progress(progress: Progress) -> storage_pb2.StorageProgress:
    return storage_pb2.StorageProgress(
        files_done=progress.files_done,
        files_total=progress.files_total,
        bytes_done=progress.bytes_done,
        bytes_total=progress.bytes_total,
    )
