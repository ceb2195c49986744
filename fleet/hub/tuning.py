"""How the interpreter is set for a process whose loop must not be held up."""

from __future__ import annotations

import gc
import sys

SWITCH_S = 0.001
"""How long a thread may run while another one waits. Python's own 5 ms would show in telemetry whenever the writer's
thread builds a large batch."""

YOUNG = 20_000
"""New objects after which the young ones are looked through. A batch alone holds thousands that all live until it is
committed; Python's own 700 would look them through again and again, to no end."""


def tune() -> None:
    """Set the interpreter; call it once all that stays is loaded.

    What is loaded then is not looked through again by the garbage collector: the state of a day, zones and streets hold
    no garbage, and a full collection of them stops everything for a tenth of a second.
    """
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 50)
