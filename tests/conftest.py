"""What every kind of test can use."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Time is measured by benchmarks, never asserted by tests: a busy machine is no failure.
settings.register_profile("appshare", deadline=None)
settings.load_profile("appshare")

SAMPLES = Path(__file__).parent / "packages"


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of the project's own small packages."""
    return SAMPLES


@pytest.fixture(scope="session")
def sample_truth() -> dict[str, Any]:
    """By file name, what aapt and apksigner say of the samples."""
    truth: dict[str, Any] = json.loads((SAMPLES / "packages.json").read_text(encoding="utf-8"))
    return truth
