"""The benchmark of the planner works, and its judge, which shares no code with the search, finds each fault."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.harness.cells import Cells, nearest
from benchmarks.harness.citybreak import grounded
from benchmarks.harness.cityjudge import cost, faults
from benchmarks.harness.citymaker import made
from benchmarks.harness.citymodes import SORTIE, finished
from benchmarks.harness.hubrepairs import Repairs, repaired
from benchmarks.harness.plannertable import Table, tabled
from fleet.planner.city import City
from fleet.planner.jointly import JointPlan, Route, VanStop, plan_jointly
from fleet.planner.routing import Iterations
from tests.support.livecities import of_all_modes, with_groups, with_sorties, with_vans

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def planned() -> tuple[City, JointPlan]:
    """A small city, and a plan that holds and uses everything."""
    return of_all_modes()


def spoiled(city: City, plan: JointPlan) -> list[tuple[str, City, JointPlan]]:
    """Plans and cities that were made wrong on purpose, each with what must be said."""
    first, second = plan.sorties[0], plan.sorties[1]
    door = next(route for route in plan.routes if len(route.stops) > 1)
    swapped = tuple(replace(r, stops=r.stops[::-1]) if r is door else r for r in plan.routes)
    port = next(s for s in plan.sorties if city.sortie_ways.locker[s.way] >= 0)

    box, ways = plan.boxes[0], city.locker_ways
    return [
        ("is brought or left 0 times", city, replace(plan, routes=plan.routes[1:])),
        ("is brought or left 2 times", city, replace(plan, unserved=(door.stops[0].parcels[0],))),
        ("vans of type", with_vans(city, vans=0), plan),
        ("kg and", with_vans(city, weight=1.0), plan),
        ("no skill", replace(city, parcels=replace(city.parcels, needs=1 + city.parcels.needs)), plan),
        ("at another depot", replace(city, parcels=replace(city.parcels, depot=1 + 0 * city.parcels.needs)), plan),
        ("s late somewhere", city, replace(plan, routes=swapped)),
        ("out for too long", with_vans(city, longest=60.0), plan),
        ("a van drives without parcels", city, replace(plan, routes=(*plan.routes, Route(0, ())))),
        ("outside its group's hours", city, with_sorties(plan, replace(first, depart=0.0))),
        ("has no machine", city, with_sorties(plan, replace(first, machine=7))),
        ("two things at a time", city, with_sorties(
            plan, first, replace(second, machine=first.machine, depart=first.depart))),
        ("are away", with_groups(city, away=0), plan),
        ("charge", with_groups(city, chargers=0), plan),
        ("at the port", replace(city, lockers=replace(city.lockers, port_s=city.lockers.port_s * 1e4)), plan),
        ("compartments for", city, replace(plan, boxes=plan.boxes[1:])),
        ("compartments for", city, replace(plan, boxes=(*plan.boxes, box))),
        ("elsewhere", city, replace(plan, boxes=(replace(box, locker=box.locker + 1), *plan.boxes[1:]))),
        ("in slot", replace(city, lockers=replace(city.lockers, room=0 * city.lockers.room)), plan),
        ("comes after it is kept", replace(city, parcels=replace(city.parcels, kept=0 * city.parcels.kept)), plan),
        ("may not go into", replace(city, locker_ways=replace(ways, opens=ways.closes)), plan),
        ("too late", city, replace(plan, sorties=tuple(replace(s, depart=s.depart + 9e4) for s in plan.sorties))),
        ("its compartment is for", city, replace(plan, sorties=tuple(
            replace(s, depart=s.depart + (15000.0 if s is port else 0.0)) for s in plan.sorties))),
    ]  # fmt: skip


def test_the_judge_finds_each_fault(planned: tuple[City, JointPlan]) -> None:
    """Of plans that were made wrong on purpose."""
    for said, city, plan in spoiled(*planned):
        assert any(said in fault for fault in faults(city, plan)), said


def test_the_judge_adds_up_by_hand() -> None:
    """Two doors of one van: its price, its way, its time, and the parcel that is left."""
    city = made(3, 1)
    at = np.array([0, *city.parcels.place[:2], 0])
    metres, seconds = city.legs.metres(at, at), city.legs.durations(at, at)
    free = replace(city.parcels, opens=np.zeros(3), closes=np.full(3, 36000.0))
    city, van = replace(city, parcels=free), city.vans[0]
    way, took = (float(t[0, 1] + t[1, 2] + t[2, 3]) for t in (metres, seconds))
    plan = JointPlan((Route(0, (VanStop((0,)), VanStop((1,)))),), (), (), (2,), 0.0, 0)
    assert faults(city, plan) == []
    hand = van.fixed + van.per_metre * way + van.per_second * (took + 300.0) + 50.0
    assert cost(city, plan) == pytest.approx(hand)


def test_a_made_city_is_the_same_twice_and_has_a_depot_for_each_quarter_of_ten_thousand() -> None:
    """Another seed is another city."""
    first, again, other = made(80, 1), made(80, 1), made(80, 2)
    assert np.array_equal(first.parcels.weight, again.parcels.weight)
    assert not np.array_equal(first.parcels.weight, other.parcels.weight)
    assert {van.start for van in made(5000, 1).vans} == {0, 1}


def test_pilots_of_a_made_city_are_all_that_differs() -> None:
    """Plans keep to them, and one that was made without them does not; more than there are machines are no more."""
    free, few = made(120, 1), made(120, 1, pilots=1)
    assert few.groups.away.tolist() == [1] * len(few.groups.away)
    assert made(120, 1, pilots=9).groups.away.tolist() == free.groups.machines.tolist()
    assert np.array_equal(free.sortie_ways.cost, few.sortie_ways.cost)
    plans = [plan_jointly(city, seed=1, budget=Iterations(300)) for city in (free, few)]
    assert [faults(city, plan) for city, plan in zip((free, few), plans, strict=True)] == [[], []]
    assert any("are away" in fault for fault in faults(few, plans[0]))


@pytest.mark.parametrize("reach", [3.0, 40.0, 300.0])
def test_who_is_near_is_found_as_among_all(reach: float) -> None:
    """Cells of points against every point, with more and fewer within reach than are asked for."""
    rng = np.random.default_rng(4)
    points, others = rng.uniform(0.0, 200.0, (300, 2)), rng.uniform(-20.0, 150.0, (120, 2))
    apart = np.hypot(*(points[:, None] - others[None]).transpose(2, 0, 1))
    apart[apart > reach] = np.inf
    found, far = nearest(points, others, 3, reach)
    assert np.array_equal(far, np.sort(apart, axis=1)[:, :3])
    assert np.array_equal(found >= 0, np.isfinite(far))
    rows, ranks = np.nonzero(found >= 0)
    assert np.array_equal(apart[rows, found[rows, ranks]], far[rows, ranks])
    cells = Cells(others, 25.0)
    for point, row in zip(points[:50], apart[:50], strict=True):
        assert np.array_equal(cells.around(point, reach), np.flatnonzero(np.isfinite(row)))
    assert sorted(np.concatenate(list(cells.blocks()))) == list(range(120))


def test_what_finds_no_machine_goes_by_van() -> None:
    """The others' plans hold even if all would fly."""
    city = made(60, 1)
    row = {int(parcel): number for number, parcel in enumerate(city.sortie_ways.parcel)}
    choices = [(SORTIE, row[parcel]) if parcel in row else ("door", -1) for parcel in range(60)]
    plan = finished(city, choices, 0.3, 1)
    assert faults(city, plan) == []
    assert plan.sorties
    assert plan.routes


