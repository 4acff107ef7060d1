"""Tables of contents as bytes, by the definitions that bundletool itself carries in its jar."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import grpc_tools
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.message import Message

_COMMANDS = "commands.proto"
_WELL_KNOWN = Path(grpc_tools.__file__).with_name("_proto")


class TocEncoder:
    """Writes tables of contents; makes its files in a folder.

    Args:
        jar: bundletool.
        folder: an empty one.
    """

    def __init__(self, jar: Path, folder: Path) -> None:
        folder.mkdir()
        with zipfile.ZipFile(jar) as archive:
            archive.extractall(
                folder, [name for name in archive.namelist() if "/" not in name and name.endswith(".proto")]
            )
        described = folder / "descriptors.pb"
        subprocess.run(  # noqa: S603  # the compiler of our own environment
            [
                *(sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={folder}", f"--proto_path={_WELL_KNOWN}"),
                *("--include_imports", f"--descriptor_set_out={described}", _COMMANDS),
            ],
            check=True,
            capture_output=True,
        )
        pool = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(described.read_bytes()).file:
            pool.Add(file)
        name = "android.bundle.BuildApksResult"
        self._message: type[Message] = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))

    def encode(self, toc: Mapping[str, Any]) -> bytes:
        """The `toc.pb` of a `toc.json`."""
        return json_format.Parse(json.dumps(toc), self._message()).SerializeToString()
