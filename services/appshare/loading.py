"""Imports what a program is made of."""

import gc
import importlib
from types import ModuleType


def load(name: str) -> ModuleType:
    """Imports the module on which a program spends its start.

    Python would look for garbage among all that is loaded, again and again, and find none: a quarter of the time. What
    was loaded is never looked at later either, which makes each look shorter.
    """
    if gc.get_freeze_count() or not gc.isenabled():
        return importlib.import_module(name)
    gc.disable()
    try:
        module = importlib.import_module(name)
        gc.freeze()
    finally:
        gc.enable()
    return module
