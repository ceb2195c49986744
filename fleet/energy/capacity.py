"""Whether a meter and a gauge agree on what a battery holds: the energy that was drawn over the share that it took.

A worn pack falls faster than what is drawn explains; a gauge that is set too high falls more slowly. Either way there
is less than the gauge says, and what is counted on is the less of what the two leave.
"""

from __future__ import annotations

from typing import NamedTuple

LEAST_SHARE = 0.15
"""Only after so much of a full battery was taken a gauge's steps and a meter's offset do not count any more."""
LESS = 0.1
"""So much less than it should hold is no error of gauge and meter, of a few percent each."""
MORE = 0.15
"""So much more is none of the temperature either: a pack that has warmed itself gives some percent more than one as
cold as the air around it, which is counted on."""


class Measured(NamedTuple):
    """What a meter and a gauge say together: the state of charge that is counted on, and what a full battery seems to
    hold as a share of what it should (1 where they agree, or too little was taken to tell)."""

    soc: float
    holds: float = 1.0

    @property
    def apart(self) -> bool:
        """Whether they do not agree."""
        return self.holds != 1.0


def measured(start_soc: float, soc: float, used_wh: float, full_wh: float) -> Measured:
    """What they say on a trip that began with ``start_soc``, with the meter at zero, of a battery that should hold
    ``full_wh``."""
    taken = start_soc - soc
    if full_wh <= 0 or max(taken, used_wh / full_wh) < LEAST_SHARE:
        return Measured(soc)
    holds = used_wh / (taken * full_wh) if taken > 0 else MOST
    if holds < 1 - LESS:
        return Measured(soc * holds, holds)
    if holds > 1 + MORE:
        return Measured(max(0.0, min(soc, start_soc - used_wh / full_wh)), min(holds, MOST))
    return Measured(soc)


MOST = 10.0
"""More than so many times of what it should hold is shown as that: the gauge stands still."""
