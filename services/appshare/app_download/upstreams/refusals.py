"""What is wrong with an upstream, as typed errors."""

from appshare import errors
from appshare.app_download.upstreams.index_reader import IndexFault, IndexRefused

_REASONS = {
    IndexFault.OTHER_SIGNER: errors.Reason.UPSTREAM_SIGNER_MISMATCH,
    IndexFault.MALFORMED_INDEX: errors.Reason.UPSTREAM_INDEX_MALFORMED,
    IndexFault.TOO_LARGE: errors.Reason.UPSTREAM_TOO_LARGE,
}


def refused(fault: IndexRefused) -> errors.DataLossError:
    """What an upstream publishes is not to be used."""
    reason = _REASONS.get(fault.fault, errors.Reason.UPSTREAM_ENTRY_INVALID)
    return errors.DataLossError(reason, fault.message, metadata={"refusal": fault.fault})


def rolled_back() -> errors.DataLossError:
    """An upstream shows an older state than it had."""
    return errors.DataLossError(
        errors.Reason.UPSTREAM_ROLLED_BACK,
        "the upstream shows an older index than the one in use; if that is on purpose, remove it and add it again",
    )


def not_as_listed(what: str) -> errors.DataLossError:
    """An index is not the one that the entry names."""
    return errors.DataLossError(errors.Reason.UPSTREAM_INDEX_MISMATCH, f"the index has another {what} than was signed")


def too_large(what: str, limit: int) -> errors.DataLossError:
    """An upstream's file is larger than this cloud takes."""
    return errors.DataLossError(errors.Reason.UPSTREAM_TOO_LARGE, f"{what} has more than {limit} bytes")


def unreachable(trouble: str) -> errors.UnavailableError:
    """No address of an upstream gives what it has to."""
    return errors.UnavailableError(errors.Reason.UPSTREAM_UNREACHABLE, f"{trouble}; try again later")


def package_refused(message: str, refusal: str) -> errors.DataLossError:
    """A package from an upstream is not what its index says, or no device would install it; nothing is kept."""
    return errors.DataLossError(
        errors.Reason.UPSTREAM_PACKAGE_MISMATCH,
        f"the package that the upstream sent is not the one that its index names: {message}; nothing of it is kept",
        metadata={"refusal": refusal},
    )


def not_found(name: str) -> errors.NotFoundError:
    """No upstream has the name."""
    return errors.NotFoundError(errors.Reason.UPSTREAM_NOT_FOUND, f"no upstream is called {name!r}; list them")


def exists(name: str) -> errors.AlreadyExistsError:
    """An upstream of the name is there."""
    return errors.AlreadyExistsError(
        errors.Reason.UPSTREAM_EXISTS, f"an upstream is called {name!r} already; remove it first, or give another name"
    )
