"""The recipe of the sample repository, where its tools are: what the fdroidserver of this machine makes is accepted."""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.upstream import NOTES, OWNER, TESTS

from appshare.app_download.upstreams.index_reader import IndexLimits, read_apps, read_signed_entry

TOOLS = ("fdroid", "aapt", "apksigner", "zipalign")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]


@pytest.mark.skipif(bool(MISSING), reason=f"not on the PATH: {', '.join(MISSING)}")
async def test_a_repository_that_is_made_now_is_read(tmp_path: Path) -> None:
    target = tmp_path / "repo"
    recipe = [sys.executable, TESTS / "upstreams" / "build.py", target]
    await asyncio.to_thread(subprocess.run, recipe, check=True, capture_output=True)
    entry = await read_signed_entry(target / "entry.jar", OWNER.fingerprint, IndexLimits())
    [(app, skipped)] = [each async for each in read_apps(target / entry.index_path, IndexLimits())]
    assert (app.package_name, len(app.versions), skipped) == (NOTES, 3, 0)
