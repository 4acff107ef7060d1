"""What AppDownload refuses to be told."""

import click
import pytest

from appshare.app_download.settings import DownloadSettings

TWO_ON_POSTGRESQL = DownloadSettings(workers=2, database="postgresql://localhost/appshare")


def test_several_workers_need_a_bucket_for_the_package_files() -> None:
    with pytest.raises(click.UsageError, match="APPSHARE_PACKAGES_URL"):
        TWO_ON_POSTGRESQL.require_safe()
    TWO_ON_POSTGRESQL.model_copy(update={"packages_url": "s3://packages"}).require_safe()


def test_several_workers_need_postgresql_first() -> None:
    with pytest.raises(click.UsageError, match="APPSHARE_DATABASE"):
        DownloadSettings(workers=2, packages_url="s3://packages").require_safe()
