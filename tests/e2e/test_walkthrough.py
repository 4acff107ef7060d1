"""The programs of docs/integrating.md, each on a real cloud, with stubs generated on the spot."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
DOCUMENT = PROJECT / "docs" / "integrating.md"

EXAMPLES = PROJECT / "docs" / "examples"
INSTALLED = {"python": EXAMPLES / "python" / ".venv", "node": EXAMPLES / "node" / "node_modules"}


@pytest.mark.timeout(400)
@pytest.mark.parametrize("language", ["python", "node"])
def test_the_walkthrough_prints_what_the_document_says(language: str) -> None:
    if not INSTALLED[language].is_dir():
        pytest.skip(f"what the example needs is not installed: make walkthrough-{language}")
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
