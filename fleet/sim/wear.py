"""Vehicles that fail by chance, so often in a hundred hours of moving: each by a stream of its own, so that a vehicle
that is added to the fleet fails by itself and changes nobody else's day.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fleet.sim.drone import Drone
from fleet.sim.mover import Mover
from fleet.sim.stage import Stage

HOURS: Final = 100.0
"""Failures are stated for so many hours of moving."""

LOOK_AGAIN_S: Final = 15.0


class Wear:
    """The failures of one day, as ``WorldSpec.uncertainty`` has them.

    Moments are drawn over the whole day at the stated rate (a Poisson process); one at which the vehicle does not move
    is passed over, so that the rate holds for the hours of moving. A van or a robot then stays where it is. A drone
    whose moment comes in the air is found unfit by the check after its landing: what brings it down is another matter
    (``incidents``).
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        if stage.spec.uncertainty.failures > 0:
            for mover in stage.movers.values():
                self._draw(mover, 0)

    def _draw(self, mover: Mover, number: int) -> None:
        """Plan the vehicle's next moment."""
        rate = self._stage.spec.uncertainty.failures / HOURS
        hours = self._stage.chance.of("failure", mover.asset_id, number).expovariate(rate)
        self._stage.agenda.after(3600 * hours, lambda: self._moment(mover, number))

    def _moment(self, mover: Mover, number: int) -> None:
        piece = mover.body.piece
        if mover.faulted:
            return
        if not (mover.begun and piece is not None and piece.metres > 0):
            self._draw(mover, number + 1)
        elif isinstance(mover, Drone):
            self._when_home(mover, lambda: self._fails(mover, "unfit", "it failed the check after landing"))
        else:
            mover.site_id = None
            self._fails(mover, "breakdown", "it does not move any more")

    def _when_home(self, mover: Mover, then: Callable[[], None]) -> None:
        """As soon as the vehicle stands at its site without a mission; never, if it does not come home sound."""
        if mover.faulted:
            return
        if mover.mission is None and mover.at_home:
            then()
        else:
            self._stage.agenda.after(LOOK_AGAIN_S, lambda: self._when_home(mover, then))

    def _fails(self, mover: Mover, code: str, detail: str) -> None:
        mover.break_down(code, detail)
        self._stage.judge.incident(self._stage.now, "failure", asset_id=mover.asset_id, code=code)
