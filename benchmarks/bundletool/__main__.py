"""`make compare-bundletool`: the files that we choose from split sets, beside those that bundletool chooses."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import click
from rich.console import Console
from rich.table import Table

from benchmarks.bundletool.built_sets import build_sets
from benchmarks.bundletool.comparing import Comparison, compare
from benchmarks.bundletool.device_specs import devices
from benchmarks.bundletool.encoding import TocEncoder
from benchmarks.bundletool.invented_sets import invent
from benchmarks.bundletool.tool import Bundletool, MissingToolError

_OTHERS = Path(__file__).parents[3] / "shared" / "data" / "apks" / "splitsets"
_OUT = Path("build", "bundletool.json")
_SHOWN = 5
"""Differences that are printed; the JSON has them all."""


@click.command()
@click.option("--specs", default=300, show_default=True, help="Devices per set.")
@click.option("--invented", default=12, show_default=True, help="Tables of contents that are made up.")
@click.option("--seed", default=1, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=_OUT, show_default=True)
def main(specs: int, invented: int, seed: int, out: Path) -> None:
    """Ask bundletool and ourselves which files of split sets each of many devices gets.

    Exit codes: 0 all alike, or skipped because Java or bundletool is not here; 1 some differ.
    """
    console = Console()
    try:
        bundletool = Bundletool()
    except MissingToolError as missing:
        console.print(f"skipped: {missing}", highlight=False, markup=False, soft_wrap=True)
        return
    with TemporaryDirectory(prefix="appshare-bundletool-") as folder:
        comparisons = _compare(bundletool, Path(folder), Random(seed), console, specs=specs, invented=invented)  # noqa: S311
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps([asdict(each) for each in comparisons], indent=2) + "\n", encoding="utf-8")
    console.print(_table(bundletool.jar.stem, comparisons))
    console.print(f"{out} is written.", highlight=False, markup=False)
    if any(each.differences for each in comparisons):
        raise SystemExit(1)


def _compare(
    bundletool: Bundletool, folder: Path, random: Random, console: Console, *, specs: int, invented: int
) -> list[Comparison]:
    made = devices(random, specs)
    files = [device.write(folder / f"device-{number}.json") for number, device in enumerate(made)]
    folders = list(_sets(bundletool, folder, random, console, invented))
    comparisons = list(compare(bundletool, folders, made, files, random))
    for comparison in comparisons:
        for difference in comparison.differences[:_SHOWN]:
            console.print(difference)
    return comparisons


def _sets(bundletool: Bundletool, folder: Path, random: Random, console: Console, invented: int) -> Iterator[Path]:
    """Folders with a table of contents each: of sets that others built, of those built here, of those invented."""
    if not _OTHERS.is_dir():
        console.print(f"the sets of others are not here: {_OTHERS.name}")
    for file in sorted(_OTHERS.glob("*.apks")):
        yield _unpack(file, folder)
    try:
        for file in build_sets(bundletool, folder):
            yield _unpack(file, folder)
    except MissingToolError as missing:
        console.print(f"sets are not built: {missing}", highlight=False, markup=False, soft_wrap=True)
    yield from invent(random, TocEncoder(bundletool.jar, folder / "protos"), folder, invented)


def _unpack(file: Path, folder: Path) -> Path:
    """The table of contents alone: bundletool looks at no more to choose."""
    path = folder / file.stem
    path.mkdir()
    with zipfile.ZipFile(file) as archive:
        archive.extract("toc.pb", path)
    return path


def _table(name: str, comparisons: list[Comparison]) -> Table:
    table = Table(title=f"AppShare and {name}")
    for heading in ("set", "devices", "same files", "both refuse", "different"):
        table.add_column(heading, justify="left" if heading == "set" else "right")
    counts = [(each.cases, each.fits, sum(each.refusals.values()), len(each.differences)) for each in comparisons]
    for each, row in zip(comparisons, counts, strict=True):
        table.add_row(each.name, *map(str, row))
    table.add_section()
    table.add_row("all", *(str(sum(column)) for column in zip(*counts, strict=True)))
    return table


if __name__ == "__main__":
    main()
