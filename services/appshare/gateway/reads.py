"""Methods of the services behind the gateway that change nothing, and so may be asked again."""

from collections.abc import Mapping

RADAR_SERVICE = "appshare.v1.RelationRadarService"
REGISTRY_SERVICE = "appshare.v1.ShareRegistryService"
DOWNLOAD_SERVICE = "appshare.v1.AppDownloadService"

READS: Mapping[str, frozenset[str]] = {
    RADAR_SERVICE: frozenset(
        {
            "CheckDevice",
            "ListDevicesOfNumber",
            "CountRegisteredDevices",
            "FindDevices",
            "BatchFindDevices",
            "ListFriendships",
            "ReadFriendshipChanges",
            "ReadBlocks",
            "CheckBlock",
            "ReadNumberKeyRotation",
        }
    ),
    REGISTRY_SERVICE: frozenset(
        {
            "ReadDefaultAudience",
            "ListInventory",
            "ListVisibleShares",
            "FindVisibleShare",
            "ListMergedShares",
            "FindMergedShares",
            "ReadPushPreference",
            "ReadInbox",
        }
    ),
    DOWNLOAD_SERVICE: frozenset({"Match", "ListCatalogue", "ListAdaptationRows", "ReadNames", "ReadNamedApps"}),
}
"""By the service. A stream is not among them: its reader opens it again where it was."""
