"""Why something cannot be moved."""


class MoveError(Exception):
    """Nothing was changed where it should have gone; the message says what to do."""
