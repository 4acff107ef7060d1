"""What AppDownload counts for Prometheus."""

from prometheus_client import Counter

DOWNLOADS = Counter("appshare_downloads", "Downloads that have sent all their files to the end.")
DOWNLOADED_BYTES = Counter("appshare_downloaded_bytes", "Bytes of packages that were sent.")
