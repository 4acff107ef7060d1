"""Logs: one event per line, with what is bound to the call, in the form that was asked for."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import sys
import structlog
from appshare.process.logs import configure_logs

log = structlog.get_logger("made before the configuration, as those of modules are")
configure_logs("fruit", sys.argv[1], sys.argv[2])
with structlog.contextvars.bound_contextvars(request_id="abc"):
    log.debug("grows")
    log.info("ripens", days=3)
    log.warning("falls\\nfrom the tree")
    log.error("rots")
"""


def logged(level: str, log_format: str) -> list[str]:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, level, log_format], capture_output=True, check=True, text=True
    )
    assert result.stdout == ""
    return result.stderr.splitlines()


@pytest.mark.parametrize("log_format", ["json", "auto"])  # not on a terminal, auto is json
def test_an_event_is_a_line_of_json(log_format: str) -> None:
    events = [json.loads(line) for line in logged("info", log_format)]
    assert [event["event"] for event in events] == ["ripens", "falls\nfrom the tree", "rots"]
    assert [event["level"] for event in events] == ["info", "warning", "error"]
    for event in events:
        assert (event["service"], event["request_id"]) == ("fruit", "abc")
        assert event["timestamp"].endswith("Z")
    assert events[0]["days"] == 3


@pytest.mark.parametrize(("level", "count"), [("debug", 4), ("error", 1)])
def test_events_below_the_level_are_left_out(level: str, count: int) -> None:
    assert len(logged(level, "json")) == count


def test_text_is_for_people() -> None:
    text = "\n".join(logged("info", "text"))
    assert "ripens" in text
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(text)
