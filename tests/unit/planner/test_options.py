"""Every way of one parcel in the finished plan: each locker, each site's types, each site's vans."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from fleet.domain.plan import ParcelPlan, Plan
from fleet.planner import MaxIterations, Snapshot, options, plan
from fleet.planner.planfile import from_json, to_json
from fleet.planner.settle import LEAST_GAIN
from fleet.protocol.options import Option, Status
from tests.unit.planner.town import EIGHT, locker, order, place, random_town, snapshot, type_of

SEEDS = range(8)


def explained(town: Snapshot, *names: str, iterations: int = 10) -> Plan:
    return plan(town, seed=1, stop=MaxIterations(iterations), made_at=EIGHT, explain=frozenset(names))


def of(made: Plan, name: str) -> ParcelPlan:
    return next(parcel for parcel in made.parcels if parcel.order_id == name)


def costs(options: Iterable[Option]) -> list[float]:
    """Of those that there is room for in the plan."""
    had = (one for one in options if one.verdict is Status.FEASIBLE and not one.reasons)
    return [one.cost for one in had if one.cost is not None]


@pytest.mark.parametrize("seed", SEEDS)
def test_options_of_random_towns_agree_with_the_plan(seed: int) -> None:
    """The chosen one costs what leaving the parcel out saves; none that there is room for is cheaper; where an
    alternative's cost is exact, it is the cheapest one's of its mode."""
    town = random_town(seed, 14)
    names = [one.order_id for one in town.orders]
    made = explained(town, *names)
    assert any(parcel.options for parcel in made.parcels)
    for parcel in made.parcels:
        chosen = [one for one in parcel.options if one.chosen]
        assert len(chosen) == (parcel.mode != "unassigned")
        for one in chosen:
            assert (one.mode, one.locker_id) == (parcel.mode, parcel.locker_id)
            assert costs(chosen) == [pytest.approx(parcel.saving)]
            assert min(costs(parcel.options)) >= costs(chosen)[0] - LEAST_GAIN
        for other in parcel.alternatives:
            found = costs(one for one in parcel.options if one.mode == other.mode)
            assert not found or other.verdict is Status.FEASIBLE
            # What is dearer than the parcel's own part of its route may be an estimate there.
            if {reason.code for reason in other.reasons} == {"no_gain"}:
                assert min(found) == pytest.approx(other.cost)


@pytest.mark.parametrize("seed", SEEDS)
def test_asking_changes_nothing_of_the_plan(seed: int) -> None:
    """Parcels are lifted and put back where they were."""
    town = random_town(seed, 14)
    made = explained(town, *(one.order_id for one in town.orders))
    without = tuple(parcel.model_copy(update={"options": ()}) for parcel in made.parcels)
    assert made.model_copy(update={"parcels": without}) == explained(town)


def nine_lockers() -> Snapshot:
    """Eight within reach of one parcel, one that is too far to walk; and a second parcel."""
    shelves = [locker(f"L{i}", place(2000 + 60 * i, 100)) for i in range(8)]
    far = locker("FAR", place(9000, 0))
    parcels = [order("A", place(2200, 0)), order("B", place(1500, 600))]
    return snapshot(parcels, vans=1, drones=1, robots=1, lockers=(*shelves, far))


def test_each_locker_in_reach_is_named_with_its_cost() -> None:
    """The search looks at six of them; who asks is told of all, the far one with what it is refused for."""
    found = of(explained(nine_lockers(), "A"), "A").options
    lockers = {one.locker_id: one for one in found if one.mode == "locker" and one.site_id is None}
    assert lockers.keys() == {*(f"L{i}" for i in range(8)), "FAR"}
    for name, one in lockers.items():
        if name == "FAR":
            assert (one.verdict, one.cost) == (Status.INFEASIBLE, None)
            assert {reason.code for reason in one.reasons} == {"locker_too_far"}
        else:
            assert one.verdict is Status.FEASIBLE
            assert one.cost is not None
    walks = [lockers[f"L{i}"].cost or 0.0 for i in range(4, 8)]
    assert walks == sorted(walks), "a longer walk, and a longer way of the van's, cost more"


def test_each_type_of_each_site_is_named() -> None:
    found = of(explained(nine_lockers(), "A"), "A").options
    assert {(one.mode, one.site_id) for one in found if one.site_id and one.locker_id is None} == {
        ("van", "D"),
        ("drone", "S"),
        ("sidewalk_robot", "S"),
    }


def test_assets_of_a_site_that_differ_in_health_are_told_apart_only_where_their_ways_are() -> None:
    """Each has a way of its own; rows that read alike are one."""
    town = nine_lockers()
    drone = next(one for one in town.assets if one.type_id == type_of("drone"))
    tired = replace(drone, asset_id=f"{drone.asset_id}-tired", state_of_health=0.9)
    heavy = order("H", place(900, 0), weight_kg=5000.0)
    town = replace(town, orders=(*town.orders, heavy), assets=(*town.assets, tired))
    made = explained(town, "A", "H")
    for name in ("A", "H"):
        found = of(made, name).options
        assert len(set(found)) == len(found)
    assert [one.mode for one in of(made, "H").options].count("drone") == 1


def test_so_many_sites_are_asked_however_many_pools_each_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """What differs in health at one site takes no other site's place."""
    monkeypatch.setattr(options, "MOST_SITES", 2)
    town = nine_lockers()
    drone = next(one for one in town.assets if one.type_id == type_of("drone"))
    tired = replace(drone, asset_id=f"{drone.asset_id}-tired", state_of_health=0.9)
    away = replace(drone, asset_id="D/drone-1", site_id="D")
    heavy = order("H", place(1100, 0), weight_kg=5000.0)
    town = replace(town, orders=(heavy,), assets=(*town.assets, tired, away))
    found = of(explained(town, "H"), "H").options
    assert [one.site_id for one in found if one.mode == "drone"] == ["D", "S"]


def test_a_parcel_that_nobody_brings_is_told_of_each_way_why() -> None:
    heavy = order("H", place(900, 0), weight_kg=5000.0)
    town = nine_lockers()
    found = of(explained(replace(town, orders=(*town.orders, heavy)), "H"), "H")
    assert found.mode == "unassigned"
    assert len(found.options) >= 4
    assert all(one.reasons and not one.chosen and one.verdict is not Status.FEASIBLE for one in found.options)


def test_only_who_is_asked_about_is_in_the_file() -> None:
    """So files stay small; what is there is read back as it was."""
    made = explained(nine_lockers(), "A")
    assert of(made, "B").options == ()
    text = to_json(made)
    assert text.count('"options"') == 1
    assert from_json(text) == made
    assert '"options"' not in to_json(explained(nine_lockers()))
