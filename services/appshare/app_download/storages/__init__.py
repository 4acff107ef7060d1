"""Where package files can be kept."""

from pathlib import Path

from appshare.app_download.file_storage import FileStorage
from appshare.app_download.storages.local import LocalStorage


def storage_at(url: str, folder: Path) -> FileStorage:
    """The storage that an operator has chosen.

    Args:
        url: `s3://bucket/prefix`; empty: the folder.
    """
    if not url:
        return LocalStorage(folder)
    from appshare.app_download.storages.s3 import S3Storage  # noqa: PLC0415 - 16 MB of code that few need

    return S3Storage(url)
