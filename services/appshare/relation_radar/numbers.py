"""Phone numbers: which can be a person's, and the keyed digest that stands for one."""

import hashlib
import hmac
import unicodedata

import phonenumbers
from phonenumbers import PhoneNumberType

from appshare import errors
from appshare.relation_radar.model import NumberKey

_PERSONAL_TYPES = frozenset(
    {
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.PAGER,
    }
)
_SHORTEST_SECRET = 32
_LONGEST = 64
"""Characters; a longer text is no number, and reading it would cost time."""


class NumberKeys:
    """Turns numbers into the only form in which they are stored.

    Args:
        secret: the key of the digest; at least 32 bytes, never in the database.

    Raises:
        ValueError: the secret is shorter.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < _SHORTEST_SECRET:
            raise ValueError(f"the secret of the number digests has less than {_SHORTEST_SECRET} bytes")
        self._secret = secret

    def key(self, number: str) -> NumberKey:
        """The key of a number in E.164."""
        digest = hmac.digest(self._secret, number.encode(), hashlib.sha256)
        return int.from_bytes(digest[:8], "big", signed=True)


def read_number(text: str, region: str, *, field: str = "number") -> str:
    """A number as people write it, in E.164.

    Args:
        region: ISO 3166-1 alpha-2, for a number without a country code.
        field: where the number is in the request.

    Raises:
        errors.InvalidArgumentError: INVALID_PHONE_NUMBER, when it cannot be read.
    """
    return _e164(_parse(text, region, field))


def read_personal_number(text: str, region: str, *, field: str = "number") -> str:
    """A number that a person can have, in E.164: not an emergency, toll-free, premium or short number.

    Raises:
        errors.InvalidArgumentError: INVALID_PHONE_NUMBER, when it cannot be read or cannot be a person's.
    """
    number = _parse(text, region, field)
    if phonenumbers.number_type(number) not in _PERSONAL_TYPES:  # that of an invalid number is UNKNOWN
        raise _invalid("the number cannot belong to a person", field)
    return _e164(number)


def require_region(region: str) -> str:
    """A region in the form that numbers are read with.

    Raises:
        errors.InvalidArgumentError: INVALID_FIELD, when there is no such region.
    """
    upper = region.upper()
    if upper not in phonenumbers.SUPPORTED_REGIONS:
        raise errors.InvalidArgumentError(
            errors.Reason.INVALID_FIELD, "not a region of ISO 3166-1 alpha-2, for example CN", field="region"
        )
    return upper


def _parse(text: str, region: str, field: str) -> phonenumbers.PhoneNumber:
    if len(text) > _LONGEST:
        raise _invalid("the number is too long", field)
    # Address books hold invisible marks (right-to-left, joiners) that are no part of the number.
    visible = "".join(character for character in text if unicodedata.category(character) != "Cf")
    try:
        return phonenumbers.parse(visible, region)
    except phonenumbers.NumberParseException:
        raise _invalid(
            "the number cannot be read; write it with its country code, for example +8613800138000", field
        ) from None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    text: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return text


def _invalid(message: str, field: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(errors.Reason.INVALID_PHONE_NUMBER, message, field=field)
