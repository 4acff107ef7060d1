"""What ShareRegistry counts for Prometheus."""

from prometheus_client import Counter, Gauge

PUSHES = Counter("appshare_pushes", "Pushes to a device, by what became of them.", ["outcome"])
WAITING = Gauge("appshare_inbox_events", "Events that wait in inboxes, of all devices together.")
LAG = Gauge("appshare_inbox_oldest_seconds", "How long the oldest event waits in an inbox; 0: none waits.")
