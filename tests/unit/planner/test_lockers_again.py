"""Plans that begin with the one in force look at lockers that were full, or out of service, when it was made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.drafted import in_force
from tests.unit.planner.test_replan import made, worth
from tests.unit.planner.town import locker, order, place, snapshot


@pytest.mark.parametrize("stops_there", [True, False])
def test_a_locker_that_has_room_again_takes_who_goes_to_a_door_for_more(*, stops_there: bool) -> None:
    """It was full, or out of service, when the plan was made; what is new lies elsewhere."""
    heavy = [order(f"N{i}", place(2700 - 250 * i, 250 - 500 * (i % 2)), weight_kg=20) for i in range(4)]
    first = order("first", place(2500, 0), weight_kg=20)
    light = [order(f"D{i}", place(-300 - 60 * i, 0), locker_ok=False) for i in range(3)]
    new = order("new", place(-400, 60), locker_ok=False)
    lockers = (locker("L", place(2300, 0), small=5, medium=0, large=0),)
    town = snapshot([*heavy, first, *light], vans=1, drones=1, lockers=lockers)
    whole = town.context.lockers["L"]
    full = whole.model_copy(update={"small": int(stops_there)})
    before = made(replace(town, context=replace(town.context, lockers={"L": full})))
    assert before.summary.by_mode["locker"] == int(stops_there)
    now = replace(in_force(town, before), orders=(*town.orders, new))
    assert before.summary.by_mode["drone"] == 3
    again, anew = made(now, 0), made(replace(now, drafted=()), 20)
    assert again.summary.by_mode["locker"] >= 4
    assert worth(now, again) <= worth(now, anew) + 0.5
