"""`python -m benchmarks.accuracy` on two circles of five friends each."""

import json
from itertools import combinations
from pathlib import Path

import pytest
from benchmarks.accuracy.__main__ import main
from benchmarks.accuracy.conditions import CONDITIONS
from benchmarks.accuracy.edge_list import Graph, read_graph
from benchmarks.accuracy.measuring import Measurement, measure
from benchmarks.accuracy.rules import RULES
from click.testing import CliRunner


@pytest.fixture
def edges(tmp_path: Path) -> Path:
    path = tmp_path / "circles.txt"
    circles = [*combinations(range(5), 2), *combinations(range(5, 10), 2)]
    path.write_text("".join(f"{one} {other}\n" for one, other in circles))
    return path


@pytest.fixture
def graph(edges: Path) -> Graph:
    return read_graph(edges)


async def measured(graph: Graph, condition: str, folder: Path) -> dict[str, Measurement]:
    rows = await measure(graph, condition, folder / "radar.db", lambda *_: None)
    return {row.rule: row for row in rows}


async def test_every_rule_is_right_about_clean_circles(graph: Graph, tmp_path: Path) -> None:
    rows = await measured(graph, "clean", tmp_path)

    assert {(row.precision, row.recall, row.f1) for row in rows.values()} == {(1.0, 1.0, 1.0)}


async def test_only_the_plain_rule_takes_an_outsider_for_a_friend(graph: Graph, tmp_path: Path) -> None:
    rows = await measured(graph, "clean", tmp_path)

    assert {rule: row.attacker_share for rule, row in rows.items()} == {
        "shared_contacts_no_hub_limit": 1.0,
        "shared_contacts": 1.0,
        "listed": 0.0,
        "mutual": 0.0,
    }


async def test_hotlines_mislead_only_the_plain_rule(graph: Graph, tmp_path: Path) -> None:
    rows = await measured(graph, "missing_30_hubs", tmp_path)

    assert (rows["shared_contacts_no_hub_limit"].precision or 1.0) < 0.7
    assert (rows["listed"].precision, rows["mutual"].precision) == (1.0, 1.0)


def test_writes_a_table_json_and_charts(edges: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the charts' library is an optional extra")
    out = tmp_path / "deep" / "out"

    result = CliRunner().invoke(main, [str(edges), "--out", str(out)])

    assert result.exit_code == 0, result.output
    assert "circles: 10 people, 20 friendships" in result.stdout
    rows = json.loads((out / "accuracy.json").read_text())
    assert [(row["graph"], row["condition"], row["rule"]) for row in rows] == [
        ("circles", condition, rule.name) for condition in CONDITIONS for rule in RULES
    ]
    assert rows[0].keys() >= {"precision", "recall", "f1", "attacker_share"}
    assert (out / "accuracy.png").read_bytes().startswith(b"\x89PNG")


def test_says_what_is_wrong_with_the_graph(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [str(tmp_path / "none.txt"), "--out", str(tmp_path)])

    assert result.exit_code == 1
    assert "No such file" in result.stderr
