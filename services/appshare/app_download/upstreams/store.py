"""What upstreams need of a store; every implementation passes the same contract tests."""

from collections.abc import Collection, Sequence
from typing import Protocol

from appshare.app_download.upstreams.model import (
    Accepted,
    FoundApp,
    FoundName,
    Health,
    ListedApp,
    Offer,
    Source,
    Upstream,
)


class UpstreamStore(Protocol):
    """The repositories, and what their indices list.

    An index is put beside the one that is in use, in as many steps as it takes, and takes its place in one: whoever
    asks sees all of one or all of the other. Every method raises `errors.UnavailableError` (STORAGE_UNAVAILABLE) when
    the storage cannot be used, and then has changed nothing.
    """

    async def add(self, source: Source) -> bool:
        """Stores a repository; False: there is one of that name, and it stays as it is."""

    async def upstreams(self) -> list[Upstream]:
        """The repositories, in the order in which they were added."""

    async def remove(self, name: str) -> bool:
        """Removes a repository with all that it lists; False: there is none."""

    async def record(self, name: str, health: Health) -> None:
        """Keeps how a refresh went; nothing when the repository is gone."""

    async def confirm(self, name: str, health: Health, etag: str) -> None:
        """Keeps that the index in use is the current one."""

    async def begin_index(self) -> int:
        """A number for an index that is about to be put beside; what was put beside for nothing goes."""

    async def put_apps(self, index: int, apps: Sequence[ListedApp]) -> None:
        """Puts apps of an index beside."""

    async def accept(self, name: str, index: int, accepted: Accepted, health: Health) -> bool:
        """Puts an index in the place of the repository's one; False: the repository is gone, and so is the index."""

    async def offers(self, package_name: str) -> list[tuple[Offer, str]]:
        """All builds of an app with the preferred signer of each repository, in the repositories' order."""

    async def offer(self, sha256: str) -> Offer | None:
        """The build whose file has the digest."""

    async def search(self, words: Sequence[str], size: int) -> list[FoundApp]:
        """Apps whose names hold all of the words (in one case), with their newest version.

        Those of the catalogue first, then those of the upstreams, each by package name.
        """

    async def names(self, words: Sequence[str], after: str, limit: int) -> list[FoundName]:
        """Apps whose names hold all of the words (in one case), by package name from behind one, each once."""

    async def listed(self, package_names: Collection[str]) -> dict[str, FoundApp]:
        """What the first upstream that has an app lists as its newest version, by package name."""

    async def kept(self) -> tuple[int, int]:
        """The packages that came from upstreams and that no operator has anything to do with: how many, and bytes."""

    async def asked_longest_ago(self, size: int) -> list[tuple[str, int]]:
        """Of these packages those that were asked for longest ago, each with its bytes."""

    async def note_asked(self, package_ids: Collection[str], now: float) -> None:
        """Keeps that packages were asked for; nothing of those that did not come from upstreams."""

    async def count_requests(self, counts: dict[str, float], now: float, half_life: float) -> None:
        """Adds to how often apps were asked for; what was counted before loses half of its weight in `half_life`."""

    async def most_asked(self, least: float, now: float, half_life: float, size: int) -> list[str]:
        """The apps that were asked for at least so often, most often first."""
