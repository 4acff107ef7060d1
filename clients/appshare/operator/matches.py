"""Which builds of apps many devices get."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from appshare.command_line.exit_code import ExitCode
from appshare.command_line.input_error import InputError
from appshare.command_line.output import Output
from appshare.fit.answer import AppStoreLink, Fit, FitAnswer, NoFit
from appshare.fit.device_profile import DeviceProfile, load_device_profile
from appshare.fit.report import describe_answer
from appshare.operator.client import OperatorClient

_AT_ONCE = 8
"""Questions that wait for their answer at the same time."""


@dataclass(frozen=True)
class Match:
    """The answer to one device about one app."""

    device: str
    package_name: str
    answer: FitAnswer


def load_specs(folder: Path) -> dict[str, DeviceProfile]:
    """The devices of the folder's *.json, by file name without its ending, in alphabetical order.

    Raises:
        InputError: a file is no device spec, or there is none.
        OSError: a file cannot be read.
    """
    specs = {path.stem: load_device_profile(path) for path in sorted(folder.glob("*.json"))}
    if not specs:
        raise InputError(f"{folder}: no *.json in this folder")
    return specs


async def match_all(client: OperatorClient, package_name: str, specs: Mapping[str, DeviceProfile]) -> list[Match]:
    """Every device with the app, or with every app of the catalogue; by device, then by app."""
    packages = [] if package_name else await client.packages()
    names = [package_name] if package_name else sorted({each.package_name for each in packages})
    questions = [(device, name) for device in specs for name in names]
    answers: list[FitAnswer] = []
    for begin in range(0, len(questions), _AT_ONCE):
        asked = questions[begin : begin + _AT_ONCE]
        answers += await asyncio.gather(*(client.match(name, specs[device]) for device, name in asked))
    return [Match(*question, answer) for question, answer in zip(questions, answers, strict=True)]


def report_matches(output: Output, matches: Sequence[Match]) -> ExitCode:
    """Prints a line per device and app; returns how the command ends."""
    if output.as_json:
        output.document(
            {
                "matches": [
                    {"device": each.device, "package_name": each.package_name, **describe_answer(each.answer)}
                    for each in matches
                ]
            }
        )
    elif matches:
        output.table(["Device", "App", "Version", "Files, or why none"], [_row(match) for match in matches])
    else:
        output.text("No packages; `appshare-admin packages add FILE` adds one.")
    return ExitCode.NO_FIT if any(isinstance(match.answer, NoFit) for match in matches) else ExitCode.DONE


def _row(match: Match) -> tuple[str, str, str, str]:
    version, what = _told(match.answer)
    return match.device, match.package_name, version, what


def _told(answer: FitAnswer) -> tuple[str, str]:
    """Version and files, or the reasons."""
    match answer:
        case Fit():
            return f"{answer.version_name} ({answer.version_code})", ", ".join(file.name for file in answer.files)
        case NoFit():
            return "none", "; ".join(reason.message or reason.kind for reason in answer.reasons)
        case AppStoreLink():
            return "App Store", answer.url
