"""`appshare get`."""

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import click

from appshare.command_line.command import Command, json_option
from appshare.command_line.exit_code import ExitCode
from appshare.command_line.input_error import InputError
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.completions import complete_person_or_app
from appshare.device_agent.commands.get_steps import Wanted, download, explain, finish
from appshare.device_agent.commands.get_update import update_all
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.commands.person_choice import PersonChoice, person_options
from appshare.device_agent.commands.source_option import DeviceChoice, device_options
from appshare.device_agent.download import Downloaded
from appshare.device_agent.model import Person
from appshare.device_agent.sources.source import InstallOutcome, Phone
from appshare.fit.device_profile import DeviceProfile
from appshare.fit.module_option import module_option
from appshare.fit.report import report_answer, say_fit

_MOST_NAMES = 2
"""A person and an app."""


class Goal(StrEnum):
    """How far to go."""

    EXPLAIN = "explain"
    UPDATE = "update"
    DOWNLOAD = "download"
    INSTALL = "install"


@click.command(
    cls=Command,
    examples="""
    appshare get "Li Wei" org.example.notes
    appshare get "Li Wei" Notes --device phone.json --output downloads
    appshare get +8613800138000 Notes --dry-run
    appshare get org.example.notes --no-install
    appshare get 8002 Notes --from-call-log --serial R58M1
    appshare get --update
    """,
)
@click.argument("names", nargs=-1, metavar="[PERSON] APP", shell_complete=complete_person_or_app)
@person_options
@device_options
@click.option(
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the files. [default: one named after the package, here]",
)
@module_option
@click.option(
    "--install", "goal", type=Goal, flag_value=Goal.INSTALL, help="Install it. [default: if a phone is there]"
)
@click.option("--no-install", "goal", type=Goal, flag_value=Goal.DOWNLOAD, help="Only download it.")
@click.option("--dry-run", "goal", type=Goal, flag_value=Goal.EXPLAIN, help="Only say which build fits, and why.")
@click.option("--update", "goal", type=Goal, flag_value=Goal.UPDATE, help="Update all apps that were got so.")
@json_option
@pass_home
def get(  # noqa: PLR0913  # a parameter per option
    home: AgentHome,
    *,
    names: Sequence[str],
    who: PersonChoice,
    device: DeviceChoice,
    folder: Path | None,
    modules: tuple[str, ...],
    goal: Goal | None,
    output: Output,
) -> None:
    """Download an app that PERSON shares, or without PERSON any friend, and install it.

    APP is a package name, or the app's label or a part of it. It comes in the build that fits the phone that is there
    (see --source), else the device that was told to `appshare register`. A download that was cut goes on where it
    stopped; every file is verified before it gets its name; several files get a folder of their own. Then the app is
    installed on the phone. Exit code 4 when no build fits; the reasons are told.

    --update does that for every app that was installed so before, and that any friend shares in a newer version now.
    """
    _require_names(names, goal)
    phone = _phone(device, goal)
    profile = _require_profile(home, device, phone)
    if goal is Goal.UPDATE:
        _end(update_all(home, _require_installable(phone), profile, folder, output))
        return
    owner = _owner(names[:-1], who, home, device, output)
    if goal is Goal.EXPLAIN:
        _end(report_answer(output, asyncio.run(explain(home, owner, Wanted(names[-1], profile, modules)))))
        return
    offer, result = asyncio.run(download(home, owner, Wanted(names[-1], profile, modules), folder, output))
    if not isinstance(result, Downloaded):
        _end(report_answer(output, result))
        return
    outcome = finish(home, offer, result, None if goal is Goal.DOWNLOAD else phone, output)
    _report(output, result, phone, outcome)


def _require_names(names: Sequence[str], goal: Goal | None) -> None:
    if goal is Goal.UPDATE and names:
        raise click.UsageError("--update is about all apps; name none")
    if goal is not Goal.UPDATE and not 1 <= len(names) <= _MOST_NAMES:
        raise click.UsageError("name one PERSON and one APP; a name with spaces needs quotes")


def _phone(device: DeviceChoice, goal: Goal | None) -> Phone | None:
    """The phone that the app is for; none where the app is for a device that a file describes."""
    if device.spec:
        if goal is Goal.INSTALL:
            raise click.UsageError("--device describes another device than the phone to --install on")
        return None
    return device.choice.require_phone("leave --install out") if goal is Goal.INSTALL else device.choice.phone()


def _require_installable(phone: Phone | None) -> Phone:
    if phone is None:
        raise InputError("no phone is here (in Termux, or attached with adb) whose apps could be updated")
    return phone


def _require_profile(home: AgentHome, device: DeviceChoice, phone: Phone | None) -> DeviceProfile:
    source = device.source() if device.spec else phone
    profile = source.device_profile() if source else home.device_profile()
    if profile is None:
        raise InputError("what is your device? Attach it, or give its device-spec JSON with --device FILE")
    return profile


def _owner(
    names: Sequence[str], who: PersonChoice, home: AgentHome, device: DeviceChoice, output: Output
) -> Person | None:
    if not names and not who.is_recent:
        return None
    return who.pick("".join(names), home, device.choice, output)


def _report(output: Output, result: Downloaded, phone: Phone | None, outcome: InstallOutcome | None) -> None:
    if output.as_json:
        document: dict[str, Any] = {"fit": result.fit, "paths": result.paths}
        if phone and outcome:
            document["install"] = {"phone": phone.name, "outcome": outcome}
        output.document(document)
        return
    say_fit(output, result.fit)
    for path in result.paths:
        output.text(str(path))
    if phone and outcome is InstallOutcome.INSTALLED:
        output.text(f"Installed on {phone.name}.")
    elif outcome is InstallOutcome.HANDED_OVER:
        output.text("Android asks you now whether to install it.")


def _end(code: ExitCode) -> None:
    click.get_current_context().exit(code)
