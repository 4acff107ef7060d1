"""Builds that were read lately, so that a match does not parse them again: a build never changes."""

from collections import OrderedDict

from appshare.app_download.package import Build

CACHED = 16 << 20
"""Characters of reports whose builds a store keeps in memory: a hundred large split sets, or ten thousand APKs."""


class BuildCache:
    """The builds that were asked for last.

    Args:
        capacity: of the reports that the builds were read from, in characters together; a build takes a few times its
            report.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._free = capacity
        self._builds: OrderedDict[str, tuple[Build, int]] = OrderedDict()

    def find(self, package_id: str) -> Build | None:
        """The build of a package."""
        if package_id not in self._builds:
            return None
        self._builds.move_to_end(package_id)
        return self._builds[package_id][0]

    def keep(self, package_id: str, build: Build, size: int) -> None:
        """Keeps a build, in the place of those that were asked for the longest ago; not one that is too large."""
        self.drop(package_id)
        if size > self._capacity:
            return
        self._builds[package_id] = (build, size)
        self._free -= size
        while self._free < 0:
            self._free += self._builds.popitem(last=False)[1][1]

    def drop(self, package_id: str) -> None:
        """Forgets a build."""
        if package_id in self._builds:
            self._free += self._builds.pop(package_id)[1]
