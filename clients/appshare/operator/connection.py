"""The client of this operator."""

from appshare.operator.access import AccessOptions, find_access
from appshare.operator.client import OperatorClient


def open_client(options: AccessOptions) -> OperatorClient:
    """A client that calls as the operator.

    Raises:
        InputError: address or token are not known.
    """
    access = find_access(options)
    return OperatorClient(access.server, access.token, access.ca)
