"""What AppDownload counts for Prometheus."""

from prometheus_client import Counter

DOWNLOADS = Counter("appshare_downloads", "Downloads that have sent all their files to the end.")
DOWNLOADED_BYTES = Counter("appshare_downloaded_bytes", "Bytes of packages that were sent.")
UPSTREAM_REFRESHES = Counter("appshare_upstream_refreshes", "Refreshes of upstreams by what came of them.", ["outcome"])
UPSTREAM_FETCHES = Counter("appshare_upstream_fetches", "Packages fetched from upstreams, kept or failed.", ["outcome"])
UPSTREAM_REMOVALS = Counter("appshare_upstream_removals", "Packages of upstreams that made room for others.")
UPSTREAM_BYTES = Counter("appshare_upstream_bytes", "Bytes of packages that upstreams have sent.")
