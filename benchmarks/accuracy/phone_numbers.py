"""The numbers that stand in the contact books, and how people write them."""

import random

REGION = "CN"
SERVICE_NUMBERS = ("110", "10086", "95588", "12306", "400-820-8820", "800 810 8888")
"""Emergency, short, shared-cost and toll-free numbers, which the radar must not count."""

_COUNTRY = "+86"
_AREA = "10"  # of Beijing
_AREA_PREFIX = f"{_COUNTRY}{_AREA}"
_FULL_WIDTH = {ord("0") + digit: ord("\uff10") + digit for digit in range(10)}


def person_number(person: int) -> str:
    """The mobile number of a person, in E.164."""
    return f"{_COUNTRY}138{person:08d}"


def business_number(business: int) -> str:
    """The fixed line of a business, in E.164: nothing in the number tells it from a person's."""
    return f"{_AREA_PREFIX}65{business:06d}"


def handwritten(number: str, dice: random.Random) -> str:
    """A number in E.164 as somebody in its country might have written it down."""
    if number.startswith(_AREA_PREFIX):
        return _national_fixed_line(number.removeprefix(_AREA_PREFIX), dice)
    return _national_mobile(number.removeprefix(_COUNTRY), dice)


def _national_mobile(digits: str, dice: random.Random) -> str:
    grouped = (digits[:3], digits[3:7], digits[7:])
    return dice.choice(
        (
            digits,
            " ".join(grouped),
            "-".join(grouped),
            f"0086 {digits}",
            digits.translate(_FULL_WIDTH),
            f"\u200f{digits}",
        )
    )


def _national_fixed_line(digits: str, dice: random.Random) -> str:
    return dice.choice((f"0{_AREA}-{digits}", f"(0{_AREA}) {digits[:4]} {digits[4:]}", f"0086{_AREA}{digits}"))
