"""How the interpreter is set for a process whose loop must not be held up."""

from __future__ import annotations

import sys

from fleet.protocol.interpreter import keep_loaded

SWITCH_S = 0.001
"""How long a thread may run while another one waits. Python's own 5 ms would show in telemetry whenever the writer's
thread builds a large batch."""


def tune() -> None:
    """Set the interpreter; call it once all that stays is loaded."""
    sys.setswitchinterval(SWITCH_S)
    keep_loaded()
