"""What is read as a graph, and what is refused."""

from pathlib import Path

import pytest
from benchmarks.accuracy.edge_list import EdgeListError, read_graph

TRIANGLE = (frozenset({1, 2}), frozenset({0, 2}), frozenset({0, 1}))


@pytest.fixture
def edges(tmp_path: Path) -> Path:
    return tmp_path / "town.txt"


@pytest.mark.parametrize(
    "text",
    [
        "1 2\n1 3\n2 3\n",
        "1,2\n1, 3\n2\t3",
        "# from to\n% sym\n\n1 2\n1 3\n2 3\n",
        "node_1,node_2\n1,2\n1,3\n2,3\n",
        "\ufeff1 2\r\n1 3\r\n2 3\r\n",
        "1 2\n2 1\n1 2\n1 3\n3 3\n2 3\n",
        "ann bob\nann carl\nbob carl\n",
    ],
    ids=["spaces", "commas", "comments", "header", "windows", "repeated", "names"],
)
def test_reads_a_triangle(edges: Path, text: str) -> None:
    edges.write_text(text, encoding="utf-8", newline="")

    graph = read_graph(edges)

    assert graph.neighbours == TRIANGLE
    assert (graph.name, graph.edge_count) == ("town", 3)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"1 2\n3\n", "line 2: 1 columns"),
        (b"1 2\n# weights\n2 3 0.5\n", "line 3: 3 columns"),
        (b"", "0 people"),
        (b"# nothing\n", "0 people"),
        (b"1 2\n", "2 people"),
        (b"1 1\n2 2\n3 3\n", "0 people"),
        (b"\xff\xfe\x00", "not a text file"),
    ],
    ids=["one column", "three columns", "empty", "only comments", "one edge", "only loops", "binary"],
)
def test_refuses_what_is_no_graph(edges: Path, content: bytes, why: str) -> None:
    edges.write_bytes(content)

    with pytest.raises(EdgeListError, match=why):
        read_graph(edges)


def test_refuses_a_missing_file(edges: Path) -> None:
    with pytest.raises(EdgeListError, match="No such file"):
        read_graph(edges)


def test_refuses_a_folder(tmp_path: Path) -> None:
    with pytest.raises(EdgeListError, match="Is a directory"):
        read_graph(tmp_path)
