"""The rules of friendship that are compared."""

from dataclasses import dataclass

from appshare.relation_radar.limits import RadarLimits
from appshare.relation_radar.model import Rule

UNLIMITED = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ComparedRule:
    """A rule of the radar with its hub limit.

    Attributes:
        most_viewers: how many viewers are asked; a seeded sample of that size when there are more people.
    """

    name: str
    rule: Rule
    hub_limit: int
    most_viewers: int


_HUB_LIMIT = RadarLimits().hub_limit
_SAMPLE = 400
"""Under the plain rule a viewer has thousands of candidates, too many to ask for everybody's."""

RULES = (
    ComparedRule("shared_contacts_no_hub_limit", Rule.SHARED_CONTACTS, UNLIMITED, _SAMPLE),
    ComparedRule("shared_contacts", Rule.SHARED_CONTACTS, _HUB_LIMIT, _SAMPLE),
    ComparedRule("listed", Rule.LISTED, _HUB_LIMIT, UNLIMITED),
    ComparedRule("mutual", Rule.MUTUAL, _HUB_LIMIT, UNLIMITED),
)
