"""The plan on paper: from measured costs and assumed habits to bytes, calls a second and machines."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

_HOUR = 3_600.0
_GIB = 1 << 30
_TIB = 1 << 40


@dataclass(frozen=True)
class Habits:
    """What people are assumed to do; every figure can be set to one's own.

    Attributes:
        devices: registered.
        contacts: numbers of a book.
        friends: devices whose shares a device sees, on average.
        apps: of an inventory.
        audience_keys: admitted by an app, on average.
        connected: share of the devices that hold a stream at the busy hour.
        busy_hour: share of a day's calls that fall into its busiest hour.
        syncs: of a book a day, mostly small deltas; the following are a day and device as well.
        waiting: events in an inbox.
        packages: different package files, and their mean size in bytes.
    """

    devices: int = 100_000_000
    contacts: int = 200
    friends: int = 40
    apps: int = 60
    audience_keys: float = 1.0
    connected: float = 0.3
    busy_hour: float = 0.12
    syncs: float = 0.3
    lists: float = 2.0
    refreshes: float = 3.0
    pushes: float = 0.1
    recipients: int = 10
    downloads: float = 0.05
    waiting: float = 5.0
    packages: int = 200_000
    package_bytes: float = 40e6


@dataclass(frozen=True)
class Costs:
    """What things cost: measured, unless `docs/scaling.md` says otherwise.

    Attributes:
        book_bytes: of a contact in its book, packed: 8 of the number, 2 to 4 of the contact, and the row's share.
        posting_bytes: of a row (number, device) of PostgreSQL with its index.
        device_bytes: the device, its session and their indexes.
        app_bytes: an app of an inventory with its index.
        key_bytes: a key that an app admits, with both indexes.
        event_bytes: an event with its four indexes, and its share of the push.
        package_row_bytes: what the catalogue keeps of a package.
        gateway_calls: a second, of one gateway process on one core, that ask two services.
        radar_ms: processor time of the radar's process, of one question.
        registry_ms: the same of the registry.
        query_ms: database time of one question to either.
        sync_ms: database time of one whole book as rows on PostgreSQL.
        delta_ms: database time of a small delta.
        event_ms: database time of an event that is written, and deleted when it is acknowledged.
        streams: that one gateway process holds (`--max-connections`).
        stream_kib: of memory for an open stream, in each process that it goes through.
        stream_us: processor time of an open stream a second, heartbeats included, in each process.
        stream_mb: megabytes a second that a core of the gateway passes on.
        use: the share of its capacity that a machine is planned with.
    """

    book_bytes: float = 12.0
    posting_bytes: float = 86.0
    device_bytes: float = 600.0
    app_bytes: float = 320.0
    key_bytes: float = 190.0
    event_bytes: float = 520.0
    package_row_bytes: float = 4_000.0
    gateway_calls: float = 500.0
    radar_ms: float = 1.2
    registry_ms: float = 1.8
    query_ms: float = 1.0
    sync_ms: float = 7.5
    delta_ms: float = 1.0
    event_ms: float = 0.5
    streams: int = 10_000
    stream_kib: float = 28.5
    stream_us: float = 11.8
    stream_mb: float = 250.0
    use: float = 0.5


@dataclass(frozen=True)
class Line:
    """A row of a table of the plan."""

    what: str
    amount: str
    formula: str


class Plan:
    """What the habits need at these costs."""

    def __init__(self, habits: Habits, costs: Costs) -> None:
        self.habits = habits
        self.costs = costs

    def storage(self) -> dict[str, float]:
        """Bytes, of one copy."""
        habits, costs = self.habits, self.costs
        return {
            "books": habits.devices * habits.contacts * costs.book_bytes,
            "postings": habits.devices * habits.contacts * costs.posting_bytes,
            "devices": habits.devices * costs.device_bytes,
            "inventories": habits.devices * habits.apps * (costs.app_bytes + habits.audience_keys * costs.key_bytes),
            "inboxes": habits.devices * habits.waiting * costs.event_bytes,
            "catalogue": habits.packages * costs.package_row_bytes,
            "packages": habits.packages * habits.package_bytes,
        }

    def per_second(self, a_day: float) -> float:
        """At the busy hour, of what a device does so many times a day."""
        return self.habits.devices * a_day * self.habits.busy_hour / _HOUR

    def calls(self) -> dict[str, float]:
        """Calls a second at the busy hour, by kind."""
        habits = self.habits
        kinds = {
            "token refreshes": habits.refreshes,
            "lists": habits.lists,
            "syncs": habits.syncs,
            "pushes": habits.pushes,
            "acknowledgements": habits.pushes * habits.recipients,
            "downloads": habits.downloads,
        }
        return {kind: self.per_second(a_day) for kind, a_day in kinds.items()}

    def events(self) -> float:
        """Events that are put into inboxes, a second."""
        return self.per_second(self.habits.pushes * self.habits.recipients)

    def downloaded(self) -> float:
        """Bytes a second."""
        return self.per_second(self.habits.downloads) * self.habits.package_bytes

    def cores(self) -> dict[str, int]:
        """Processor cores of each role, at the planned use."""
        calls, costs = self.calls(), self.costs
        answered = sum(calls.values())
        friends_asked = calls["lists"] + calls["pushes"] + calls["downloads"]
        needed = {
            "gateway, calls": answered / costs.gateway_calls,
            "gateway, bytes": self.downloaded() / (costs.stream_mb * 1e6),
            "gateway, streams": self.streams() * costs.stream_us / 1e6,
            "RelationRadar": (answered + friends_asked) * costs.radar_ms / 1_000,
            "its database": ((answered + friends_asked) * costs.query_ms + calls["syncs"] * costs.delta_ms) / 1_000,
            "ShareRegistry, calls": (friends_asked + calls["acknowledgements"]) * costs.registry_ms / 1_000,
            "ShareRegistry, streams": self.streams() * costs.stream_us / 1e6,
            "the registry's database": (friends_asked * costs.query_ms + self.events() * costs.event_ms) / 1_000,
        }
        return {role: ceil(cores / costs.use) for role, cores in needed.items()}

    def streams(self) -> float:
        """Open at the busy hour."""
        return self.habits.devices * self.habits.connected

    def gateways(self) -> int:
        """Gateway processes that hold the streams."""
        return ceil(self.streams() / self.costs.streams)

    def stream_memory(self) -> float:
        """Bytes that the open streams take in one of the processes that they go through."""
        return self.streams() * self.costs.stream_kib * 1024

    def first_syncs_per_core(self) -> float:
        """Whole books a second that one core of the radar's database writes as rows."""
        return 1_000 / self.costs.sync_ms


