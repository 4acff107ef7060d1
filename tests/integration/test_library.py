"""The library as docs/library.md shows it, on a cloud with real servers."""

import ast
import importlib.util
import re
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType

import pytest
from tests.support.cloud import Cloud, running_cloud

from appshare import device_agent

PROJECT = Path(__file__).parents[2]
EXAMPLE = PROJECT / "docs" / "examples" / "library" / "share_and_get.py"
DOCUMENT = (PROJECT / "docs" / "library.md").read_text(encoding="utf-8")


@pytest.fixture
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("share_and_get", EXAMPLE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
async def chatting(tmp_path: Path) -> AsyncIterator[Cloud]:
    async with running_cloud(tmp_path) as cloud:
        await cloud.add_packages(PROJECT / "tests" / "packages", "chat-3.0-*.apk")
        yield cloud


async def test_the_example_shares_gets_and_is_refused(
    example: ModuleType, chatting: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    await example.play(str(chatting.devices), chatting.code)
    assert capsys.readouterr().out.splitlines() == [
        "Li Wei shares Sample Chat 3.0",
        "['chat-3.0-arm64-v8a.apk'] of version 3.0: version 300 highest of 1 that fit",
        "NOT_SHARED_WITH_YOU: this person does not share that with you, or is not here",
    ]


async def test_a_program_calls_as_the_device_that_the_command_has_registered(
    example: ModuleType, cloud: Cloud, tmp_path: Path
) -> None:
    from appshare.device_agent.agent_home import Account  # noqa: PLC0415  # the command's own

    home = device_agent.AgentHome(tmp_path / "home")
    async with example.registered(str(cloud.devices), example.LI, cloud.code) as client:
        home.save_account(Account(str(cloud.devices), client._session))
    assert await example.friends_of_this_device(home) == 0


def test_every_block_of_code_is_a_passage_of_the_example() -> None:
    program = EXAMPLE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", DOCUMENT, flags=re.DOTALL | re.MULTILINE)
    assert len(blocks) > 3
    assert [block for block in blocks if block not in program] == []


def test_every_public_name_is_there_typed_and_explained() -> None:
    source = (PROJECT / "clients" / "appshare" / "device_agent" / "__init__.py").read_text(encoding="utf-8")
    typed = {
        alias.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("appshare.")
        for alias in node.names
    }
    assert typed == set(device_agent.__all__)
    assert all(getattr(device_agent, name).__doc__ for name in device_agent.__all__)
    assert set(device_agent.__all__) <= set(dir(device_agent))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        device_agent.nonsense  # noqa: B018


def test_the_package_is_quick_to_import() -> None:
    program = textwrap.dedent("""
        import sys
        import appshare.device_agent
        sys.exit(bool({"grpc", "google", "rich", "click", "asyncio", "dataclasses"} & sys.modules.keys()))
    """)
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
