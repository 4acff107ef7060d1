"""What a process says of itself: what its metrics count, without the labels, and its settings."""

import asyncio
import time
from collections.abc import Iterable
from functools import partial
from importlib.metadata import version

from google.protobuf.timestamp_pb2 import Timestamp
from prometheus_client import REGISTRY
from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

from appshare.process.settings import ProcessSettings
from appshare.process.settings_in_force import settings_in_force
from appshare.rpc.interceptor import Context
from appshare.rpc.refusals import refusals
from appshare.rpc.server import Service
from appshare.v1 import process_setting_pb2 as setting_pb
from appshare.v1 import process_status_pb2 as pb
from appshare.v1 import process_status_pb2_grpc

_PREFIX = "appshare_"
_FAULTS = {"UNKNOWN", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"}
_STARTED = time.time()


def status_service(settings: ProcessSettings) -> Service:
    """The service by which a process is asked how it does, and which settings are in force."""
    register = partial(process_status_pb2_grpc.add_ProcessStatusServiceServicer_to_server, _Servicer(settings))
    return Service("appshare.v1.ProcessStatusService", register)


def process_status() -> pb.ProcessStatus:
    """How this process does."""
    metrics = list(REGISTRY.collect())
    ended = _samples(metrics, "appshare_calls_total")
    return pb.ProcessStatus(
        version=version("appshare"),
        start_time=Timestamp(seconds=int(_STARTED)),
        memory_bytes=_total(_samples(metrics, "process_resident_memory_bytes")),
        store_bytes=_total(_samples(metrics, "appshare_store_bytes")),
        running_calls=_total(_samples(metrics, "appshare_calls_running")),
        ended_calls=_total(ended),
        failed_calls=_total(sample for sample in ended if sample.labels["code"] in _FAULTS),
        figures=[
            pb.StatusFigure(name=sample.name.removeprefix(_PREFIX).removesuffix("_total"), value=sample.value)
            for metric in metrics
            for sample in metric.samples
            if sample.name.startswith(_PREFIX) and not sample.labels and not sample.name.endswith("_created")
        ],
    )


def process_settings(settings: ProcessSettings) -> setting_pb.ProcessSettings:
    """The settings of this process, and what its limits have refused."""
    return setting_pb.ProcessSettings(
        settings=[
            setting_pb.ProcessSetting(
                name=each.name,
                variable=each.variable,
                value=each.value,
                default_value=each.default,
                description=each.description,
            )
            for each in settings_in_force(settings)
        ],
        refusals=[
            setting_pb.LimitRefusals(
                limit=each.limit, count=each.count, last_time=Timestamp(seconds=int(each.last_time))
            )
            for each in refusals()
        ],
    )


class _Servicer(process_status_pb2_grpc.ProcessStatusServiceServicer):
    """Serves `ProcessStatusService`."""

    def __init__(self, settings: ProcessSettings) -> None:
        self._settings = settings

    async def ReadProcessStatus(
        self, request: pb.ReadProcessStatusRequest, context: Context
    ) -> pb.ReadProcessStatusResponse:
        """Reads what the process says of itself."""
        # In a thread: the sizes of stores are looked up on the disk.
        return pb.ReadProcessStatusResponse(status=await asyncio.to_thread(process_status))

    async def ReadProcessSettings(
        self, request: pb.ReadProcessSettingsRequest, context: Context
    ) -> pb.ReadProcessSettingsResponse:
        """Reads the settings that are in force."""
        return pb.ReadProcessSettingsResponse(settings=process_settings(self._settings))


def _samples(metrics: Iterable[Metric], name: str) -> list[Sample]:
    return [sample for metric in metrics for sample in metric.samples if sample.name == name]


def _total(samples: Iterable[Sample]) -> int:
    return int(sum(sample.value for sample in samples))
