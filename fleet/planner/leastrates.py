"""What any van counts and draws at the least, for a bound on all plans (``bound.py``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fleet.energy.van import driven_wh
from fleet.feasibility.route_energy import RouteRange
from fleet.planner.ends import Floats
from fleet.planner.nearways import Legs
from fleet.planner.problem import Van


@dataclass(frozen=True)
class Batteries:
    """What is in the fullest battery of each type of van, in Wh, as far as a route may draw it: a way takes the least
    share of that one. None where some van's is not asked about."""

    limits: tuple[tuple[RouteRange, float], ...]

    @classmethod
    def of(cls, vans: Sequence[Van]) -> Batteries:
        """Those of vans: one of a type, since all legs are gone through for each."""
        if any(van.range is None for van in vans):
            return cls(())
        fullest = dict[str, tuple[RouteRange, float]]()
        for van in vans:
            if van.range is not None and van.range.strange is None:
                wh = van.range.left_wh(0.0) / (1 + van.range.margin)
                if wh > fullest.get(van.type.type_id, (None, 0.0))[1]:
                    fullest[van.type.type_id] = (van.range, wh)
        return cls(tuple(fullest.values()))

    @property
    def standing(self) -> float:
        """The share that a second takes at the least."""
        return min((one.standing_w / 3600 / wh for one, wh in self.limits), default=0.0)

    def drawn(self, legs: Legs) -> Floats:
        """The share that each leg takes at the least: with nothing on board. Of a way of which no more is known than
        how short it may be, nobody knows how slowly it is driven, and who is slow draws less."""
        metres, seconds = (each.astype(np.float64) for each in (legs.metres, legs.seconds))
        paced_s = seconds if legs.bounds is None else np.where(legs.bounds, np.inf, seconds)
        shares = [
            (driven_wh(one.van, metres, paced_s, 0.0) + one.standing_w * seconds / 3600) / wh
            for one, wh in self.limits
        ]
        least: Floats = np.stack(shares).min(axis=0) if shares else np.zeros(metres.shape)
        return least


@dataclass(frozen=True)
class Rates:
    """The least that any van counts."""

    per_m: float = 0.0
    per_s: float = 0.0
    per_parcel: float = 0.0
    stop_s: float = 0.0
    in_locker_s: float = 0.0

    @classmethod
    def of(cls, vans: Sequence[Van]) -> Rates:
        """Those of vans: nothing where there are none."""
        kinds = {van.type.type_id: van.type for van in vans}.values()
        if not kinds:
            return cls()
        return cls(
            per_m=min(kind.rates.per_km for kind in kinds) / 1000,
            per_s=min(kind.rates.per_hour for kind in kinds) / 3600,
            per_parcel=min(kind.rates.per_parcel for kind in kinds),
            stop_s=min(kind.stop_s for kind in kinds),
            in_locker_s=min(kind.locker_parcel_s for kind in kinds),
        )
