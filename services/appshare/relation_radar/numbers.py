"""Phone numbers: which can be a person's, and the keyed digest that stands for one.

Two numbers with one key of 64 bits would be one number to RelationRadar: whoever has the one in a book would have the
other there too. Among 10^9 numbers, n^2 / 2^65 = 0.03 such pairs are expected; the chance that a given number shares
its key with any of them is 5 in 10^11. Nobody can look for such a pair without the secret.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumberType

from appshare import errors
from appshare.relation_radar.gate import Gate
from appshare.relation_radar.model import NumberKey


class NumberType(StrEnum):
    """What a number is for, as its country's numbering plan says.

    `FIXED_LINE_OR_MOBILE` is for plans that do not tell the two apart, as in the US.
    """

    MOBILE = "mobile"
    FIXED_LINE = "fixed_line"
    FIXED_LINE_OR_MOBILE = "fixed_line_or_mobile"
    VOIP = "voip"
    PERSONAL_NUMBER = "personal_number"
    PAGER = "pager"
    TOLL_FREE = "toll_free"
    PREMIUM_RATE = "premium_rate"
    SHARED_COST = "shared_cost"
    UAN = "uan"
    VOICEMAIL = "voicemail"


PERSONAL_TYPES = frozenset(
    {
        NumberType.MOBILE,
        NumberType.FIXED_LINE,
        NumberType.FIXED_LINE_OR_MOBILE,
        NumberType.VOIP,
        NumberType.PERSONAL_NUMBER,
        NumberType.PAGER,
    }
)
"""The types of numbers that a person can have, unless the operator says otherwise."""

_TYPES = {getattr(PhoneNumberType, kind.name): kind for kind in NumberType}
_SHORTEST_SECRET = 32
_DIGEST_LENGTH = 8
"""Bytes."""
_LONGEST = 64
"""Characters; a longer text is no number, and reading it would cost time."""
_DIALLED_ON = re.compile(r"(?<=\d)\s*[pw][\dpw,;#*\s]*$", re.IGNORECASE)
"""A pause (p) or a wait (w), and what a phone dials after it."""


class NumberKeys:
    """Turns numbers into the only form in which they are stored.

    Args:
        secrets: the keys of the digest that have been in use, the oldest first; at least 32 bytes each, never in the
            database. Each digests what the one before has made of a number, so that a stored number can be put under
            another key without the number itself.

    Raises:
        ValueError: there is none, or one is shorter.
    """

    def __init__(self, *secrets: bytes) -> None:
        if not secrets or min(map(len, secrets)) < _SHORTEST_SECRET:
            raise ValueError(f"the secret of the number digests has less than {_SHORTEST_SECRET} bytes")
        self._secrets = secrets
        self._gate = Gate()

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """The keys, the oldest first."""
        return self._secrets

    def key(self, number: str) -> NumberKey:
        """The key of a number in E.164."""
        first, *later = self._secrets
        key = _short_digest(first, number.encode())
        for secret in later:
            key = next_key(secret, key)
        return key

    def steady(self) -> AbstractAsyncContextManager[None]:
        """Keeps the keys as they are while a number's key is carried from one question to another. Not to be nested."""
        return self._gate.passed()

    def changing(self) -> AbstractAsyncContextManager[None]:
        """Nobody carries a number's key while the context is open."""
        return self._gate.closed()

    def add(self, secret: bytes) -> None:
        """From now on, numbers are stored under one more key."""
        self._secrets = (*self._secrets, secret)


def next_key(secret: bytes, key: NumberKey) -> NumberKey:
    """What a stored number becomes under one more key."""
    return _short_digest(secret, key.to_bytes(_DIGEST_LENGTH, "big", signed=True))


def read_number(text: str, region: str, *, field: str = "number") -> str:
    """A number as people write it, in E.164.

    Args:
        region: ISO 3166-1 alpha-2, for a number without a country code.
        field: where the number is in the request.

    Raises:
        errors.InvalidArgumentError: INVALID_PHONE_NUMBER, when it cannot be read.
    """
    return _e164(_parse(text, region, field))


def read_personal_number(
    text: str, region: str, types: Collection[NumberType] = PERSONAL_TYPES, *, field: str = "number"
) -> str:
    """A number that a person can have, in E.164.

    Emergency and short numbers are of no type; they never count.

    Args:
        types: of which the number must be one.

    Raises:
        errors.InvalidArgumentError: INVALID_PHONE_NUMBER, when it cannot be read or cannot be a person's.
    """
    number = _parse(text, region, field)
    if _TYPES.get(phonenumbers.number_type(number)) not in types:  # that of an invalid number is UNKNOWN
        raise _invalid("the number cannot belong to a person", field)
    return _e164(number)


def read_number_types(text: str) -> frozenset[NumberType]:
    """Types of numbers as a setting has them, separated by commas.

    Raises:
        ValueError: with a sentence that lists the types.
    """
    names = {name.strip() for name in text.split(",")}
    if not names <= set(NumberType):
        raise ValueError(f"separate by commas one or more of: {', '.join(NumberType)}")
    return frozenset(map(NumberType, names))


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


def _short_digest(secret: bytes, content: bytes) -> NumberKey:
    digest = hmac.digest(secret, content, hashlib.sha256)
    return int.from_bytes(digest[:_DIGEST_LENGTH], "big", signed=True)


def _parse(text: str, region: str, field: str) -> phonenumbers.PhoneNumber:
    if len(text) > _LONGEST:
        raise _invalid("the number is too long", field)
    # Address books hold invisible marks (right-to-left, joiners) that are no part of the number.
    visible = "".join(character for character in text if unicodedata.category(character) != "Cf")
    try:
        return phonenumbers.parse(_DIALLED_ON.sub("", visible), region)
    except phonenumbers.NumberParseException:
        raise _invalid(
            "the number cannot be read; write it with its country code, for example +8613800138000", field
        ) from None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    text: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return text


def _invalid(message: str, field: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(errors.Reason.INVALID_PHONE_NUMBER, message, field=field)
