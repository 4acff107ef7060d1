"""Structured logs on standard error: one event per line, never a phone number, a name or a token."""

import logging
import sys

import structlog

from appshare.process.worker import worker_index


def configure_logs(service: str, level: str, log_format: str) -> None:
    """Makes every logger of the process write events of `service` from `level` on.

    Args:
        service: the name in every event.
        level: debug, info, warning or error.
        log_format: text, json, or auto (text on a terminal).
    """
    as_text = log_format == "text" or (log_format == "auto" and sys.stderr.isatty())
    renderer = structlog.dev.ConsoleRenderer() if as_text else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _named(service, worker_index()),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _named(service: str, worker: int | None) -> structlog.typing.Processor:
    def add_service(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["service"] = service
        if worker is not None:
            event["worker"] = worker
        return event

    return add_service
