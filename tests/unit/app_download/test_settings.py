"""What AppDownload refuses to be told."""

from pathlib import Path

import click
import pytest

from appshare.app_download.settings import DownloadSettings

DATABASE = "postgresql://db.example/appshare"


def test_several_processes_need_a_database_and_a_bucket(tmp_path: Path) -> None:
    with pytest.raises(click.UsageError, match="--database"):
        DownloadSettings(data=tmp_path, workers=2).require_safe()
    with pytest.raises(click.UsageError, match="--packages-url"):
        DownloadSettings(data=tmp_path, workers=2, database=DATABASE).require_safe()
    DownloadSettings(data=tmp_path, workers=2, database=DATABASE, packages_url="s3://packages").require_safe()
