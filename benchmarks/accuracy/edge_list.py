"""Reads a social graph from a list of its edges."""

from dataclasses import dataclass
from pathlib import Path

_COMMENT_MARKS = ("#", "%")
_COLUMNS = 2
_FEWEST_PEOPLE = 3
"""Two people cannot have anybody in common."""

_Edge = tuple[str, str]


class EdgeListError(ValueError):
    """The file holds no graph that can be measured; the message says why."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Who is whose friend.

    Attributes:
        neighbours: the friends of each person; people are numbered from 0.
    """

    name: str
    neighbours: tuple[frozenset[int], ...]

    @property
    def edge_count(self) -> int:
        """How many friendships there are."""
        return sum(len(friends) for friends in self.neighbours) // 2


def read_graph(path: Path) -> Graph:
    """The graph of a file with one edge per line, `a b` or `a,b`.

    Comments (#, %) and empty lines are skipped, and so is a header over a list of numbers. Repeated edges and edges
    from a person to itself do not count.

    Raises:
        EdgeListError: the file cannot be read, a line has not two columns, or there are fewer than three people.
    """
    people: dict[str, set[str]] = {}
    for one, other in _without_header(_edges(_text(path), path)):
        if one != other:
            people.setdefault(one, set()).add(other)
            people.setdefault(other, set()).add(one)
    if len(people) < _FEWEST_PEOPLE:
        raise EdgeListError(f"{path}: {len(people)} people with a friend; at least {_FEWEST_PEOPLE} can be measured")
    index = {person: number for number, person in enumerate(people)}
    return Graph(path.stem, tuple(frozenset(index[friend] for friend in friends) for friends in people.values()))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise EdgeListError(f"{path}: {error.strerror or 'cannot be read'}") from error
    except UnicodeDecodeError as error:
        raise EdgeListError(f"{path}: not a text file in UTF-8") from error


def _edges(text: str, path: Path) -> list[_Edge]:
    edges = []
    for number, line in enumerate(text.splitlines(), start=1):
        columns = line.replace(",", " ").split()
        if not columns or columns[0].startswith(_COMMENT_MARKS):
            continue
        if len(columns) != _COLUMNS:
            raise EdgeListError(f"{path}, line {number}: {len(columns)} columns instead of two, `a b` or `a,b`")
        edges.append((columns[0], columns[1]))
    return edges


def _without_header(edges: list[_Edge]) -> list[_Edge]:
    names_first = len(edges) > 1 and not any(name.isdecimal() for name in edges[0])
    return edges[1:] if names_first and all(name.isdecimal() for name in edges[1]) else edges
