"""A sortie in space and time: where it is when, and what it takes out of the battery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import inf

from fleet.energy.charging import Charging
from fleet.protocol.mission import Alternate
from geofences import Waypoint


@dataclass(frozen=True, slots=True)
class Trip:
    """One out-and-back trip, exact: from the site to the drop and back to the site.

    ``path[drop_index]`` is the arrival at the drop, ``path[drop_index + 1]`` the same point when the asset
    leaves it. ``depart_at`` is when the asset leaves the site (loading is over), ``drop_at`` when it
    arrives at the drop, ``return_at`` when it is back. ``until_drop_wh`` is the part of ``energy_wh`` that
    ends with the drop. ``margin_wh`` is what is left of ``usable_wh`` after the energy with its margin for
    the model's error, and the reserve: the trip is possible when it is not negative. ``worst_wh`` is the energy that
    this is for (on to the alternate where that is farther), ``more_log_sd`` what is not known of the trip besides the
    model: with them it is judged anew for another asset (`fleet.feasibility.appetite`). ``full_wh`` is what the
    battery would give from full to empty on this trip; ``charging`` is how it is charged at the site, none where that
    can't be.
    """

    path: tuple[Waypoint, ...]
    drop_index: int
    depart_at: datetime
    drop_at: datetime
    return_at: datetime
    out_m: float
    back_m: float
    flight_s: float
    payload_kg: float
    energy_wh: float
    until_drop_wh: float
    usable_wh: float
    reserve_wh: float
    margin_wh: float
    charging: Charging | None
    full_wh: float
    floor_soc: float
    zones_version: str
    cost: float
    assumptions: frozenset[str]
    cruise_mps: float | None = None
    """The speed that its type's rule chose for it; none: the type's own."""
    alternate: Alternate | None = None
    """The alternate landing place for which energy is kept too; none for a robot, or where none is near."""
    worst_wh: float = 0.0
    more_log_sd: float = 0.0
    pace: float = 1.0
    """How many times as long as by its type's model its ways are taken to last."""

    @property
    def recharge_s(self) -> float:
        """Time on a charger after the trip until the battery is full again, when it began at what it is judged by."""
        if self.charging is None or self.full_wh <= 0:
            return inf
        begins = self.floor_soc + self.usable_wh / self.full_wh
        return self.charging.seconds(max(0.0, min(1.0, begins) - self.energy_wh / self.full_wh), 1.0)

    @property
    def drawn_soc(self) -> float:
        """The share of a full battery that the trip takes, with its margin: what can be counted on afterwards."""
        return self._share(self.usable_wh - self.reserve_wh - self.margin_wh)

    @property
    def needed_soc(self) -> float:
        """The least state of charge from which the trip is possible; above 1 where it is not even from a full one."""
        return self.floor_soc + self._share(self.usable_wh - self.margin_wh)

    def _share(self, energy_wh: float) -> float:
        return energy_wh / self.full_wh if self.full_wh > 0 else inf
