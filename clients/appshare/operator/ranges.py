"""Ranges as operators type and see them."""

import re

import click

from appshare.operator.decision_model import NumberRange

# A range ends somewhere above 0: no device has 0 of anything that ranges are about.
_RANGE = re.compile(r"(?!0+$)(\d{1,9})(\+|-(?!0+$)(\d{1,9}))?")
_SCREENS = re.compile(r"(?!0+x)(\d{1,6})x(?!0+$)(\d{1,6})(\+|-(?!0+x)(\d{1,6})x(?!0+$)(\d{1,6}))?")


def read_range(text: str) -> NumberRange:
    """A number ("34"), numbers from one to another ("21-28"), or from one on ("21+").

    Raises:
        click.BadParameter: it is none of them.
    """
    match = _RANGE.fullmatch(text)
    if not match:
        raise click.BadParameter(f'{text} is not a range such as "34", "21-28" or "21+"')
    return _range(match[1], match[2], match[3])


def read_screens(text: str) -> tuple[NumberRange, NumberRange]:
    """The ranges of the shorter and of the longer side, however the screen is held.

    Of a screen ("1080x2400"), screens from one to another ("720x1280-1080x2400"), or from one on ("720x1280+").

    Raises:
        click.BadParameter: it is none of them.
    """
    match = _SCREENS.fullmatch(text)
    if not match:
        raise click.BadParameter(f'{text} is not a range of screens such as "1080x2400" or "720x1280-1080x2400"')
    lowest = sorted(match.group(1, 2), key=int)
    highest = sorted(match.group(4, 5), key=int) if match[4] else [None, None]
    short, long = (_range(low, match[3], high) for low, high in zip(lowest, highest, strict=True))
    return short, long


def shown_range(numbers: NumberRange) -> str:
    """A range, for example "21-28"; empty for any number."""
    if numbers == NumberRange():
        return ""
    if not numbers.highest:
        return f"{numbers.lowest}+"
    return str(numbers.lowest) if numbers.lowest == numbers.highest else f"{numbers.lowest}-{numbers.highest}"


def _range(lowest: str, ending: str | None, highest: str | None) -> NumberRange:
    """A number alone is both ends; a "+" leaves the end open."""
    if highest is None:
        highest = "0" if ending else lowest
    return NumberRange(int(lowest), int(highest))
