"""What is at a site to fill batteries with: chargers, of which each serves one, and packs to change for."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from fleet.sim.agenda import Agenda
from fleet.sim.machines import JOULES_PER_WH
from fleet.sim.pack import Pack

KNEE: Final = 0.82
"""Up to here a pack takes all that its charger gives."""
LEAST: Final = 0.12
"""The share of it that it still takes when it is all but full: a battery management keeps a trickle."""
STEP: Final = 0.02
FULL: Final = 0.999


def share_taken(soc: float) -> float:
    """The share of a charger's power that a pack takes: falling as a cosine would, not as the hub's line does."""
    over = max(0.0, soc - KNEE) / (1 - KNEE)
    return LEAST + (1 - LEAST) * (1 - over * math.sqrt(over))


class Charge:
    """One pack on one charger, in steps in which the power stays the same, until it is full or taken off."""

    def __init__(self, agenda: Agenda, pack: Pack, power_w: float, done: Callable[[], None]) -> None:
        self._agenda, self._pack, self._power_w, self._done = agenda, pack, power_w, done
        self._next = agenda.at(agenda.now, self._step)

    def end(self) -> None:
        """It is taken off."""
        self._next.cancel()
        self._pack.run(self._agenda.now, 0.0)

    def _step(self) -> None:
        now = self._agenda.now
        soc = self._pack.filled(now)
        if soc >= FULL:
            self._pack.run(now, 0.0)
            self._done()
            return
        upto = min(1.0, max(KNEE, soc + STEP) if soc < KNEE else soc + STEP)
        power_w = self._power_w * share_taken((soc + upto) / 2 if soc >= KNEE else soc)
        if power_w <= 0:
            self._pack.run(now, 0.0)
            return
        self._pack.run(now, -power_w)
        seconds = (upto - soc) * self._pack.most_wh * JOULES_PER_WH / power_w
        self._next = self._agenda.at(now + timedelta(seconds=seconds), self._step)


class Bay:
    """A site's chargers, each for one pack; who finds none waits for the first that is free."""

    def __init__(self, agenda: Agenda, chargers: int) -> None:
        self._agenda, self._free = agenda, chargers
        self._waiting: list[Callable[[], None]] = []
        self.full: dict[str, list[Pack]] = {}
        """Charged packs that lie here, by type."""

    def take(self, begin: Callable[[], None]) -> None:
        """``begin`` is called once a charger is free, at once or later."""
        if self._free > 0:
            self._free -= 1
            begin()
        else:
            self._waiting.append(begin)

    def forget(self, begin: Callable[[], None]) -> bool:
        """Whoever waited goes; false where he did not wait (any more)."""
        waited = begin in self._waiting
        if waited:
            self._waiting.remove(begin)
        return waited

    def give_back(self) -> None:
        """A charger is free: for the next who waits."""
        if self._waiting:
            self._waiting.pop(0)()
        else:
            self._free += 1

    def lay_down(self, type_id: str, pack: Pack, power_w: float) -> None:
        """A pack that was taken out: charged when there is a charger, and full after that."""

        def charged() -> None:
            self.full.setdefault(type_id, []).append(pack)
            self.give_back()

        self.take(lambda: _charge(self._agenda, pack, power_w, charged))

    def pick_up(self, type_id: str) -> Pack | None:
        """A full pack, if there is one."""
        here = self.full.get(type_id)
        return here.pop(0) if here else None


def _charge(agenda: Agenda, pack: Pack, power_w: float, done: Callable[[], None]) -> None:
    Charge(agenda, pack, power_w, done)
