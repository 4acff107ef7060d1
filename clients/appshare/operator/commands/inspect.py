"""`appshare-admin inspect`."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.exit_code import ExitCode
from appshare.command_line.output import Output
from appshare.operator import offline
from appshare.operator.offline import PackageFacts, Refusal, SignatureFacts
from appshare.operator.shown import shown_sdks


@click.command(
    cls=Command,
    examples="""
    appshare-admin inspect notes.apk
    appshare-admin inspect notes.apks chat.apk --json
    """,
)
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE..."
)
@json_option
@asynchronous
async def inspect(files: Sequence[Path], output: Output) -> ExitCode:
    """Say what package FILEs say of themselves and who signed them, as the catalogue would read them; no server.

    Exit code 3 when the catalogue would refuse one of them. With --json: a document per FILE, each in a line if there
    are several.
    """
    code = ExitCode.DONE
    for file in files:
        facts, refusal = await offline.inspect(file)
        if refusal:
            code = ExitCode.REFUSED
        if not output.as_json:
            _say(output, file, facts, refusal)
        elif len(files) == 1:
            output.document(_described(facts, refusal))
        else:
            output.line({"file": file, **_described(facts, refusal)})
    return code


def _described(facts: PackageFacts | None, refusal: Refusal | None) -> dict[str, Any]:
    described = asdict(facts) if facts else {}
    if described.get("parts", ()) is None:
        del described["parts"]
    if refusal:
        described["refused"] = {"reason": refusal.reason, "message": refusal.message}
    return described


def _say(output: Output, file: Path, facts: PackageFacts | None, refusal: Refusal | None) -> None:
    output.text(f"{file}:")
    for line in _told(facts) if facts else ():
        output.text(f"  {line}")
    if refusal:
        output.text(f"  refused: {refusal.message} ({refusal.reason})")


def _told(facts: PackageFacts) -> Iterator[str]:
    yield f"{facts.package} {facts.version_name} (version code {facts.version_code}) {facts.label}".rstrip()
    yield f"SDK {shown_sdks(facts.min_sdk, facts.max_sdk or 0)}, made for {facts.target_sdk}"
    if facts.parts is None:
        yield f"ABIs {', '.join(facts.abis) or 'any'}"
    if facts.signature.verified:
        yield _signed(facts.signature)
    for part in facts.parts or ():
        yield f"{part.name}, {part.size} bytes, ABIs {', '.join(part.abis) or 'any'}"


def _signed(signature: SignatureFacts) -> str:
    schemes = ", ".join(signature.schemes)
    return f"signed by {signature.signer_sha256} ({schemes}), accepted from SDK {signature.min_api} on"
