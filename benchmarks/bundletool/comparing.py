"""Our answers beside bundletool's, over sets and devices."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from random import Random

from appshare.app_download.fitting.fit_rules import Miss
from appshare.app_download.fitting.split_sets.selection import Selection
from appshare.app_download.fitting.split_sets.toc_fit import select
from appshare.app_download.package_reading.toc_reading import read_binary, read_json
from appshare.app_download.table_of_contents import TableOfContents
from benchmarks.bundletool.device_specs import Device
from benchmarks.bundletool.invented_sets import JSON_FORM
from benchmarks.bundletool.tool import Answer, Bundletool, Request


@dataclass(frozen=True, slots=True)
class Difference:
    """A device that gets other files from us."""

    spec: dict[str, object]
    modules: tuple[str, ...]
    bundletool: Answer
    ours: str


@dataclass(slots=True)
class Comparison:
    """What came out for one set."""

    name: str
    fits: int = 0
    refusals: dict[str, int] = field(default_factory=dict)
    """Devices that neither of us gives files, by the exception of bundletool and our first reason."""
    differences: list[Difference] = field(default_factory=list)

    @property
    def cases(self) -> int:
        """Devices that were compared."""
        return self.fits + sum(self.refusals.values()) + len(self.differences)


def compare(
    bundletool: Bundletool, folders: Sequence[Path], devices: Sequence[Device], specs: Sequence[Path], random: Random
) -> Iterator[Comparison]:
    """Every device on every set; some of them ask for modules."""
    tocs = [read_toc(folder) for folder in folders]
    requests = [
        Request(folder, spec, _asked(random, toc)) for folder, toc in zip(folders, tocs, strict=True) for spec in specs
    ]
    answers = bundletool.extract(requests)
    for folder, toc in zip(folders, tocs, strict=True):
        comparison = Comparison(folder.name)
        for device, (request, answer) in zip(devices, islice(answers, len(devices)), strict=True):
            _judge(comparison, device, toc, request, answer)
        yield comparison


def _judge(comparison: Comparison, device: Device, toc: TableOfContents, request: Request, answer: Answer) -> None:
    ours = select(device.profile, toc, request.modules)
    if (ours.names if isinstance(ours, Selection) else ()) != answer.paths:
        comparison.differences.append(Difference(device.spec, request.modules, answer, repr(ours)))
    elif answer.paths:
        comparison.fits += 1
    else:
        kind = f"{answer.refusal.partition(':')[0]} / {_kind(ours)}"
        comparison.refusals[kind] = comparison.refusals.get(kind, 0) + 1


def _kind(refusal: Selection | tuple[Miss, ...]) -> str:
    return "" if isinstance(refusal, Selection) else refusal[0].kind


def read_toc(folder: Path) -> TableOfContents:
    """The table of contents of a folder; if it is there in JSON, too, it has to say the same."""
    toc = read_binary((folder / "toc.pb").read_bytes())
    in_json = folder / JSON_FORM
    if in_json.exists() and read_json(in_json.read_bytes()) != toc:
        raise ValueError(f"toc.pb and {JSON_FORM} of {folder.name} are read differently")
    return toc


def _asked(random: Random, toc: TableOfContents) -> tuple[str, ...]:
    """Mostly nothing; now and then a module that does not exist."""
    if random.random() < 0.7:
        return ()
    names = sorted({*_names(toc), "missing"})
    return tuple(random.sample(names, min(len(names), random.choice((1, 1, 2)))))


def _names(toc: TableOfContents) -> Iterator[str]:
    for variant in toc.variants:
        yield from (module.name for module in variant.modules)
    yield from (pack.name for pack in toc.asset_packs)
    yield from toc.fused_modules
