"""Who a process of AppShare is: the URI in its certificate that names its role (SPIFFE ID)."""

GATEWAY = "gateway"
RELATION_RADAR = "relation-radar"
SHARE_REGISTRY = "share-registry"
APP_DOWNLOAD = "app-download"

ROLES = (GATEWAY, RELATION_RADAR, SHARE_REGISTRY, APP_DOWNLOAD)
"""Every role that has a certificate, the gateway first."""


def identity_of(role: str) -> str:
    """The URI among the subject's alternative names of a role's certificate."""
    return f"spiffe://appshare/{role}"
