"""A program that is loaded is not searched for garbage, neither then nor later."""

import subprocess
import sys

SEARCHES = """
import gc
from appshare.loading import load

searches = []
gc.set_threshold(1)
gc.callbacks.append(lambda phase, info: searches.append(phase))
searches.clear()
module, found = load("appshare.errors"), len(searches)
print(module.__name__, found, gc.isenabled(), gc.get_freeze_count() > 0)
"""

AGAIN = """
import gc
from appshare.loading import load

load("appshare.errors")
gc.get_freeze_count = lambda: print("counted")
print(load("appshare.errors").__name__)
"""

FAILS = """
import gc
from appshare.loading import load

try:
    load("appshare.no_such_module")
except ImportError:
    print(gc.isenabled())
"""


def printed(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_what_is_loaded_is_no_garbage() -> None:
    # At most the one search before loading begins, which the list of searches itself may bring about.
    name, found, is_enabled, is_frozen = printed(SEARCHES).split()
    assert (name, is_enabled, is_frozen) == ("appshare.errors", "True", "True")
    assert int(found) <= 4


def test_what_is_loaded_already_costs_nothing() -> None:
    assert printed(AGAIN) == "appshare.errors\n"


def test_garbage_is_searched_for_again_where_loading_fails() -> None:
    assert printed(FAILS) == "True\n"
