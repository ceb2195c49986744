"""A sortie in space and time: where it is when, and what it takes out of the battery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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
    model: with them it is judged anew for another asset (`fleet.feasibility.appetite`).
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
    recharge_s: float
    zones_version: str
    cost: float
    assumptions: frozenset[str]
    cruise_mps: float | None = None
    """The speed that its type's rule chose for it; none: the type's own."""
    alternate: Alternate | None = None
    """The alternate landing place for which energy is kept too; none for a robot, or where none is near."""
    worst_wh: float = 0.0
    more_log_sd: float = 0.0
