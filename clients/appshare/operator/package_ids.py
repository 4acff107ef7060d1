"""Package ids as operators type them: whole, or their beginning."""

import re

from appshare.command_line.input_error import InputError
from appshare.operator.client import OperatorClient

_PREFIX = re.compile(r"[0-9a-f]{8,}")


async def find_package_id(client: OperatorClient, text: str, package_name: str = "") -> str:
    """The id that the text is, or begins, among the packages of an app or of all.

    Raises:
        InputError: no package has it, or several begin with it.
    """
    packages = {package.package_id: package for package in await client.packages(package_name)}
    if text in packages:
        return text
    prefix = text.lower()
    if not _PREFIX.fullmatch(prefix):
        raise InputError(f"{text} is not a package id, nor the first 8 or more characters of one")
    matching = [package for package_id, package in packages.items() if package_id.startswith(prefix)]
    if len(matching) == 1:
        return matching[0].package_id
    if matching:
        candidates = [f"{each.package_id} {each.package_name} {each.version_name}" for each in matching]
        raise InputError(f"several packages begin with {text}; say which:", candidates=candidates)
    raise InputError(f"no package has or begins with the id {text}; `appshare-admin packages list` lists them")
