import signal
import subprocess
import sys


def returncode_under(limits: str, work: str) -> int:
    program = f"from appshare.app_download.package_reading.limits import ReadingLimits as L; L({limits})"
    return subprocess.run(
        [sys.executable, "-c", f"{program}.apply_to_this_process(); {work}"], check=False, stderr=subprocess.DEVNULL
    ).returncode


def test_a_process_that_works_too_long_is_told_so() -> None:
    assert returncode_under("cpu_seconds=1", "exec('while True: pass')") == -signal.SIGXCPU


def test_a_process_gets_no_more_memory_than_allowed() -> None:
    assert returncode_under("memory_bytes=256 << 20", "bytearray(128 << 20)") == 0
    assert returncode_under("memory_bytes=256 << 20", "bytearray(256 << 20)") == 1
