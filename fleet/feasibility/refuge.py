"""The place that energy is kept for besides home: where a flight could go on to from its drop, in which weather, and
what a trip that ends there takes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf

from fleet.domain.fleet import SortieType
from fleet.domain.sites import Site
from fleet.energy.airframe import Airframe
from fleet.energy.battery import Battery
from fleet.energy.multirotor import Unflyable
from fleet.feasibility.alternate import Landing, free_alternates
from fleet.feasibility.context import Context
from fleet.feasibility.flight import Hop, hop
from fleet.feasibility.forecast import strengthened
from fleet.feasibility.shape import TripShape
from fleet.feasibility.sky import LONGEST_LOOK, Sky, both, sky_over, way_in
from fleet.feasibility.temperature import strange_temperature
from fleet.feasibility.verdict import Verdict
from fleet.feasibility.weather import held_against
from fleet.protocol.mission import Alternate

NO_ALTERNATE = (
    "no alternate landing place is near the drop with a free way in known weather that the type may fly in: energy "
    "is kept for home only"
)


LONGEST_S = LONGEST_LOOK.total_seconds()


@dataclass(frozen=True, slots=True)
class Leaving:
    """A flight as it leaves its drop: the vehicle and its type as it is flown, its shape, what it carries then, and
    when that is."""

    frame: Airframe
    asset_type: SortieType
    battery: Battery
    shape: TripShape
    payload_kg: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Refuge:
    """An alternate, the way on to it, and the weather of that way alone."""

    alternate: Alternate
    leaving: Leaving
    on: Hop
    sky: Sky

    def energy_wh(self, sky: Sky, until_drop_wh: float) -> float:
        """What a trip takes that ends there, its way on in the worst of its own weather and of that of the trip;
        infinite if that can't be flown."""
        return until_drop_wh + _hop_wh(self.leaving, both(sky, self.sky), self.on)

    def blown(self, epsilon: float) -> Refuge:
        """The same with the wind on the way there as strong as it may turn out."""
        return replace(self, sky=strengthened(self.sky, epsilon))


def refuge_of(ctx: Context, leaving: Leaving, home: Site) -> Refuge | None:
    """The nearest of the landing places to which the way from the drop is free, in weather that is known and that the
    type may be out in; none where there is none.

    What can't be asked there counts as closed: no aircraft is sent into weather that nobody knows. One that the wind
    leaves no way to, by the forecast's error too, counts where no other is there: the trip can't be made then.
    """
    unreached: Refuge | None = None
    for landing in free_alternates(ctx, leaving.asset_type, leaving.shape, home, leaving.at):
        on = Hop(landing.distance_m, leaving.shape.cruise_amsl_m - landing.ground_m)
        sky = _weather(ctx, leaving, landing, on)
        if sky is None:
            continue
        found = Refuge(landing.alternate, leaving, on, sky)
        if _hop_wh(leaving, strengthened(sky, ctx.fleet.reserve.epsilon), on) < inf:
            return found
        unreached = unreached or found
    return unreached


def _weather(ctx: Context, leaving: Leaving, landing: Landing, on: Hop) -> Sky | None:
    """The weather of the way there for as long as it takes in it; none where it is not known or not allowed."""
    shape, kind = leaving.shape, leaving.asset_type
    where = way_in(ctx, (shape.out.points[-1], landing.alternate.place), max(shape.down_m, on.down_m))
    looked_s = 1.5 * on.distance_m / kind.slowest_mps + 120
    while True:
        sky = sky_over(ctx, leaving.at, leaving.at + timedelta(seconds=looked_s), where)
        if isinstance(sky, Verdict) or not _allowed(leaving, sky):
            return None
        flown = hop(leaving.frame, kind, shape, sky, on, leaving.payload_kg)
        if isinstance(flown, Unflyable) or flown.duration_s <= looked_s or looked_s > LONGEST_S:
            return sky
        looked_s = min(flown.duration_s, LONGEST_S) * 1.2


def _allowed(leaving: Leaving, sky: Sky) -> bool:
    strange = strange_temperature(leaving.battery, sky.temperature_c, sky.warmest_c)
    return strange is None and held_against(leaving.asset_type, sky).feasible


def _hop_wh(leaving: Leaving, sky: Sky, on: Hop) -> float:
    flown = hop(leaving.frame, leaving.asset_type, leaving.shape, sky, on, leaving.payload_kg)
    return inf if isinstance(flown, Unflyable) else float(flown.energy_wh)
