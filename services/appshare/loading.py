"""Imports what a program is made of."""

import gc
import importlib
import sys
from types import ModuleType


def load(name: str) -> ModuleType:
    """Imports the module on which a program spends its start.

    Python would look for garbage among all that is loaded, again and again, and find none: a quarter of the time. What
    was loaded is never looked at later either, which makes each look shorter.
    """
    if name in sys.modules or not gc.isenabled() or gc.get_freeze_count():  # to count takes long where much is frozen
        return importlib.import_module(name)
    gc.disable()
    try:
        module = importlib.import_module(name)
        gc.freeze()
    finally:
        gc.enable()
    return module
