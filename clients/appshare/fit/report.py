"""Tells which build fits, to people and to programs."""

from typing import Any

from appshare.command_line.exit_code import ExitCode
from appshare.command_line.output import Output
from appshare.fit.answer import AppStoreLink, Fit, FitAnswer, NoFit


def report_answer(output: Output, answer: FitAnswer) -> ExitCode:
    """Prints an answer; returns how the command ends."""
    if output.as_json:
        output.document(describe_answer(answer))
    else:
        _say(output, answer)
    return ExitCode.NO_FIT if isinstance(answer, NoFit) else ExitCode.DONE


def describe_answer(answer: FitAnswer) -> dict[str, Any]:
    """An answer as a JSON object with one key: "fit", "no_fit" or "app_store_link"."""
    match answer:
        case Fit():
            return {"fit": answer}
        case NoFit():
            return {"no_fit": answer}
        case AppStoreLink():
            return {"app_store_link": answer}


def say_fit(output: Output, fit: Fit) -> None:
    """Says which build fits and why."""
    output.text(f"{fit.package_name} {fit.version_name} (version code {fit.version_code}) fits.")
    for sentence in fit.explanation:
        output.text(f"  {sentence}")


def _say(output: Output, answer: FitAnswer) -> None:
    match answer:
        case Fit():
            say_fit(output, answer)
            output.table(["File", "Bytes", "SHA-256"], [[file.name, file.size, file.sha256] for file in answer.files])
        case NoFit():
            output.text("No build fits the device:")
            for reason in answer.reasons:
                output.text(f"  {reason.message or reason.kind}")
        case AppStoreLink():
            output.text(f"The app is in the App Store: {answer.url}")
