"""`appshare-admin upstreams list`: what is printed."""

import json
from collections.abc import Callable

from click.testing import Result

Admin = Callable[..., Result]


def test_the_list_says_what_is_kept(admin: Admin) -> None:
    lines = admin("upstreams", "list").stdout.splitlines()
    assert lines[2].startswith("f-droid.org")
    assert lines[-1] == "2 packages kept of them, 5,000,000 bytes of at most 21,474,836,480."
    document = json.loads(admin("upstreams", "list", "--json").stdout)
    assert document["kept"] == {"package_count": 2, "total_size": 5_000_000, "size_limit": 20 << 30}
    assert [each["upstream"]["name"] for each in document["upstreams"]] == ["f-droid.org"]
