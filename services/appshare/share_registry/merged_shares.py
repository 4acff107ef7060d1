"""What all of a viewer's friends share, one entry per app."""

from collections.abc import Sequence
from itertools import count

from appshare.share_registry.model import MergedShare, NameSearch, Page, Platform, RelatedDevice, Share, SharedVersion
from appshare.share_registry.store import RegistryStore
from appshare.share_registry.visibility import keyring

_MAX_VERSIONS = 10
_MAX_OWNERS = 100


class MergedShares:
    """The lists of many owners as one.

    A page holds as much of them as it has entries, however long the lists are.

    Args:
        names_threshold: people of whom an app must be for their devices to be named.
    """

    def __init__(self, store: RegistryStore, names_threshold: int) -> None:
        self._store = store
        self._names_threshold = names_threshold

    async def page(
        self, viewer_id: str, owners: Sequence[RelatedDevice], search: str, after: tuple[str, str], limit: int
    ) -> Page[MergedShare]:
        """Apps that the owners share with a viewer, by package name and platform from behind the pair `after`.

        Args:
            owners: each with its level as owner.
            search: in any part of a label or a package name, without regard to case; an app for which one owner's
                label has it counts with all its owners.
        """
        keys = keyring(viewer_id, owners)
        found = await self._store.shared_names(keys, search.casefold(), after, limit + 1)
        people = _people(owners)
        entries = {identity: _Entry() for identity in found[:limit]}
        async for share in self._store.shares_named(keys, {name for name, _platform in entries}):
            entry = entries.get((share.app.package_name, share.app.platform))
            if entry:
                entry.add(share, people[share.owner_id])
        items = (entry.merged(identity, self._names_threshold) for identity, entry in entries.items() if entry.people)
        return Page(tuple(items), more=len(found) > limit)

    async def search(
        self, viewer_id: str, owners: Sequence[RelatedDevice], wanted: NameSearch, limit: int
    ) -> Page[MergedShare]:
        """Apps that the owners share with a viewer and a search is for, one entry per package name, in their order.

        Args:
            owners: each with its level as owner.
        """
        keys = keyring(viewer_id, owners)
        found = await self._store.found_names(keys, wanted, limit + 1)
        people = _people(owners)
        entries = {package_name: _Entry() for package_name in found[:limit]}
        async for share in self._store.shares_named(keys, entries.keys()):
            entries[share.app.package_name].add(share, people[share.owner_id])
        items = (
            entry.merged((package_name, entry.platform), self._names_threshold)
            for package_name, entry in entries.items()
            if entry.people
        )
        return Page(tuple(items), more=len(found) > limit)


class _Entry:
    """An app as it is put together from shares, which come by owner."""

    __slots__ = ("label", "owner_ids", "people", "platform", "versions")

    def __init__(self) -> None:
        self.label = ""
        self.owner_ids: list[str] = []
        self.people = 0
        """A bit per person."""
        self.platform = Platform.ANDROID
        """Of the newest version, as the label is."""
        self.versions: list[SharedVersion] = []

    def add(self, share: Share, person: int) -> None:
        """Adds what one owner has."""
        self.people |= 1 << person
        if len(self.owner_ids) < _MAX_OWNERS:
            self.owner_ids.append(share.owner_id)
        app = share.app
        if not self.versions or app.version_code > self.versions[0].version_code:
            self.label, self.platform = app.label, app.platform
        version = SharedVersion(app.version_code, app.version_name, app.signer_sha256)
        if _newest_first(version) not in map(_newest_first, self.versions):
            self.versions = sorted([*self.versions, version], key=_newest_first)[:_MAX_VERSIONS]

    def merged(self, identity: tuple[str, str], names_threshold: int) -> MergedShare:
        """The entry as a viewer sees it."""
        package_name, platform = identity
        friend_count = self.people.bit_count()
        owner_ids = tuple(self.owner_ids) if friend_count >= names_threshold else ()
        return MergedShare(Platform(platform), package_name, self.label, tuple(self.versions), friend_count, owner_ids)


def _people(owners: Sequence[RelatedDevice]) -> dict[str, int]:
    """A small number per person, by device id; a device without a person is one by itself."""
    numbers: dict[int | str, int] = {}
    unused = count()
    return {each.device_id: numbers.setdefault(each.person or each.device_id, next(unused)) for each in owners}


def _newest_first(version: SharedVersion) -> tuple[int, str]:
    return -version.version_code, version.signer_sha256
