"""The sender for development: the operator reads the code in the log."""

import structlog

_log = structlog.get_logger(__name__)


class ConsoleCodeSender:
    """Writes the code to the log, beside the registration it is for and without the number."""

    async def send(self, number: str, registration_id: str, code: str) -> None:
        """Delivers a code.

        Args:
            number: where a real sender would deliver it; not used here.
        """
        del number
        _log.warning("one-time code", registration_id=registration_id, code=code)
