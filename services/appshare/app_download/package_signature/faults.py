"""What keeps a signature from counting."""

from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason


def missing(message: str) -> PackageRefused:
    """Nobody signed the package."""
    return PackageRefused(RefusalReason.SIGNATURE_MISSING, message)


def invalid(message: str) -> PackageRefused:
    """A signature is there and does not hold for what is in the package."""
    return PackageRefused(RefusalReason.SIGNATURE_INVALID, message)


def stripped(message: str) -> PackageRefused:
    """A signature was taken away: another one says so."""
    return PackageRefused(RefusalReason.SIGNATURE_STRIPPED, message)


def unsupported(message: str) -> PackageRefused:
    """Today's Androids do not accept this kind of signature."""
    return PackageRefused(RefusalReason.SIGNATURE_UNSUPPORTED, message)
