"""The benchmark of routing works, and its judge, which shares no code with the search, finds each fault."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.harness.vrpfiles import BadFile, Instance, Tour, Van, read_instance, read_solution
from benchmarks.harness.vrpjudge import cost, faults
from benchmarks.harness.vrppeers import ours, pyvrp
from benchmarks.routing import Load

ROOT = Path(__file__).resolve().parents[2]

HEAD = """NAME : tiny
TYPE : {family}
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
{more}
NODE_COORD_SECTION
1 0 0
2 3 4
3 6 8
4 0 5
DEMAND_SECTION
1 0
2 4
3 5
4 3
"""
WINDOWS = "TIME_WINDOW_SECTION\n1 0 100\n2 0 20\n3 10 40\n4 30 60\n"
END = "DEPOT_SECTION\n1\n-1\nEOF\n"


def tiny(folder: Path, family: str, more: str, sections: str = "") -> Instance:
    """A file with three stops, read."""
    path = folder / f"{family}.vrp"
    path.write_text(HEAD.format(family=family, more=more) + sections + END, encoding="utf-8")
    return read_instance(path)


def timed(folder: Path) -> Instance:
    """One with windows, in tenths."""
    return tiny(folder, "VRPTW", "VEHICLES : 2\nCAPACITY : 10\nSERVICE_TIME : 2", WINDOWS)


def test_each_family_is_read_in_its_units(tmp_path: Path) -> None:
    """Rounded, in tenths, or as lengths are; vans that are alike come together."""
    plain = tiny(tmp_path, "CVRP", "CAPACITY : 10")
    assert plain.vans == (Van(3, 10.0),)
    assert cost(plain, [Tour(0, ((1, 2, 3),))]) == 5 + 5 + 7 + 5  # 6.7 is the nearest of 7
    assert timed(tmp_path).windows[2] == (100.0, 400.0)
    assert timed(tmp_path).service == (0.0, 20.0, 20.0, 20.0)
    assert cost(timed(tmp_path), [Tour(0, ((2, 3),))]) == 100 + 67 + 50
    rows = ["CAPACITY_SECTION\n1 10\n2 10\n3 20\n", "VEHICLES_FIXED_COST_SECTION\n1 7\n2 7\n3 9\n"]
    mixed = tiny(tmp_path, "HFVRP", "VEHICLES : 3", "".join(rows))
    assert mixed.vans == (Van(2, 10.0, 7.0), Van(1, 20.0, 9.0))
    assert cost(mixed, [Tour(1, ((2, 3),))]) == pytest.approx(9 + 10 + 45**0.5 + 5)
    rows = ["RELEASE_TIME_SECTION\n1 0\n2 0\n3 4\n4 0\n", "VEHICLES_RELOAD_DEPOT_SECTION\n1 1\n"]
    several = tiny(tmp_path, "MTVRPTWR", "VEHICLES : 1\nCAPACITY : 10", WINDOWS + "".join(rows))
    assert several.vans == (Van(1, 10.0, trips=3),)
    assert several.release[2] == 40.0


def test_a_solution_file_is_read_trip_by_trip(tmp_path: Path) -> None:
    """A route's number is its van's, 0 is the depot."""
    several = tiny(
        tmp_path, "MTVRPTWR", "VEHICLES : 2\nCAPACITY : 10", "VEHICLES_RELOAD_DEPOT_SECTION\n1 1\n2 1\n"
    )
    path = tmp_path / "some.sol"
    path.write_text("Route #1: 1 2 0 3\nRoute #2: \nCost: 120\n", encoding="utf-8")
    assert read_solution(path, several) == ([Tour(0, ((1, 2), (3,)))], 120.0)


@pytest.mark.parametrize(
    ("family", "more"),
    [("TSP", "CAPACITY : 1"), ("CVRP", "CAPACITY : 1\nEDGE_WEIGHT_TYPE : GEO"), ("CVRP", "DIMENSION : 9")],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, family: str, more: str) -> None:
    """With its name."""
    with pytest.raises(BadFile, match=r"\.vrp: "):
        tiny(tmp_path, family, more)


@pytest.mark.parametrize(
    ("tours", "said"),
    [
        ([Tour(0, ((1, 2),))], "place 3 is served 0 times"),
        ([Tour(0, ((1, 2),)), Tour(0, ((3, 1),))], "place 1 is served 2 times"),
        ([Tour(0, ((1, 2),)), Tour(0, ((3, 7),))], "there is no place 7"),
        ([Tour(0, ((1,),)), Tour(0, ((2,),)), Tour(0, ((3,),))], "3 vans of type 0 are used"),
        ([Tour(0, ((1, 2, 3),))], "a trip carries 12.0"),
        ([Tour(0, ((1,), (2, 3)))], "a van makes 2 trips"),
        ([Tour(0, ((3, 1),)), Tour(0, ((2,),))], "place 1 is served at"),
        ([Tour(0, ((1, 2),)), Tour(0, ((3,), ()))], "a trip is empty"),
    ],
)
def test_the_judge_finds_each_fault(tmp_path: Path, tours: list[Tour], said: str) -> None:
    """Of tours that were made wrong on purpose."""
    assert any(said in fault for fault in faults(timed(tmp_path), tours))
    assert faults(timed(tmp_path), [Tour(0, ((1, 2),)), Tour(0, ((3,),))]) == []


def test_the_judge_waits_for_what_is_not_there_yet(tmp_path: Path) -> None:
    """And counts the way back into the depot's hours."""
    instance = timed(tmp_path)
    tours = [Tour(0, ((1, 2),)), Tour(0, ((3,),))]
    late = replace(instance, release=(0.0, 151.0, 0.0, 0.0))
    assert any("place 1 is served at 201" in fault for fault in faults(late, tours))
    short = replace(instance, windows=((0.0, 369.0), *instance.windows[1:]))
    assert any("back at 370" in fault for fault in faults(short, tours))


