"""Randomness that is the same in every run."""

import random


def dice_for(purpose: str) -> random.Random:
    """Dice of their own for each purpose, so that a change to one leaves the others as they were."""
    return random.Random(f"accuracy: {purpose}")  # noqa: S311  # repeatable on purpose, and no secret
