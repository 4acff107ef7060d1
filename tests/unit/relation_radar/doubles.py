"""What stands in for the world around RelationRadar: time and a phone network."""

from appshare import errors


class FakeClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class RecordingSender:
    """Delivers codes into a list.

    Attributes:
        sent: number, registration id and code of each delivery.
        down: while set, nothing can be delivered.
    """

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.down = False

    async def send(self, number: str, registration_id: str, code: str) -> None:
        if self.down:
            raise errors.UnavailableError(errors.Reason.SERVICE_UNAVAILABLE, "no phone network")
        self.sent.append((number, registration_id, code))

    @property
    def last_code(self) -> str:
        return self.sent[-1][2]
