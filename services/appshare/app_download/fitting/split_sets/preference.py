"""The walk by which bundletool finds the best of several offers: along the device's own order of preference."""

from collections.abc import Iterable
from typing import TypeVar

from appshare.app_download.table_of_contents import Targeting

T = TypeVar("T")


def first_is_own(order: Iterable[T], wanted: Targeting[T]) -> bool:
    """Whether the first of the device's preferences that is served at all is served by this, and not by a sibling.

    If none is served, this is what is left for all other devices, unless it serves anything in particular.
    """
    first = next((preferred for preferred in order if preferred in wanted.everything), None)
    return not wanted.value if first is None else first in wanted.value
