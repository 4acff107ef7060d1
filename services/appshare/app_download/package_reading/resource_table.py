"""Which screens and languages a package's resources are made for."""

from appshare.app_download.fitting import density
from appshare.app_download.package_reading.resource_chunks import packages, types


def densities(table: bytes) -> tuple[int, ...]:
    """Ascending, in dpi; without resources the default density alone."""
    found = {chunk.density for package in packages(table) for chunk in types(package)} - {None}
    return tuple(sorted(dpi for dpi in found if dpi is not None)) or (density.DEFAULT,)


def locales(table: bytes) -> tuple[str, ...]:
    """BCP-47 tags in alphabetical order, without the default."""
    return tuple(sorted({chunk.locale for package in packages(table) for chunk in types(package)} - {""}))
