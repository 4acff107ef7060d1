"""What RelationRadar counts for Prometheus."""

from prometheus_client import Counter

VERDICTS = Counter("appshare_friendship_verdicts", "Answers to how a device stands to another, by level.", ["level"])
