"""How the interpreter is set for the processes of this project: how seldom it looks for garbage.

Nearly everything is gone by counting references. What is loaded stays until the process ends, and looking through it
takes a fifth of the time in which a short command is over.
"""

from __future__ import annotations

import atexit
import gc

YOUNG = 20_000
"""New objects after which the young ones are looked through. A batch of the hub or a step of a simulated world alone
holds thousands that all live until it is over; Python's own 2,000 would look them through again and again, to no end.
"""


def collect_seldom() -> None:
    """From now on. Call it first of all: loading a command makes some 100,000 objects, and all of them stay.

    Nothing is looked through once more at the very end either: the process's memory goes as a whole.
    """
    gc.set_threshold(YOUNG, 20, 50)
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)


def collect_at_the_end() -> None:
    """Look through everything at the very end after all, as a library wants it that counts what is left over then."""
    atexit.unregister(gc.freeze)
    atexit.unregister(gc.unfreeze)
    atexit.register(gc.unfreeze)  # what is registered later is called before it, also where that freezes


def keep_loaded() -> None:
    """What is there now is never looked through again; call it once all that stays is loaded.

    The state of a day, zones and streets hold no garbage, and a full collection of them stops everything for a tenth of
    a second.
    """
    collect_seldom()
    gc.collect()
    gc.freeze()
