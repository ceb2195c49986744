"""The benchmark of energy works: each part runs to its end; what a log can't carry has no value and does not hold."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.flightlog import Machine, Noise, as_csv, rows

ROOT = Path(__file__).resolve().parents[2]
MATRICE = Machine(empty_kg=3.715)
NOISE = Noise(0.02, 0.01, 1.0)


NONE_IS_RIGHT = (
    "flights_beyond_the_margin (generated)",
    "fleet_reserves_broken (generated)",
    "hub_reserves_broken (generated)",
    "hub_trips_beyond_their_margin (generated)",
)
SMOKE = {
    "trips": {"trip_energy_mean_error", "trip_energy_p95_error"},
    "plan": {"from_the_plan_mean_error", "from_the_plan_p95_error"},
    "remaining": {"remaining_after_a_quarter_p95_error"},
    "margin": {"flights_beyond_the_margin", "radius_over_an_oracle_s"},
    "hover": {"one_hover_mean_error"},
    "legs": {"legs_estimated_a_second"},
    "fleet": {"fleet_reserves_broken", "fleet_deliveries_over_perfect_knowledge"},
    "hub": {
        "hub_reserves_broken",
        "hub_trips_beyond_their_margin",
        "hub_deliveries_over_perfect_knowledge",
    },
}
"""The figures of each part of the benchmark."""


def figures(*options: str, ends: int = 0) -> dict[str, dict[str, Any]]:
    command = [sys.executable, "benchmarks/energy.py", "--json", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == ends, done.stderr
    return {figure["name"]: figure for figure in json.loads(done.stdout)["figures"]}


def log(folder: Path, name: str, without: str = "", flights: int = 60) -> str:
    """A log of a Matrice, with a column left empty."""
    found = [dict(one, **({without: ""} if without else {})) for one in rows(MATRICE, flights, 5, NOISE)]
    path = folder / name
    path.write_text(as_csv(found), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    "parts", [("hub",), tuple(part for part in SMOKE if part != "hub")], ids=["hub", "others"]
)
def test_a_smoke_run_prints_figures(parts: tuple[str, ...]) -> None:
    """On few flights and rows, all of them generated; each part its own."""
    found = figures("--quick", *(word for part in parts for word in ("--only", part)))
    assert {name.partition(" ")[0] for name in found} == {name for part in parts for name in SMOKE[part]}
    for name, figure in found.items():
        assert {"name", "value", "unit", "goal", "floor", "holds"} <= set(figure)
        assert figure["value"] > 0 or name in NONE_IS_RIGHT
        assert name.endswith("(generated)") or name.startswith("legs_")


def test_a_log_that_is_given_is_measured_beside_the_generated_one(tmp_path: Path) -> None:
    """Its figures have plain names, or its own where there are several; all hold for a sound log."""
    one = figures(log(tmp_path, "a.csv"), "--only", "trips", "--only", "plan")
    assert {"trip_energy_mean_error", "from_the_plan_p95_error", "trip_energy_mean_error (generated)"} <= set(
        one
    )
    assert all(figure["holds"] for figure in one.values())
    assert one["trip_energy_mean_error"]["held_out"] > 5
    two = figures(log(tmp_path, "a.csv"), log(tmp_path, "b.csv"), "--only", "trips")
    assert {"trip_energy_mean_error (a.csv)", "trip_energy_mean_error (b.csv)"} <= set(two)


def test_what_a_log_can_t_carry_has_no_value_and_does_not_hold(tmp_path: Path) -> None:
    """Plans that are not in it; flights that are too few: each says why, and the run fails."""
    planless = figures(log(tmp_path, "a.csv", without="distance_m"), "--only", "plan", ends=1)
    figure = planless["from_the_plan_mean_error"]
    assert (figure["value"], figure["holds"]) == (None, False)
    assert "distance_m" in figure["why"]
    assert planless["from_the_plan_mean_error (generated)"]["holds"]
    flown = figures(log(tmp_path, "a.csv", without="distance_m"), "--only", "margin")
    beyond, radius = flown["flights_beyond_the_margin"], flown["radius_over_an_oracle_s"]
    assert beyond["margin"] == radius["margin"] < radius["declared"]["margin"] < 0.12
    assert 0.85 < radius["declared"]["radius"] < radius["value"]
    few = figures(log(tmp_path, "b.csv", flights=4), "--only", "margin", ends=1)
    for name in ("flights_beyond_the_margin", "radius_over_an_oracle_s"):
        assert few[name]["value"] is None
        assert "too_few_flights" in few[name]["why"]


def test_the_figures_can_fail(tmp_path: Path) -> None:
    """A log whose flights vary by a tenth: neither its errors nor its radius reach their floors."""
    path = tmp_path / "wild.csv"
    path.write_text(as_csv(rows(MATRICE, 80, 7, Noise(0.10, 0.02, 1.0))), encoding="utf-8")
    found = figures(str(path), "--only", "trips", "--only", "remaining", "--only", "margin", ends=1)
    for name in ("trip_energy_mean_error", "trip_energy_p95_error", "radius_over_an_oracle_s"):
        assert found[name]["value"] is not None
        assert not found[name]["holds"], name
    assert found["radius_over_an_oracle_s"]["refusing_all"] == 0


def test_another_airframe_by_its_hovers(tmp_path: Path) -> None:
    """Three flights that only hovered, and whole flights that are judged: only the first scale."""
    found = list(rows(MATRICE, 23, 5, NOISE))
    first = {f"F{number:03d}" for number in range(3)}
    kept = [one for one in found if one["flight_id"] not in first or one["regime"] == "hover"]
    path = tmp_path / "hover.csv"
    path.write_text(as_csv(kept), encoding="utf-8")
    figure = figures("--hover", str(path), "--only", "hover")["one_hover_mean_error"]
    assert figure["holds"]
    assert figure["airframes"] == 1
