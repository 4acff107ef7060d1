"""Texts as PostgreSQL can hold them."""


def storable(text: str) -> str:
    """A text from outside without the character NUL, which PostgreSQL refuses; no id that was made here has one."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
