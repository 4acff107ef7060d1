"""`make simulate-scaling`: the plan on paper, storms of registrations, push fan-out; all plots of docs/scaling.md."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from benchmarks.scaling.fan_out import FanOutOutcome, FanOutPlan, simulate_fan_out
from benchmarks.scaling.plan import Costs, Habits, Plan, core_lines, load_lines, markdown, storage_lines
from benchmarks.scaling.storm import StormOutcome, StormPlan, simulate_storm

_OUT = Path(__file__).parents[2] / "docs" / "scaling"

_STORM = StormPlan()
STORMS = {
    "10,000 places": replace(_STORM, places=10_000),
    "2,000 places, phones come back as told": replace(_STORM, backs_off=False),
    "2,000 places, phones back off": _STORM,
    "the same on 4 databases": replace(_STORM, writers=4),
    "4 databases, 40 addresses of 120 calls a minute": replace(_STORM, writers=4, addresses=40, calls_per_address=120),
}
FAN_OUTS = {f"{share:.0%} connected": FanOutPlan(connected=share) for share in (0.7, 0.4, 0.1)}


@click.command()
@click.option("--devices", default=Habits.devices, show_default=True, help="Of the plan.")
@click.option("--contacts", default=Habits.contacts, show_default=True, help="Of a book.")
@click.option("--seed", default=1, show_default=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=_OUT, show_default="docs/scaling")
def main(devices: int, contacts: int, seed: int, out: Path) -> None:
    """Plan for so many devices on paper, simulate what is not even, and draw it into the folder --out."""
    plan = Plan(Habits(devices=devices, contacts=contacts), Costs())
    click.echo("\n\n".join(tables(plan)))
    storms = {name: simulate_storm(storm, seed) for name, storm in STORMS.items()}
    fan_outs = {name: simulate_fan_out(fan_out, seed) for name, fan_out in FAN_OUTS.items()}
    click.echo(f"\n{storm_table(storms)}\n\n{fan_out_table(fan_outs)}")
    try:
        from benchmarks.scaling import charts  # noqa: PLC0415  # matplotlib is an optional extra
    except ModuleNotFoundError as error:
        raise click.ClickException(f"the charts need {error.name}: pip install -e '.[accuracy]'") from error
    out.mkdir(parents=True, exist_ok=True)
    charts.draw_storms(out / "storm.svg", storms)
    charts.draw_fan_out(out / "fan-out.svg", fan_outs)


def tables(plan: Plan) -> list[str]:
    """The tables of the plan."""
    return [
        markdown(storage_lines(plan), "formula"),
        markdown(load_lines(plan), "assumed"),
        markdown(core_lines(plan), "how"),
    ]


def storm_table(outcomes: Mapping[str, StormOutcome]) -> str:
    """What the storms came to."""
    head = (
        "| storm | registered | gave up | 90 % after | half waited | 99 % waited | calls per phone | waited in vain |"
    )
    rows = [
        f"| {name} | {each.registered:,} | {each.given_up:,} | {_seconds(each.time(0.9))} | {each.wait(0.5):,.0f} s"
        f" | {each.wait(0.99):,.0f} s | {each.calls / (each.registered + each.given_up):.1f}"
        f" | {each.expired:,} |"
        for name, each in outcomes.items()
    ]
    return "\n".join([head, "|---|--:|--:|--:|--:|--:|--:|--:|", *rows])


def fan_out_table(outcomes: Mapping[str, FanOutOutcome]) -> str:
    """What the fan-outs came to."""
    head = (
        "| phones | events | delivered | overtaken | waiting at the end | most in one inbox | connected at the push |"
    )
    rows = [
        f"| {name} | {each.events:,} | {each.delivered:,} | {each.replaced:,} | {each.waiting:,}"
        f" | {max(most for _, _, most in each.inbox)} | {each.connected_at_push:,} |"
        for name, each in outcomes.items()
    ]
    return "\n".join([head, "|---|--:|--:|--:|--:|--:|--:|", *rows])


def _seconds(time: float | None) -> str:
    return "never" if time is None else f"{time:,.0f} s"


if __name__ == "__main__":
    main()
