"""What AppDownload can be told."""

from pydantic import Field

from appshare.process.settings import BackendSettings
from appshare.rpc.address import Address

_MIB = 1 << 20


class DownloadSettings(BackendSettings):
    """Settings of AppDownload."""

    listen: Address = Field(Address("127.0.0.1", 7430), description="Address to listen on, host:port.")
    max_package_mib: int = Field(2048, ge=1, description="Size in MiB that a package file may have.")
    chunk_kib: int = Field(512, ge=16, le=1024, description="Size in KiB of the chunks that a download is sent in.")

    packages_url: str = Field(
        "",
        pattern=r"^(s3://[^/]+(/.*)?)?$",
        description="Bucket for package files, s3://bucket/prefix, with AWS_* from the environment; empty: a folder.",
    )

    @property
    def max_package_size(self) -> int:
        """In bytes."""
        return self.max_package_mib * _MIB

    @property
    def chunk_size(self) -> int:
        """In bytes."""
        return self.chunk_kib * 1024
