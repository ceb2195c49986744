"""Skills that orders ask for: only vans that list them all bring such a parcel."""

from __future__ import annotations

from dataclasses import replace

from fleet.domain.fleet import FleetSpec, RouteType
from fleet.domain.plan import Plan
from fleet.planner import AssetSlot, MaxIterations, Snapshot, plan
from fleet.planner.candidates import find_ways
from fleet.planner.cityof import model_of
from fleet.planner.flights import Flights
from fleet.planner.jointly import plan_jointly
from fleet.planner.problem import Problem
from fleet.planner.routing import Iterations
from tests.unit.planner.town import EIGHT, fleet, order, place, snapshot, type_of

FITTER = "van+fitting"


def spec() -> FleetSpec:
    """The default fleet, and a van of which nobody would choose the price, whose driver can fit and carry pianos."""
    plain = fleet()
    van = plain.types[type_of("van")]
    assert isinstance(van, RouteType)
    update = {
        "type_id": FITTER,
        "carriage": van.carriage.model_copy(update={"skills": frozenset({"fitting", "piano"})}),
        "rates": van.rates.model_copy(update={"per_trip": 3 * van.rates.per_trip}),
    }
    return plain.model_copy(update={"types": {**plain.types, FITTER: van.model_copy(update=update)}})


def town(*, fitters: int = 1) -> Snapshot:
    """Six parcels: one asks for fitting, one for both skills, one for a skill that no van has."""
    asked = {1: {"fitting"}, 2: {"fitting", "piano"}, 3: {"piano", "juggling"}}
    orders = [
        order(f"O{i}", place(300 * i - 900, 400), locker_ok=False, skills=frozenset(asked.get(i, ())))
        for i in range(6)
    ]
    found = snapshot(orders, vans=1, drones=1, robots=1, spec=spec())
    more = tuple(AssetSlot(f"F{i}", FITTER, "D") for i in range(fitters))
    return replace(found, assets=(*found.assets, *more))


def made(one: Snapshot) -> Plan:
    return plan(one, seed=1, stop=MaxIterations(10), made_at=EIGHT)


def test_who_has_the_skills_brings_it_whatever_that_costs() -> None:
    """By no drone and no robot either; a parcel that no van has the skill for is left with that reason."""
    found = made(town())
    by = {parcel.order_id: parcel.asset_id for parcel in found.parcels}
    assert by["O1"] == by["O2"] == "F0"
    (left,) = found.unassigned
    assert left.order_id == "O3"
    assert "skill_missing" in {reason.code for reason in left.reasons}
    assert "juggling" in left.nearest_change


def test_without_such_a_van_they_are_left() -> None:
    """And the rest is brought."""
    found = made(town(fitters=0))
    assert {one.order_id for one in found.unassigned} == {"O1", "O2", "O3"}


def test_the_search_over_all_modes_is_told() -> None:
    """Bits of parcels and types of van; its own plan keeps to them."""
    problem = Problem(town())
    model = model_of(problem, find_ways(problem, Flights(problem)))
    needs = dict(zip(model.orders, model.city.parcels.needs.tolist(), strict=True))
    fitter = next(i for i, group in enumerate(model.vans) if group[0].type.type_id == FITTER)
    has = [kind.has for kind in model.city.vans]
    for number in (1, 2):
        assert [bool(needs[number] & ~each) for each in has] == [i != fitter for i in range(len(has))]
    assert 3 not in needs, "nobody has a way for it"
    found = plan_jointly(model.city, seed=1, budget=Iterations(200))
    assert {model.orders[row] for row in found.unserved} == set()