def test_ours_and_pyvrp_hold_by_the_judge(tmp_path: Path) -> None:
    """Both find the one best plan of three stops, of every family."""
    rows = "VEHICLES_RELOAD_DEPOT_SECTION\n1 1\n"
    cases = [
        tiny(tmp_path, "CVRP", "CAPACITY : 10"),
        timed(tmp_path),
        tiny(
            tmp_path,
            "HFVRP",
            "VEHICLES : 2",
            "CAPACITY_SECTION\n1 10\n2 20\nVEHICLES_FIXED_COST_SECTION\n1 1\n2 9\n",
        ),
        tiny(tmp_path, "MTVRPTWR", "VEHICLES : 1\nCAPACITY : 10", WINDOWS + rows),
    ]
    for instance in cases:
        found = [solve(instance, 0.05, 1) for solve in (ours, pyvrp)]
        assert [faults(instance, tours) for tours in found] == [[], []]
        own, other = (cost(instance, tours) for tours in found)
        assert own == pytest.approx(other), instance.family


def test_families_held_against_the_best_known_get_a_minute_where_nothing_is_said(tmp_path: Path) -> None:
    """Else half of one; what is said counts for all."""
    plain = timed(tmp_path)
    mixed = replace(plain, family="HFVRP")
    usual = Load((), None, (1,), ())
    assert [usual.seconds(each) for each in (plain, mixed)] == [30.0, 60.0]
    assert [replace(usual, stated=5.0).seconds(each) for each in (plain, mixed)] == [5.0, 5.0]


def test_a_smoke_run_prints_figures() -> None:
    """On the small town that is made where no file is given."""
    command = [sys.executable, "benchmarks/routing.py", "--json", "--quick", "--against", "pyvrp,ortools"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)

    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["figures"]
    assert [figure["name"].rpartition(" ")[2] for figure in figures] == ["pyvrp", "ortools"]
    for figure in figures:
        assert {"name", "value", "unit", "goal", "floor", "holds"} <= set(figure)
        assert 0.5 < figure["value"] < 1.5
