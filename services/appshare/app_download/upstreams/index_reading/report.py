"""What the reading process prints, a JSON document a line, and how the one that started it reads that."""

import json
from dataclasses import asdict
from typing import Any

from appshare.app_download.model import Artifact
from appshare.app_download.package_reading.report import build_from, build_report
from appshare.app_download.upstreams.index_reading.refusal import IndexFault, IndexRefused
from appshare.app_download.upstreams.model import Entry, ListedApp, ListedVersion


def entry_line(entry: Entry) -> str:
    """An entry that holds."""
    return json.dumps({"entry": asdict(entry)})


def app_line(app: ListedApp, skipped: int) -> str:
    """An app of the index, and how many of its builds are left out."""
    versions = [[version.path, build_report(version.artifact)] for version in app.versions]
    return json.dumps({"app": [app.package_name, app.label, app.words, app.preferred_signer, versions, skipped]})


def end_line() -> str:
    """The index was read to its end."""
    return json.dumps({"end": True})


def refusal_line(refused: IndexRefused) -> str:
    """The file is refused."""
    return json.dumps({"refused": refused.fault, "message": refused.message})


def entry_from(line: bytes) -> Entry:
    """The entry; raises IndexRefused if the file was refused."""
    return Entry(**_content(line)["entry"])


def app_from(line: bytes) -> tuple[ListedApp, int] | None:
    """An app and what is left out of it, None at the end; raises IndexRefused if the file was refused."""
    content = _content(line)
    if "end" in content:
        return None
    package_name, label, words, preferred_signer, listed, skipped = content["app"]
    versions = tuple(ListedVersion(path, _artifact(build)) for path, build in listed)
    return ListedApp(package_name, label, words, preferred_signer, versions), skipped


def _artifact(report: str) -> Artifact:
    build = build_from(report)
    if not isinstance(build, Artifact):
        raise TypeError("an index lists whole packages only")
    return build


def _content(line: bytes) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(line)
    if "refused" in content:
        raise IndexRefused(IndexFault(content["refused"]), content["message"])
    return content
