"""The programs of docs/integrating.md, each on a real cloud, with stubs generated on the spot."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
DOCUMENT = PROJECT / "docs" / "integrating.md"

needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="Node with npm is not here")


@pytest.mark.timeout(400)  # both install what they need
@pytest.mark.parametrize("language", ["python", pytest.param("node", marks=needs_npm)])
def test_the_walkthrough_prints_what_the_document_says(language: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "demo.walkthrough", language],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
        timeout=380,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    [expected] = re.findall(r"Both print:\n\n```\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert result.stdout.endswith(expected)
