"""Files of instances and solutions: each family in its units, and what is no sound file refused with where and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.harness.vrpfiles import BadFile, Tour, Van, read_instance, read_solution
from benchmarks.harness.vrpjudge import cost, faults

PLACES = "NODE_COORD_SECTION\n1 0 0\n2 3 4\n3 6 8\nDEMAND_SECTION\n1 0\n2 5\n3 6\n"
END = "DEPOT_SECTION\n1\n-1\nEOF\n"


def head(family: str, more: str = "") -> str:
    """The fields of a file of three places."""
    return f"NAME : three\nTYPE : {family}\nDIMENSION : 3\nEDGE_WEIGHT_TYPE : EUC_2D\n{more}"


CVRP = head("CVRP", "CAPACITY : 10\n") + PLACES + END
WINDOWS = "TIME_WINDOW_SECTION\n1 0 100\n2 10 20\n3 0 90\n"
VRPTW = head("VRPTW", "VEHICLES : 2\nCAPACITY : 10\nSERVICE_TIME : 3\n") + PLACES + WINDOWS + END
MANY = (
    head("MTVRPTWR", "VEHICLES : 2\nCAPACITY : 10\nSERVICE_TIME : 3\n")
    + PLACES
    + WINDOWS
    + "RELEASE_TIME_SECTION\n1 0\n2 0\n3 30\nVEHICLES_RELOAD_DEPOT_SECTION\n1 1\n2 1\n"
    + END
)
MIXED = (
    head("HFVRP", "VEHICLES : 3\n")
    + PLACES
    + "CAPACITY_SECTION\n1 6\n2 6\n3 20\nVEHICLES_FIXED_COST_SECTION\n1 100\n2 100\n3 300\n"
    + "VEHICLES_UNIT_DISTANCE_COST_SECTION\n1 2\n2 2\n3 3\n"
    + END
)


def written(folder: Path, text: str, name: str = "three.vrp") -> Path:
    """A file with this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_families_are_read_in_their_units(tmp_path: Path) -> None:
    whole = read_instance(written(tmp_path, CVRP))
    assert whole.vans == (Van(2, 10.0),)
    assert whole.demand == (0.0, 5.0, 6.0)
    timed = read_instance(written(tmp_path, VRPTW))
    assert timed.windows[1] == (100.0, 200.0)
    assert timed.service == (0.0, 30.0, 30.0)
    many = read_instance(written(tmp_path, MANY))
    assert many.release == (0.0, 0.0, 300.0)
    assert many.vans == (Van(2, 10.0, trips=2),)
    mixed = read_instance(written(tmp_path, MIXED))
    assert mixed.vans == (Van(2, 6.0, 100.0, 2.0), Van(1, 20.0, 300.0, 3.0))


@pytest.mark.parametrize(
    ("text", "solution", "tours"),
    [
        (CVRP, "Route #1: 1\nRoute #2: 2\nCost 30\n", [Tour(0, ((1,),)), Tour(0, ((2,),))]),
        (VRPTW, "Route #1: 1\nRoute #2: 2\nCost 30.0\n", [Tour(0, ((1,),)), Tour(0, ((2,),))]),
        (MANY, "Route #1: 1 0 2\nCost: 300\n", [Tour(0, ((1,), (2,)))]),
        (MIXED, "Route #1: \nRoute #2: \nRoute #3: 1 2\nCost: 3.60\n", [Tour(1, ((1, 2),))]),
    ],
    ids=["CVRP", "VRPTW", "MTVRPTWR", "HFVRP"],
)
def test_a_solution_costs_what_its_file_says(
    tmp_path: Path, text: str, solution: str, tours: list[Tour]
) -> None:
    instance = read_instance(written(tmp_path, text))
    found, said = read_solution(written(tmp_path, solution, "three.sol"), instance)
    assert found == tours
    assert cost(instance, found) == said
    assert faults(instance, found) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "TYPE must be one of"),
        (CVRP.replace("CVRP", "SDVRP"), "TYPE must be one of"),
        (CVRP.replace("EUC_2D", "EXPLICIT"), "EDGE_WEIGHT_TYPE EUC_2D"),
        (CVRP.replace("NAME : three\n", ""), "there is no NAME"),
        (CVRP.replace("DIMENSION : 3", "DIMENSION : many"), "DIMENSION must be a number"),
        (CVRP.replace("DIMENSION : 3", "DIMENSION : 4"), "rows 1 to 4, it has 3"),
        (CVRP.replace("CAPACITY : 10\n", ""), "CAPACITY must be a number from 0, not missing"),
        (CVRP.replace("CAPACITY : 10", "CAPACITY : -1"), "CAPACITY must be a number from 0"),
        (CVRP.replace("CAPACITY : 10", "CAPACITY : 10\nDISTANCE : 5"), "not known: DISTANCE"),
        (CVRP.replace("2 5", "2 nan"), "line 12: neither a field"),
        (CVRP.replace("2 5", "2 -5"), "DEMAND_SECTION: numbers must be from 0"),
        (CVRP.replace("2 3 4", "2 3"), "NODE_COORD_SECTION, row 2: 2 numbers must follow"),
        (CVRP.replace("2 3 4", "7 3 4"), "NODE_COORD_SECTION must have rows 1 to 3"),
        (CVRP.replace("DEMAND_SECTION", "BACKHAUL_SECTION"), "not known: BACKHAUL"),
        (CVRP.replace("DEMAND_SECTION", "NODE_COORD_SECTION"), "line 10: NODE_COORD_SECTION is there twice"),
        (CVRP.replace(END, WINDOWS + END), "TIME_WINDOW in a file of TYPE CVRP"),
        (CVRP.replace("DEPOT_SECTION\n1", "DEPOT_SECTION\n1\n2"), "only one depot"),
        (VRPTW.replace("2 10 20", "2 20 10"), "row 2: it closes before it opens"),
        (VRPTW.replace("VEHICLES : 2", "VEHICLES : 0"), "VEHICLES must be a whole number from 1"),
        (MANY.replace("_SECTION\n1 1\n2 1", "_SECTION\n1 1\n2 3"), "only the first place is a depot"),
        (MIXED.replace("VEHICLES : 3", "VEHICLES : 2"), "CAPACITY_SECTION must have rows 1 to 2"),
    ],
)
def test_a_file_without_sense_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(BadFile, match=said) as refused:
        read_instance(path)
    assert str(path) in str(refused.value)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "three.vrp"
    path.write_bytes(b"NAME : \xff\xfe\n")
    with pytest.raises(BadFile, match="no text in UTF-8"):
        read_instance(path)


@pytest.mark.parametrize(
    ("solution", "said"),
    [("Route #1: 1 2\n", "no line with the cost"), ("Route #3: 1 2\nCost 1\n", "line 1: there are 2 vans")],
)
def test_a_solution_without_sense_is_refused(tmp_path: Path, solution: str, said: str) -> None:
    instance = read_instance(written(tmp_path, CVRP))
    with pytest.raises(BadFile, match=said):
        read_solution(written(tmp_path, solution, "three.sol"), instance)
