"""nginx as it serves files: one process that sends a file, and one in front that passes it on, as our two do."""

import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from socket import create_connection, create_server
from time import perf_counter, sleep

_READ = 1 << 20
_PATIENCE = 10.0
"""Seconds until it listens."""

_CONFIGURATION = """
daemon off; user root; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{}}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; sendfile on; proxy_max_temp_file_size 0;
  server {{ listen 127.0.0.1:{port}; {location} }}
}}
"""


def is_installed() -> bool:
    return shutil.which("nginx") is not None


@contextmanager
def serving(file: Path, folder: Path) -> Iterator[int]:
    """Serves a file through both; yields the port of the one in front."""
    behind, front = _free_port(), _free_port()
    pass_on = f"location / {{ proxy_pass http://127.0.0.1:{behind}; }}"
    with _nginx(folder / "behind", behind, f"root {file.parent};"), _nginx(folder / "front", front, pass_on):
        yield front


def seconds_to_read(port: int, file: Path, count: int) -> float:
    """How long so many downloads at once take."""
    with ThreadPoolExecutor(count) as readers:
        start = perf_counter()
        received = sum(readers.map(_read, [port] * count, [file.name] * count))
        spent = perf_counter() - start
    if received < count * file.stat().st_size:
        raise RuntimeError(f"only {received} bytes came")
    return spent


def _read(port: int, name: str) -> int:
    received, buffer = 0, bytearray(_READ)
    with create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"GET /{name} HTTP/1.0\r\n\r\n".encode())
        while count := connection.recv_into(buffer):
            received += count
    return received


@contextmanager
def _nginx(folder: Path, port: int, location: str) -> Iterator[None]:
    folder.mkdir()
    configuration = folder / "nginx.conf"
    configuration.write_text(_CONFIGURATION.format(folder=folder, port=port, location=location), encoding="ascii")
    command = [str(shutil.which("nginx")), "-e", str(folder / "error.log"), "-c", str(configuration)]
    with subprocess.Popen(command) as process:  # noqa: S603
        try:
            _wait_for(port)
            yield
        finally:
            process.terminate()


def _free_port() -> int:
    with create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = perf_counter() + _PATIENCE
    while True:
        try:
            create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if perf_counter() > deadline:
                raise
            sleep(0.02)
        else:
            return
