"""How far an electric van's battery carries a route: what the planner, and whoever hands it to a driver, ask of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from fleet.domain.fleet import RouteType, VanBattery
from fleet.energy.battery import Battery
from fleet.energy.margin import margin_fraction
from fleet.energy.reserve import reserve_wh
from fleet.energy.van import ElectricVan, RouteLegs, lasting_wh, least_wh_per_m, ways_wh
from fleet.feasibility.context import Context
from fleet.feasibility.temperature import strange_temperature
from fleet.feasibility.vehicles import calibration_assumption, cold_assumption, van_of
from fleet.feasibility.verdict import Verdict, feasible, infeasible
from fleet.protocol.values import Reason


@dataclass(frozen=True, slots=True)
class RouteEnergy:
    """A route held against a battery, in Wh: what it is predicted to take, what the battery gives, the reserve, and
    what is left after the energy with its margin and the reserve (below zero: it is out of range)."""

    energy_wh: float
    usable_wh: float
    reserve_wh: float
    margin_wh: float


@dataclass(frozen=True, slots=True)
class RouteRange:
    """What a type of van may draw on one route, worked out once for the weather of a context.

    Heating, cooling and what the pack gives are for the worst temperature that is known of the day or assumed.
    ``strange`` is why nobody knows what the pack gives then.
    """

    van: ElectricVan
    standing_w: float
    full_wh: float
    soc: float
    floor: float
    reserve_wh: float
    margin: float
    source: str
    assumptions: frozenset[str]
    told: bool = False
    """Whether the van has told how full it is: what is left of a route is held against that, else all of it against how
    full it began."""
    strange: Verdict | None = None

    @property
    def usable_wh(self) -> float:
        """What the battery gives down to its floor."""
        return self.full_wh * max(self.soc - self.floor, 0.0)

    @property
    def longest_m(self) -> float:
        """No route is longer: a bound for searches, which know metres only."""
        if self.strange is not None:
            return 0.0
        return max(0.0, self.usable_wh - self.reserve_wh) / (1 + self.margin) / least_wh_per_m(self.van)

    def energy_of(self, legs: RouteLegs, standing_s: float) -> RouteEnergy:
        """The route with these ways, standing for so long besides; infinite for more payload than the van takes."""
        return self.energy_lasting(self.ways_wh(legs), float(legs.seconds.sum()) + standing_s)

    def ways_wh(self, legs: RouteLegs) -> float:
        """What driving these ways takes, without what the van draws standing too; infinite for more payload than it
        takes."""
        heaviest_kg = max(legs.payload_kg.tolist(), default=0.0)
        return ways_wh(self.van, legs) if heaviest_kg <= self.van.max_payload_kg else inf

    def energy_lasting(self, ways_wh: float, lasts_s: float) -> RouteEnergy:
        """The route whose ways take so much, lasting so long in all."""
        energy_wh = ways_wh + lasting_wh(self.standing_w, lasts_s)
        return RouteEnergy(energy_wh, self.usable_wh, self.reserve_wh, self.left_wh(energy_wh))

    def left_wh(self, energy_wh: float) -> float:
        """What is left after so much energy with its margin, and the reserve; below zero: it is out of range."""
        return self.usable_wh - self.reserve_wh - energy_wh * (1 + self.margin)

    def judged(self, found: RouteEnergy, asset_id: str) -> Verdict:
        """Whether the van may drive it."""
        if self.strange is not None:
            return self.strange
        if found.margin_wh >= 0:
            return feasible(*self.assumptions)
        return infeasible(self._out_of_range(found, asset_id))

    def _out_of_range(self, found: RouteEnergy, asset_id: str) -> Reason:
        budget_wh = found.usable_wh - found.reserve_wh
        if found.energy_wh == inf:
            return Reason(
                code="over_vehicle_payload",
                detail=f"{self.van.name} carries {self.van.max_payload_kg:g} kg at most",
                limit=self.van.max_payload_kg,
                unit="kg",
                source=f"vehicle data {self.van.name}",
            )
        needed_wh = budget_wh - found.margin_wh
        return Reason(
            code="route_out_of_range",
            detail=f"the route of {asset_id} needs {needed_wh / 1000:.1f} kWh with its margin; {budget_wh / 1000:.1f} "
            f"may be drawn ({found.usable_wh / 1000:.1f} usable less {found.reserve_wh / 1000:.1f} reserve)",
            limit=round(budget_wh, 1),
            actual=round(needed_wh, 1),
            unit="Wh",
            source=self.source,
        )


def assumed_of(kind: RouteType, limit: RouteRange | None) -> frozenset[str]:
    """What a route of this type rests on without being known as to its range: where nobody asks, that."""
    if limit is not None:
        return limit.assumptions
    return frozenset({f"range of {kind.type_id}: not asked, the fleet file states no battery of it"})


def range_of(ctx: Context, kind: RouteType, told_soc: float | None = None) -> RouteRange | None:
    """What a van of a type may draw; none where the type states no battery. ``told_soc`` is its state of charge as it
    told it; none: as full as its type begins its routes."""
    if kind.battery is None:
        return None
    battery, soc = kind.battery, kind.battery.start_soc
    if told_soc is not None:
        soc = min(soc, told_soc)
    key = ("route_range", kind.type_id, soc, told_soc is None, ctx.temperatures_c)
    return ctx.memory.get(key, lambda: _range(ctx, kind, battery, soc, told=told_soc is not None))


def _range(ctx: Context, kind: RouteType, stated: VanBattery, soc: float, *, told: bool) -> RouteRange:
    van, rule, kept = van_of(kind), ctx.fleet.reserve, ctx.fleet.reserve_of(kind)
    coldest_c, warmest_c = ctx.temperatures_c
    curve = van.battery.curve(f"{van.name}: {van.sources.get('battery', '')}")
    pack = Battery(van.pack_wh, stated.state_of_health, stated.floor_fraction, curve)
    strange = strange_temperature(pack, coldest_c, warmest_c)
    gives = pack.curve.nearest_share(pack.curve.least_at(coldest_c, warmest_c))
    full_wh = pack.nominal_wh * pack.state_of_health * gives
    standing_w = van.worst_standing_w(coldest_c, warmest_c)
    kept_wh = reserve_wh(kept.fraction_of_usable, kept.minutes, full_wh * (1 - pack.floor), standing_w)
    return RouteRange(
        van=van,
        standing_w=standing_w,
        full_wh=full_wh,
        soc=soc,
        floor=pack.floor,
        reserve_wh=kept_wh,
        margin=margin_fraction(rule.epsilon, van.residual) * rule.margin_scale,
        source=kept.source,
        assumptions=calibration_assumption(van) | cold_assumption(van) | _assumed(kind, soc, told=told),
        told=told,
        strange=strange,
    )


def _assumed(kind: RouteType, soc: float, *, told: bool) -> frozenset[str]:
    return frozenset() if told else frozenset({f"{kind.type_id} begins its routes {soc:.0%} full"})
