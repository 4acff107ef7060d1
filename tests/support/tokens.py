"""Access tokens of a gateway of the test's own."""

from pathlib import Path

from appshare.gateway.access_tokens import AccessTokens
from appshare.gateway.signing_keys import SigningKeyFile, SigningKeys
from appshare.process.clock import Clock, system_clock


def new_keys(folder: Path, lifetime: float = 60, clock: Clock = system_clock) -> SigningKeys:
    """The keys of a folder, as a gateway that starts reads them."""
    return SigningKeys(SigningKeyFile(folder / "signing-keys.json"), lifetime, clock)


def new_tokens(folder: Path, lifetime: float = 60, clock: Clock = system_clock) -> AccessTokens:
    """Tokens signed by the keys of a folder."""
    return AccessTokens(new_keys(folder, lifetime, clock), lifetime, clock)
