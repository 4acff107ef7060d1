"""The laws that the simulations of docs/scaling.md must obey, and that the document shows what they give."""

import re
from dataclasses import replace
from pathlib import Path
from statistics import mean

import pytest
from benchmarks.scaling.__main__ import tables
from benchmarks.scaling.events import Timeline
from benchmarks.scaling.fan_out import FanOutPlan, simulate_fan_out
from benchmarks.scaling.plan import Costs, Habits, Plan
from benchmarks.scaling.storm import StormPlan, simulate_steady, simulate_storm

DOCUMENT = Path(__file__).parents[3] / "docs" / "scaling.md"
SMALL = StormPlan(phones=1_500, spread=5.0, books_per_second=50.0, places=200, deadline=2.0, tries=8)


def test_what_is_at_one_time_happens_in_the_order_in_which_it_was_said() -> None:
    timeline, seen = Timeline(), list[str]()
    timeline.after(2, lambda: seen.append("last"))
    timeline.after(1, lambda: seen.append("first"))
    timeline.after(1, lambda: seen.append("second"))
    timeline.run()
    assert (seen, timeline.now) == (["first", "second", "last"], 2)


def test_nothing_happens_in_the_past() -> None:
    with pytest.raises(ValueError, match="past"):
        Timeline().after(-1, lambda: None)


@pytest.mark.parametrize(
    "plan",
    [
        SMALL,
        replace(SMALL, backs_off=False),
        replace(SMALL, writers=3),
        replace(SMALL, addresses=10, calls_per_address=60),
        replace(SMALL, tries=1),
        replace(SMALL, places=10_000),
    ],
)
def test_every_registration_ends_once(plan: StormPlan) -> None:
    storm = simulate_storm(plan)
    assert storm.registered + storm.given_up == plan.phones
    assert len(storm.ends) == len(storm.waits) == storm.registered
    assert storm.calls == storm.registered + storm.refused_busy + storm.refused_address + storm.expired
    assert storm.queue[-1][1] == 0


def test_no_copy_has_more_under_way_than_its_places() -> None:
    storm = simulate_storm(replace(SMALL, writers=2))
    assert max(calls for _, calls in storm.queue) <= 2 * SMALL.places


def test_one_seed_gives_one_outcome() -> None:
    assert simulate_storm(SMALL) == simulate_storm(SMALL)
    assert simulate_storm(SMALL).ends != simulate_storm(SMALL, seed=2).ends


@pytest.mark.parametrize("load", [0.3, 0.6, 0.8])
def test_one_writer_under_even_load_is_an_m_m_1_queue(load: float) -> None:
    plan = StormPlan(phones=20_000, books_per_second=100.0, places=100_000, deadline=1e6)
    steady = simulate_steady(plan, load * plan.books_per_second)
    expected = 1 / (plan.books_per_second * (1 - load))
    assert mean(steady.waits) == pytest.approx(expected, rel=0.1)


def test_nobody_waits_in_vain_where_the_places_are_written_within_the_deadline() -> None:
    plan = replace(SMALL, places=int(SMALL.books_per_second * SMALL.deadline / 2))
    assert simulate_storm(plan).expired == 0
    assert simulate_storm(replace(SMALL, places=10_000)).expired > 0


def test_an_address_gets_no_more_than_its_calls() -> None:
    plan = replace(SMALL, addresses=1, calls_per_address=60, writers=100)
    storm = simulate_storm(plan)
    last = max(storm.ends)
    assert storm.registered <= 60 + last + 1  # a full bucket, and one call a second


FRIENDS = FanOutPlan(phones=200, seconds=86_400.0)


@pytest.mark.parametrize("plan", [FRIENDS, replace(FRIENDS, connected=0.05), replace(FRIENDS, same_apps=1.0)])
def test_every_event_is_delivered_or_overtaken_or_waits(plan: FanOutPlan) -> None:
    fan_out = simulate_fan_out(plan)
    assert fan_out.events == fan_out.delivered + fan_out.replaced + fan_out.waiting
    assert len(fan_out.celebrity_waits) + fan_out.celebrity_waiting == plan.phones


def test_as_many_are_connected_at_a_push_as_are_on_average() -> None:
    plan = replace(FRIENDS, phones=3_000, connected=0.4, senders=0, seconds=2_000.0)
    fan_out = simulate_fan_out(plan)
    assert fan_out.connected_at_push == pytest.approx(0.4 * plan.phones, rel=0.08)
    assert fan_out.wake_ups == fan_out.connected_at_push


def test_who_pushes_the_same_always_fills_no_inbox() -> None:
    fan_out = simulate_fan_out(
        replace(FRIENDS, phones=50, connected=0.01, same_apps=1.0, pushes_per_day=20.0, celebrities=0)
    )
    assert max(most for _, _, most in fan_out.inbox) <= FRIENDS.senders


def test_twice_the_devices_need_twice_of_everything_but_packages() -> None:
    one, two = Plan(Habits(devices=1_000_000), Costs()), Plan(Habits(devices=2_000_000), Costs())
    for what, size in one.storage().items():
        assert two.storage()[what] == (size if what in {"catalogue", "packages"} else 2 * size)
    assert two.calls() == {kind: pytest.approx(2 * calls) for kind, calls in one.calls().items()}


def test_the_document_shows_the_tables_of_the_plan() -> None:
    shown = DOCUMENT.read_text(encoding="utf-8")
    assert [table for table in tables(Plan(Habits(), Costs())) if table not in shown] == []


def test_every_link_of_the_document_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", DOCUMENT.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (DOCUMENT.parent / link).exists()] == []
