"""`make accuracy GRAPH=file`: how right each rule of friendship is about a known social graph."""

from pathlib import Path

import click
from rich.console import Console

from benchmarks.accuracy.edge_list import EdgeListError, read_graph
from benchmarks.accuracy.processes import MeasuringError, measure_all
from benchmarks.accuracy.report import table, write_json

_TABLE_WIDTH = 120


@click.command()
@click.argument("graph_file", metavar="GRAPH", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default="accuracy", show_default=True)
def main(graph_file: Path, out: Path) -> None:
    """Make contact books of a list of edges, let the real radar judge who is whose friend, compare with the graph.

    Writes accuracy.json and accuracy.png into the folder --out. Exit codes: 0 measured, 1 the graph, the disk or
    matplotlib is not as needed, 2 wrong usage.
    """
    try:
        _measure(graph_file, out)
    except (EdgeListError, MeasuringError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or out}: {error.strerror}") from error
    except ModuleNotFoundError as error:
        raise click.ClickException(f"the charts need {error.name}: pip install -e '.[accuracy]'") from error


def _measure(graph_file: Path, out: Path) -> None:
    graph = read_graph(graph_file)
    from benchmarks.accuracy import charts  # noqa: PLC0415  # matplotlib is an optional extra

    out.mkdir(parents=True, exist_ok=True)
    measurements = measure_all(graph, Console(stderr=True))
    write_json(out / "accuracy.json", measurements)
    charts.draw(out / "accuracy.png", measurements)
    output = Console()
    output.width = max(output.width, _TABLE_WIDTH)
    output.print(table(graph, measurements))
    output.print(f"{out / 'accuracy.json'} and {out / 'accuracy.png'} are written.", highlight=False, markup=False)


if __name__ == "__main__":
    main()
