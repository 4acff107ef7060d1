"""The repository of the play: signed by fdroidserver, served on this machine while the play wants it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FINGERPRINT = "8090685d94ae70e2e6d1f8fc4b0673da5869679991518197a81b7e1a02a697d5"
"""Of the certificate that signs it."""
APP = "org.appshare.sample.notes"
"""The app that it has."""
INSTALLED = {"package_name": APP, "label": "Sample Notes", "version_name": "2.0", "version_code": 200}
"""The app as a phone lists it."""

_FOLDER = Path(__file__).parents[1] / "tests" / "upstreams" / "repo"


@contextmanager
def served_upstream() -> Iterator[str]:
    """Serves the repository while the context is open; yields its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(_FOLDER)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: Any) -> None:
        """Says nothing: the transcript is the play's."""
