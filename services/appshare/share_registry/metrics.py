"""What ShareRegistry counts for Prometheus."""

from prometheus_client import Counter

PUSHES = Counter("appshare_pushes", "Pushes to a device, by what became of them.", ["outcome"])
