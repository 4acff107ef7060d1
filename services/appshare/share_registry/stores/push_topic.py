"""What makes one push take the place of another."""

import hashlib
import json
from collections.abc import Collection


def push_topic(package_names: Collection[str]) -> str:
    """The same for pushes of the same apps."""
    if not package_names:
        return "push"
    return "push " + hashlib.sha256(json.dumps(sorted(package_names)).encode()).hexdigest()
