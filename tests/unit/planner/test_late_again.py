"""The plan in force looked at again where stops are late: who is gone from before them makes them no later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.domain.fleet import FleetSpec
from fleet.domain.objective import Lateness
from fleet.planner import MaxIterations, plan
from fleet.planner.snapshot import Drafted, DraftedStop
from tests.unit.planner.test_late import ends_late_s
from tests.unit.planner.town import EIGHT, fleet, order, place, snapshot, type_of


@pytest.mark.parametrize("far_m", [4000, 5000])
def test_a_late_stop_is_made_earlier_when_the_one_before_it_flies(far_m: float) -> None:
    """The van could leave as late as it did, for a parcel that waits for its window; it leaves for the late one."""
    first = order("FIRST", place(0, far_m), locker_ok=False)
    late = order("LATE", place(3000, 0), hours=(0, 0.3), locker_ok=False, weight_kg=30)
    waits = order("WAITS", place(3200, 0), hours=(1.5, 2), locker_ok=False, weight_kg=30)
    spec = fleet().model_copy(update={"lateness": Lateness(per_hour=20), "change_price": 0.0})
    stops = tuple(DraftedStop(None, (one.order_id,)) for one in (first, late, waits))
    town = snapshot(
        [first, late, waits],
        drones=1,
        spec=spec,
        drafted=(Drafted("m", 0, "D/van-1", EIGHT + timedelta(minutes=1), stops),),
    )
    alone = snapshot([late], spec=spec)
    found, least = (
        plan(each, stop=MaxIterations(0), made_at=EIGHT, seed=1, baselines=False) for each in (town, alone)
    )
    assert {part.order_id: part.mode for part in found.parcels}["FIRST"] == "drone"
    assert [stop.deliver for stop in found.routes[0].stops] == [("LATE",), ("WAITS",)]
    assert ends_late_s(found, town) == ends_late_s(least, alone) != {}


@pytest.mark.parametrize(("per_hour", "mode"), [(20, "van"), (100, "drone")])
def test_a_late_parcel_is_offered_a_machine_that_is_free(per_hour: float, mode: str) -> None:
    """A flight costs more than its stop does, and less than that with the time it is late."""
    heavy = order("HEAVY", place(0, 2000), hours=(0, 0.4), locker_ok=False, weight_kg=30)
    late = order("LATE", place(200, 2000), hours=(0, 0.4), locker_ok=False)
    spec = with_flights_at(10.0).model_copy(
        update={"lateness": Lateness(per_hour=per_hour), "change_price": 0.0}
    )
    stops = tuple(DraftedStop(None, (one.order_id,)) for one in (heavy, late))
    drafted = (Drafted("m", 0, "D/van-1", EIGHT + timedelta(minutes=1), stops),)
    town = snapshot([heavy, late], drones=1, spec=spec, drafted=drafted)
    found = plan(town, stop=MaxIterations(0), made_at=EIGHT, seed=1, baselines=False)
    assert {part.order_id: part.mode for part in found.parcels} == {"HEAVY": "van", "LATE": mode}


def with_flights_at(price: float) -> FleetSpec:
    """The fleet whose drones cost so much a flight."""
    spec, name = fleet(), type_of("drone")
    drone = spec.types[name]
    dear = drone.model_copy(update={"rates": drone.rates.model_copy(update={"per_trip": price})})
    return spec.model_copy(update={"types": {**spec.types, name: dear}})
