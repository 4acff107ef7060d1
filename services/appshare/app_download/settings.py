"""What AppDownload can be told."""

import click
from pydantic import Field

from appshare.app_download.admission_policy import AdmissionPolicy
from appshare.app_download.upstreams.running import UpstreamLimits
from appshare.process.settings import BackendSettings
from appshare.rpc.address import Address

_MIB = 1 << 20


class DownloadSettings(BackendSettings):
    """Settings of AppDownload."""

    listen: Address = Field(Address("127.0.0.1", 7430), description="Address to listen on, host:port.")
    max_package_mib: int = Field(2048, ge=1, description="Size in MiB that a package file may have.")
    chunk_kib: int = Field(512, ge=16, le=1024, description="Size in KiB of the chunks that a download is sent in.")
    refuse_debuggable: bool = Field(default=True, description="Refuse packages that are debuggable.")
    refuse_test_only: bool = Field(default=True, description="Refuse packages for tests, which phones refuse, too.")
    refuse_debug_certificate: bool = Field(
        default=True, description="Refuse packages that are signed with a key that is no secret, as debug keys are."
    )
    refuse_32_bit_only: bool = Field(
        default=False, description="Refuse packages with 32-bit code if their version has none for 64-bit phones."
    )
    lowest_target_sdk: int = Field(0, ge=0, description="Refuse packages that target an older SDK; 0 takes all.")
    upstream_refresh_minutes: int = Field(
        360, ge=0, description="Minutes between two looks at an upstream; 0: only when the operator says so."
    )
    upstream_index_mib: int = Field(256, ge=1, description="Size in MiB that the index of an upstream may have.")
    upstream_fetches: int = Field(4, ge=1, description="Packages that are fetched from upstreams at once.")

    upstream_kept_mib: int = Field(
        20 * 1024,
        ge=0,
        description="Size in MiB of packages kept from upstreams; those asked for longest ago make room; 0: no bound.",
    )
    packages_url: str = Field(
        "",
        pattern=r"^(s3://[^/]+(/.*)?)?$",
        description="Bucket for package files, s3://bucket/prefix, with AWS_* from the environment; empty: a folder.",
    )

    def require_safe(self) -> None:
        """Refuses also several processes on one folder of package files, which only one may keep.

        Raises:
            click.UsageError: with what to do about it.
        """
        super().require_safe()
        if self.workers > 1 and not self.packages_url:
            raise click.UsageError(
                f"--workers {self.workers} needs a bucket for package files (--packages-url or APPSHARE_PACKAGES_URL):"
                " in a folder one process keeps them; leave --workers out, or give a bucket"
            )

    @property
    def max_package_size(self) -> int:
        """In bytes."""
        return self.max_package_mib * _MIB

    def admission_policy(self) -> AdmissionPolicy:
        """What the catalogue refuses."""
        return AdmissionPolicy(
            refuse_debuggable=self.refuse_debuggable,
            refuse_test_only=self.refuse_test_only,
            refuse_debug_certificate=self.refuse_debug_certificate,
            refuse_32_bit_only=self.refuse_32_bit_only,
            lowest_target_sdk=self.lowest_target_sdk,
        )

    @property
    def chunk_size(self) -> int:
        """In bytes."""
        return self.chunk_kib * 1024

    def upstream_limits(self) -> UpstreamLimits:
        """How often upstreams are asked, and what they may send."""
        return UpstreamLimits(
            interval=self.upstream_refresh_minutes * 60.0,
            index_size=self.upstream_index_mib * _MIB,
            package_size=self.max_package_size,
            fetches=self.upstream_fetches,
            kept_size=self.upstream_kept_mib * _MIB,
        )
