"""What the search over all modes at once finds, on random cities, held against the independent checker.

Its draft is made the plan whether or not the other way's is better, so that nothing hides behind that.
"""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fleet.config import RunFiles, read_inputs, snapshot_of
from fleet.planner import MaxIterations
from fleet.planner.candidates import find_ways
from fleet.planner.draft import Draft
from fleet.planner.flights import Flights
from fleet.planner.mixing import mixed
from fleet.planner.planfile import to_json
from fleet.planner.planning import finished
from fleet.planner.problem import Problem
from fleet.planner.search import Found
from tests.plans.city import Inputs, write_city
from tests.plans.drawnfleet import write_fleet, write_parcels
from tests.plans.test_real_plans import assert_sound

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]


def mixed_plan(inputs: Inputs, out: Path, seed: int, fleet: Path | None = None) -> Draft:
    """Write the plan of the joint search's draft; that draft, as it was found."""
    files = RunFiles(
        inputs.orders, inputs.depots, inputs.lockers, fleet, inputs.weather, inputs.zones, None, None
    )
    read = read_inputs(files, all_rows=True)
    problem = Problem(snapshot_of(read))
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    draft = mixed(problem, ways, flights, seed=seed, stop=MaxIterations(100))
    made = finished(Found(draft, draft, None), ways, flights, seed=seed, made_at=problem.snapshot.at).whole()
    named = tuple(sorted({*made.assumptions, *read.assumptions}))
    out.write_text(to_json(made.model_copy(update={"assumptions": named})), encoding="utf-8")
    return draft


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(10, 10_000), parcels=st.integers(1, 90))
@example(seed=300, parcels=1)  # which no van may bring
def test_drafts_of_all_modes_at_once_hold(seed: int, parcels: int) -> None:
    """Windows, loads, energy, chargers, ports, compartments, reasons; and by any fleet file: breaks, further trips of
    small vans, walks, crews, skills, shifts, lateness, fairness, CO2."""
    with TemporaryDirectory() as made:
        folder, rng = Path(made), random.Random(seed)
        inputs = write_parcels(write_city(folder, seed, parcels), rng)
        fleet = write_fleet(folder, rng)
        mixed_plan(inputs, folder / "plan.json", seed, fleet)
        assert_sound(folder / "plan.json", inputs, fleet=fleet)


def test_every_mode_is_in_some_of_them(tmp_path: Path) -> None:
    """The test above is not of vans alone."""
    draft = mixed_plan(write_city(tmp_path, 7, 90), tmp_path / "plan.json", 7)
    assert {way.mode for way in draft.choices if way is not None} >= {"drone", "sidewalk_robot", "van"}