@pytest.mark.slow
def test_a_smoke_run_prints_figures() -> None:
    """Of a small city."""
    command = [sys.executable, "benchmarks/planner.py", "--quick", "--against", "assignment,pyvrp,ortools"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)

    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]
    assert [figure["name"].rpartition(" ")[2] for figure in figures] == [
        "plan",
        "plan",
        "memory",
        "assignment",
        "pyvrp",
        "ortools",
    ]
    for figure in figures:
        assert {"name", "value", "unit", "goal", "floor", "holds"} <= set(figure)
    assert all(0.3 < figure["value"] < 1.5 for figure in (figures[1], *figures[3:]))


def test_machines_that_bring_as_many_parcels_as_are_asked_for_are_grounded(
    planned: tuple[City, JointPlan],
) -> None:
    """One group where one brings enough, else the busiest together."""
    city, plan = planned
    brings = np.bincount(
        city.sortie_ways.group[[sortie.way for sortie in plan.sorties]], minlength=len(city.groups.machines)
    )
    events, count = grounded(city, plan, 1)
    assert (len(events), count) == (1, brings[events[0].group])
    events, count = grounded(city, plan, 150)
    assert count == sum(brings[event.group] for event in events) == brings.sum()


@pytest.mark.slow
def test_a_smoke_run_of_a_disruption_prints_figures() -> None:
    """Complete, against a cold solve, routes touched; judged."""
    command = [sys.executable, "benchmarks/planner.py", "--quick", "--disruption"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)

    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]
    assert [figure["unit"] for figure in figures] == ["ms", "ratio of cost", "share"]
    assert figures[0]["faults"] == []
    assert 0.5 < figures[1]["value"] < 1.5


def test_repairs_of_the_hubs_plan_are_the_same_as_by_a_planner_that_knows_nothing() -> None:
    """Each begins with what the one before left: new parcels come, drafts that are due soon are left out."""
    (figure,) = repaired(Repairs(24, 2, 2, seed=3))

    assert figure.and_also
    assert figure.more["same_as_fresh"] is True
    assert figure.value is not None
    assert 0.0 < figure.value < 1e3 * 60
    for parcels, drafts, changed in zip(
        figure.more["parcels"], figure.more["drafts"], figure.more["changed"], strict=True
    ):
        assert parcels >= drafts + 2
        assert 0 <= changed <= drafts
    assert figure.more["left"] == [0, 0]


def test_the_table_has_the_figures_of_each_load_and_says_which_load_failed() -> None:
    """Each in a process of its own; one that ends without figures is a figure that doesn't hold."""
    loads = ("--parcels 60 --seconds 0.5 --against assignment", "--parcels 0 --against ")
    *told, failed = tabled(Table(loads, seed=2, quick=True))

    assert [figure.name.rpartition(": ")[2] for figure in told] == [
        "first complete plan",
        "ours against its first plan",
        "memory",
        "ours against assignment",
    ]
    assert all(figure.holds for figure in told[:3])
    assert told[3].more["seconds"] == [0.5, 0.5]
    assert (failed.name, failed.holds) == (loads[1], False)
    assert "ended with 2" in failed.more["why"]


def test_a_figure_of_the_table_holds_where_it_held_in_its_own_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value on the right side of the floor is not enough: what must be true besides was not."""
    said = {"name": "a", "value": 1.0, "unit": "s", "goal": 2.0, "floor": 2.0, "holds": False, "why": "late"}
    done = subprocess.CompletedProcess[str]([], 1, json.dumps({"figures": [said]}))
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)

    (figure,) = tabled(Table(("--parcels 60",), seed=1, quick=True))

    assert figure.as_json() == said
