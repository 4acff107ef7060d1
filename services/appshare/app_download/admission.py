"""Which packages the catalogue takes: of the kinds that the operator allows, not too old, by the pinned signer."""

from collections.abc import Sequence

from appshare import errors
from appshare.app_download.admission_policy import AdmissionPolicy, require_allowed
from appshare.app_download.app_decisions import AppDecisions
from appshare.app_download.model import PackageManifest
from appshare.app_download.package import Package
from appshare.app_download.signer_pin import SignerPin


def admitted(package: Package, present: Sequence[Package], decided: AppDecisions, policy: AdmissionPolicy) -> SignerPin:
    """The pin of the app once the package is in the catalogue.

    Args:
        package: that is to be added.
        present: the packages of the app that the catalogue has.
        decided: what the operator has decided about the app.
        policy: what the operator refuses of any app.

    Raises:
        errors.InvalidArgumentError: the package may not be there: PACKAGE_SIGNER_CHANGED, PACKAGE_VERSION_TOO_LOW, or
            as `require_allowed`.
    """
    require_allowed(package, present, policy)
    manifest = package.manifest
    if manifest.version_code < decided.lowest_version:
        raise errors.InvalidArgumentError(
            errors.Reason.PACKAGE_VERSION_TOO_LOW,
            f"version code {manifest.version_code} of {manifest.package_name} is below {decided.lowest_version}, the"
            " lowest that you allow; add a newer version, or change that with `appshare-admin versions floor`",
        )
    if decided.pin is None:
        return SignerPin.at_first_sight(manifest)
    pin = decided.pin.after(manifest)
    if pin is None:
        raise _signer_changed(manifest, decided.pin)
    return pin


def _signer_changed(manifest: PackageManifest, pin: SignerPin) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(
        errors.Reason.PACKAGE_SIGNER_CHANGED,
        f"signed by {manifest.signer_sha256}, but {manifest.package_name} is pinned to {pin.signer_sha256}: phones that"
        " have the app could not update it; if the new signer is right, say so with `appshare-admin signers pin`",
        metadata={"signer_sha256": manifest.signer_sha256, "pinned_sha256": pin.signer_sha256},
    )
