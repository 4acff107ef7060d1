"""The proof of rotation: how the certificate of an app's signer changed, each change signed by the one before.

The format is that of https://source.android.com/docs/security/features/apksigning/v3#proof-of-rotation-and-self-trusted-old-certs-structs.
"""

from dataclasses import dataclass
from enum import IntFlag
from itertools import pairwise

from appshare.app_download.package_signature.algorithms import ALGORITHMS
from appshare.app_download.package_signature.certificate import Certificate, read_certificate
from appshare.app_download.package_signature.faults import invalid
from appshare.app_download.package_signature.fields import Fields

_VERSION = 1


class Capability(IntFlag):
    """What the app still trusts a former certificate with."""

    INSTALLED_DATA = 1
    """The app may replace one that is signed with it, and take over its data."""
    SHARED_USER_ID = 2
    PERMISSION = 4
    ROLLBACK = 8
    AUTHENTICATOR = 16


@dataclass(frozen=True, slots=True)
class LineageCertificate:
    """One certificate of a lineage."""

    sha256: str
    capabilities: Capability


@dataclass(frozen=True, slots=True)
class _Node:
    signed_data: bytes
    certificate: Certificate
    parent_algorithm: int
    """What the node's signature was made with, as it signs itself."""
    capabilities: Capability
    algorithm: int
    """What the next node's signature is made with."""
    signature: bytes


def read_lineage(attribute: bytes, current: Certificate) -> tuple[LineageCertificate, ...]:
    """The certificates from the oldest to the current one; raises PackageRefused if a change is not proven."""
    fields = Fields(attribute)
    if fields.number() != _VERSION:
        raise invalid("the proof of rotation is of an unknown version")
    nodes = []
    while not fields.at_end():
        nodes.append(_node(Fields(fields.prefixed())))
    for parent, node in pairwise(nodes):
        _check_change(parent, node)
    lineage = tuple(LineageCertificate(node.certificate.sha256, node.capabilities) for node in nodes)
    if not nodes or nodes[-1].certificate.encoded != current.encoded:
        raise invalid("the proof of rotation does not end at the signer")
    if len({certificate.sha256 for certificate in lineage}) < len(lineage):
        raise invalid("the proof of rotation comes back to a former certificate")
    return lineage


def _node(fields: Fields) -> _Node:
    signed_data = fields.prefixed()
    data = Fields(signed_data)
    return _Node(
        signed_data=signed_data,
        certificate=read_certificate(data.prefixed()),
        parent_algorithm=data.number(),
        capabilities=Capability(fields.number()),
        algorithm=fields.number(),
        signature=fields.prefixed(),
    )


def _check_change(parent: _Node, node: _Node) -> None:
    algorithm = ALGORITHMS.get(parent.algorithm)
    if algorithm is None or node.parent_algorithm != parent.algorithm:
        raise invalid("a change of the signer is signed with another algorithm than announced")
    if not algorithm.verifies(parent.certificate.public_key, node.signature, node.signed_data):
        raise invalid("a change of the signer is not signed by the one before")
