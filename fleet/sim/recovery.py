"""The recovery crew: people who fetch a vehicle that can't come home, with what is on board, and tell the hub.

They leave a vehicle where it is as long as a driver is on the way to take its parcels over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fleet.protocol.messages import RecoverAsset
from fleet.protocol.mission import Stop
from fleet.sim.mover import Mover
from fleet.sim.stage import Stage

CREW: Final = "recovery-crew"
SOONEST_S: Final = 45 * 60.0
LATEST_S: Final = 90 * 60.0
ASK_AGAIN_S: Final = 600.0


class Recovery:
    """One crew for the whole day. ``tell`` puts a message of theirs to the hub."""

    def __init__(self, stage: Stage, tell: Callable[[RecoverAsset], None]) -> None:
        self._stage, self._tell = stage, tell
        self._calls = 0

    def called(self, mover: Mover) -> None:
        """A vehicle stands where it can't stay; the crew comes after a while."""
        self._calls += 1
        seconds = self._stage.chance.between(SOONEST_S, LATEST_S, "recovery", mover.asset_id, self._calls)
        self._stage.agenda.after(seconds, lambda: self._fetch(mover))

    def _fetch(self, mover: Mover) -> None:
        if mover.mission is not None or mover.at_home:
            return
        if self._is_visited(mover):
            self._stage.agenda.after(ASK_AGAIN_S, lambda: self._fetch(mover))
            return
        mover.brought_home()
        self._tell(
            RecoverAsset(
                request_id=f"recovered-{mover.asset_id}-{self._stage.now:%H%M%S}",
                by=CREW,
                asset_id=mover.asset_id,
                site_id=mover.home.site_id,
                fit=not mover.faulted,
                why="fetched by the recovery crew",
            )
        )

    def _is_visited(self, mover: Mover) -> bool:
        """Whether somebody has a stop to take over what is on board here."""
        aboard = frozenset(mover.aboard())
        return any(
            isinstance(step, Stop) and step.step_id not in other.done and not aboard.isdisjoint(step.collect)
            for other in self._stage.movers.values()
            if other.mission is not None
            for step in other.mission.steps
        )
