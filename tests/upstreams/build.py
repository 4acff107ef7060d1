#!/usr/bin/env python3
"""Build the sample repository with fdroidserver; README.md beside this file says what it is for."""

import argparse
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent
PACKAGES = HERE.parent / "packages"
KEY_PASSWORD = "appshare"  # noqa: S105 - the key is a throw-away test key, committed with its password

CONFIG = f"""\
repo_url: https://upstream.example.org/repo
repo_name: Sample upstream
repo_description: A small repository for the demo and the tests.
repo_keyalias: repository
keystore: repository.p12
keystorepass: {KEY_PASSWORD}
keypass: {KEY_PASSWORD}
keydname: CN=AppShare sample repository, OU=Test keys only, O=AppShare
archive_older: 0
"""
METADATA = """\
AutoName: Sample Notes
Name: Sample Notes
Summary: An app that is in no catalogue until somebody asks for it
License: Apache-2.0
"""


def main() -> None:
    """Build the packages and the repository, into the folder beside this file or another one."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("target", nargs="?", type=Path, default=HERE / "repo")
    target = arguments.parse_args().target
    if shutil.which("fdroid") is None:
        sys.exit("Missing: fdroid. In a virtual environment: pip install fdroidserver")
    recipe = package_recipe()
    with tempfile.TemporaryDirectory() as scratch:
        repository = Path(scratch, "fdroid")
        (repository / "repo").mkdir(parents=True)
        (repository / "metadata").mkdir()
        for sample in samples(recipe):
            shutil.move(recipe.build(sample, Path(scratch)), repository / "repo")
        write_configuration(repository)
        subprocess.run(["fdroid", "update"], cwd=repository, check=True)  # noqa: S607 - of the PATH
        put_in_place(repository / "repo", target)


def package_recipe() -> ModuleType:
    """How the sample packages are built."""
    sys.path.insert(0, str(PACKAGES))
    specification = importlib.util.spec_from_file_location("package_recipe", PACKAGES / "build.py")
    if specification is None or specification.loader is None:
        sys.exit("Missing: the recipe of the sample packages")
    recipe = importlib.util.module_from_spec(specification)
    sys.modules["package_recipe"] = recipe
    specification.loader.exec_module(recipe)
    return recipe


def samples(recipe: ModuleType) -> list[object]:
    """One build for every phone, long enough to be streamed while it comes in, and a newer one per processor."""
    return [
        recipe.Sample("notes", "1.0", 100, min_sdk=21, target_sdk=34, asset_bytes=150_000),
        *(
            recipe.Sample("notes", "2.0", 200, min_sdk=29, target_sdk=35, variant=abi, abis=(abi,))
            for abi in ("arm64-v8a", "x86_64")
        ),
    ]


def write_configuration(repository: Path) -> None:
    """Write what fdroidserver has to know."""
    config = repository / "config.yml"
    config.write_text(CONFIG, encoding="utf-8")
    config.chmod(0o600)
    shutil.copy(HERE / "repository.p12", repository)
    (repository / "metadata" / "org.appshare.sample.notes.yml").write_text(METADATA, encoding="utf-8")


def put_in_place(built: Path, target: Path) -> None:
    """Keep what a client of the current format fetches: the older indices and the web page go."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in ("entry.jar", "index-v2.json"):
        shutil.copy(built / name, target)
    for package in sorted(built.glob("*.apk")):
        shutil.copy(package, target)


if __name__ == "__main__":
    main()
