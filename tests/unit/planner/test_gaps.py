"""Places that the streets do not lead to: planned by nobody over ground, and said as that, in no made-up minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pytest

from fleet.domain.plan import Plan, RoutePlan, RouteStop
from fleet.feasibility import Verdict
from fleet.feasibility.route_energy import range_of
from fleet.network.base import Gap, Leg, Legs, Matrix, Profile
from fleet.network.geodesic import GeodesicNetwork
from fleet.planner import MaxIterations, best_insertion, plan
from fleet.planner.ranges import Driven, in_range
from fleet.protocol.options import Status as PlanStatus
from fleet.protocol.values import Order, Place
from tests.unit.planner.test_van_range import with_battery
from tests.unit.planner.town import CENTRE, EIGHT, locker, order, place, snapshot

NEAR, ISLAND, FIELD = place(700, 300), place(1500, 600), place(1200, -500)


@dataclass(frozen=True, slots=True)
class Broken(GeodesicNetwork):
    """No street leads over to the island; none at all is known at the field."""

    version: str | None = "broken"

    def _no_way(self, a: Place, b: Place) -> bool:
        return a != b and bool({a, b} & {ISLAND, FIELD})

    def leg(self, start: Place, end: Place, profile: Profile) -> Leg | None:  # type: ignore[override]
        return None if self._no_way(start, end) else GeodesicNetwork.leg(self, start, end, profile)

    def legs(self, starts: Sequence[Place], ends: Sequence[Place], profile: Profile) -> Legs:
        found = GeodesicNetwork.legs(self, starts, ends, profile)
        gone = np.array([self._no_way(a, b) for a, b in zip(starts, ends, strict=True)], dtype=np.bool_)
        return Legs(np.where(gone, np.inf, found.distance_m), np.where(gone, np.inf, found.duration_s))

    def cross(self, starts: Sequence[Place], ends: Sequence[Place], profile: Profile) -> Matrix:
        found = GeodesicNetwork.cross(self, starts, ends, profile)
        gone = np.array([[self._no_way(a, b) for b in ends] for a in starts], dtype=np.bool_)
        return Matrix(np.where(gone, np.inf, found.distance_m), np.where(gone, np.inf, found.duration_s))

    def path(self, start: Place, end: Place, profile: Profile) -> tuple[Place, ...] | None:  # type: ignore[override]
        return None if self._no_way(start, end) else (start, end)

    def gap(self, start: Place, end: Place, profile: Profile) -> Gap | None:
        if FIELD in (start, end):
            return Gap("off_streets", 900.0, 250.0, end=end == FIELD)
        return Gap("no_way") if self._no_way(start, end) else None


def planned(orders: list[Order], **town: object) -> Plan:
    day = snapshot(orders, **town)  # type: ignore[arg-type]
    day = replace(day, context=replace(day.context, network=Broken()))
    return plan(day, seed=1, stop=MaxIterations(40), made_at=EIGHT, baselines=False)


def why_not(made: Plan, order_id: str, mode: str) -> tuple[str, list[str]]:
    """The verdict of a mode for a parcel, and the codes of its reasons."""
    (parcel,) = [p for p in made.parcels if p.order_id == order_id]
    (other,) = [a for a in parcel.alternatives if a.mode == mode]
    return other.verdict, [reason.code for reason in other.reasons]


def test_what_streets_lead_nowhere_near_is_left_and_says_so() -> None:
    orders = [order("near", NEAR), order("island", ISLAND), order("field", FIELD)]
    made = planned(orders, vans=1, robots=1)
    assert {left.order_id for left in made.unassigned} == {"island", "field"}
    assert why_not(made, "island", "van") == (PlanStatus.INFEASIBLE, ["no_way"])
    assert why_not(made, "field", "van") == (PlanStatus.UNKNOWN, ["off_streets"])
    assert "no_way" in why_not(made, "island", "sidewalk_robot")[1]
    assert "off_streets" in why_not(made, "field", "sidewalk_robot")[1]
    said = made.model_dump_json()
    assert "10000000" not in said, "the planner's own figure for no way is nobody's business"
    assert "166" not in {str(r.actual) for left in made.unassigned for r in left.reasons}


def test_a_drone_needs_no_street() -> None:
    made = planned([order("island", ISLAND), order("field", FIELD)], vans=0, drones=1)
    assert not made.unassigned
    assert made.summary.by_mode["drone"] == 2


def test_a_locker_that_nobody_can_walk_to_is_not_offered() -> None:
    box = locker("L", place(800, 320))
    made = planned([order("near", NEAR), order("field", FIELD)], vans=1, lockers=(box,))
    assert why_not(made, "field", "locker")[1] == ["off_streets"]


def test_a_route_over_streets_that_are_gone_is_refused_not_counted() -> None:
    """A driver's route may be older than the streets: its energy is then nobody's guess."""
    stop = RouteStop(
        lon=ISLAND.lon,
        lat=ISLAND.lat,
        deliver=("island",),
        collect=(),
        arrive=EIGHT + timedelta(minutes=20),
        depart=EIGHT + timedelta(minutes=25),
    )
    route = RoutePlan(
        route_id="R",
        asset_id="V",
        depot_id="D",
        start=EIGHT,
        end=EIGHT + timedelta(hours=1),
        distance_m=9000.0,
        cost=1.0,
        stops=(stop,),
    )
    town = snapshot([order("island", ISLAND)], spec=with_battery(start_soc=1.0))
    kind = next(t for t in town.context.fleet.types.values() if t.kind == "van")
    limit = range_of(town.context, kind)  # type: ignore[arg-type]
    driven = Driven(route, CENTRE, {"island": town.orders[0]})
    same, verdict = in_range(driven, limit, Broken())
    assert same == route
    assert [reason.code for reason in verdict.reasons] == ["no_way"]
    assert in_range(driven, limit, GeodesicNetwork())[1].feasible


@pytest.mark.parametrize("where", [ISLAND, FIELD])
def test_no_insertion_into_a_running_route(where: Place) -> None:
    from fleet.planner import RunningRoute

    made = planned([order("near", NEAR)], vans=1)
    town = snapshot([order("near", NEAR)])
    kind = town.context.fleet.types[next(s.type_id for s in town.assets)]
    (route,) = made.routes
    running = RunningRoute(route, kind, CENTRE, EIGHT + timedelta(hours=9), {"near": town.orders[0]})  # type: ignore[arg-type]
    answer = best_insertion([(running, 0)], order("new", where), Broken(), at=EIGHT)
    assert isinstance(answer, Verdict)
    assert [reason.code for reason in answer.reasons] == ["no_way"]