def storage_lines(plan: Plan) -> Iterator[Line]:
    """The table of what is stored."""
    habits, costs, stored = plan.habits, plan.costs, plan.storage()
    numbers = f"{habits.devices / 1e6:.0f} M x {habits.contacts}"
    devices = f"{habits.devices / 1e6:.0f} M"
    yield _stored("books", stored, f"{numbers} x {costs.book_bytes:.0f} B")
    yield _stored("postings", stored, f"{numbers} x {costs.posting_bytes:.0f} B")
    yield _stored("devices", stored, f"{devices} x {costs.device_bytes:.0f} B")
    per_app = f"({costs.app_bytes:.0f} + {habits.audience_keys:g} x {costs.key_bytes:.0f}) B"
    yield _stored("inventories", stored, f"{devices} x {habits.apps} x {per_app}")
    yield _stored("inboxes", stored, f"{devices} x {habits.waiting:g} x {costs.event_bytes:.0f} B")
    yield _stored("catalogue", stored, f"{habits.packages:,} x {costs.package_row_bytes:,.0f} B")
    yield _stored("packages", stored, f"{habits.packages:,} x {habits.package_bytes / 1e6:.0f} MB")


def load_lines(plan: Plan) -> Iterator[Line]:
    """The table of what happens in a second of the busy hour."""
    habits = plan.habits
    often = {
        "token refreshes": habits.refreshes,
        "lists": habits.lists,
        "syncs": habits.syncs,
        "pushes": habits.pushes,
        "acknowledgements": habits.pushes * habits.recipients,
        "downloads": habits.downloads,
    }
    for kind, calls in plan.calls().items():
        yield Line(kind, f"{calls:,.0f}/s", f"{often[kind]:g} a day and device")
    yield Line("events into inboxes", f"{plan.events():,.0f}/s", f"{habits.recipients} recipients a push")
    yield Line("bytes to phones", f"{plan.downloaded() / 1e9:,.1f} GB/s", f"{habits.package_bytes / 1e6:.0f} MB each")
    yield Line("open streams", f"{plan.streams() / 1e6:,.0f} M", f"{habits.connected:.0%} of the devices")


def core_lines(plan: Plan) -> Iterator[Line]:
    """The table of the cores."""
    for role, cores in plan.cores().items():
        yield Line(role, f"{cores:,} cores", f"{plan.costs.use:.0%} busy")
    yield Line("gateway processes", f"{plan.gateways():,}", f"{plan.costs.streams:,} streams each")
    memory = f"{plan.stream_memory() / _TIB:,.2f} TiB"
    yield Line("memory of the streams", memory, f"{plan.costs.stream_kib:g} KiB each, in gateway and registry each")


def markdown(lines: Iterator[Line], last: str) -> str:
    """A table of Markdown."""
    rows = [f"| {line.what} | {line.amount} | {line.formula} |" for line in lines]
    return "\n".join([f"| | | {last} |", "|---|--:|---|", *rows])


def _stored(what: str, stored: dict[str, float], formula: str) -> Line:
    size = stored[what]
    return Line(what, f"{size / _TIB:,.2f} TiB" if size > _TIB / 10 else f"{size / _GIB:,.1f} GiB", formula)
