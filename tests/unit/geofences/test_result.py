"""What an answer says of how it was had (rule E14)."""

from dataclasses import replace
from pathlib import Path

import pytest

from geofences import (
    Ballistic,
    CheckResult,
    Datum,
    FlatTerrain,
    GroundRisk,
    Operation,
    Rules,
    Terrain,
    Uncertainty,
    UnknownTerrain,
    WithGeoid,
    ZoneSet,
    check_flight,
    check_path,
    margins,
    protecting,
    read_geoid,
    read_terrain,
)
from geofences.checks.check import check_by
from tests.unit.geofences.make import SEA, agl, path, square, zone

ZONES = ZoneSet([replace(zone(square(0, 0, 100), upper=agl(100)), reasons=("POPULATION",))])
EAST = path((-300, 0, 80), (300, 0, 120))
RULES = Rules(10.0, 5.0, frozenset({"A"}), frozenset(), 30.0, GroundRisk(80.0))


def grid(folder: Path, heights: str) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / "hill.asc"
    file.write_text(f"ncols 2\nnrows 2\nxllcorner -8.64\nyllcorner 41.13\ncellsize 0.025\n{heights}\n")
    return file


def terrains(folder: Path) -> list[Terrain]:
    """Each differs from all others in one thing."""
    file, other = grid(folder / "a", "60 75\n50 55"), grid(folder / "b", "60 75\n50 56")
    geoid = read_geoid(file, error_m=1.0)
    hill = read_terrain(file, datum=Datum.AMSL, error_m=5.0)
    return [
        UnknownTerrain(),
        FlatTerrain(0.0, 0.0),
        FlatTerrain(0.0, 5.0),
        FlatTerrain(1.0, 5.0),
        WithGeoid(FlatTerrain(1.0, 5.0), geoid),
        hill,
        replace(hill, error_m=6.0),
        replace(hill, canopy_m=20.0),
        replace(hill, geoid=geoid),
        replace(hill, geoid=read_geoid(file, error_m=2.0)),
        read_terrain(file, datum=Datum.WGS84, error_m=5.0, geoid=geoid),
        read_terrain(other, datum=Datum.AMSL, error_m=5.0),
        read_terrain(file.parent, datum=Datum.AMSL, error_m=5.0),
    ]


def test_every_terrain_says_what_it_is_and_no_two_the_same(tmp_path: Path) -> None:
    """A file by its bytes, an error, a datum, a geoid."""
    said = [one.said for one in terrains(tmp_path)]
    assert len(set(said)) == len(said)
    assert said == [one.said for one in terrains(tmp_path)]
    assert all(check_path(ZONES, EAST, one).terrain == one.said for one in terrains(tmp_path))


def test_an_answer_can_be_had_again_from_what_it_says(tmp_path: Path) -> None:
    """Version, terrain and rules find the question; asked again it is the same answer, however it was asked."""
    by_name = {one.said: one for one in terrains(tmp_path)}
    for terrain in by_name.values():
        found = check_path(
            ZONES,
            EAST,
            terrain,
            margin_m=10.0,
            vertical_margin_m=5.0,
            held=["A"],
            areas=(),
            time_margin_s=30.0,
            ground=RULES.ground,
        )
        assert found.rules == RULES
        assert found.zones_version == ZONES.version
        assert check_by(ZONES, EAST, by_name[found.terrain], found.rules) == found


def test_a_flight_says_its_errors_their_growth_and_what_is_below() -> None:
    volumes = margins(Operation(100.0, 15.0, 0.0, 1.2), Ballistic())
    lost, below = Uncertainty(2.0, 3.0, 0.5, 0.1), protecting(ZONES)
    found = check_flight(ZONES, EAST, SEA, uncertainty=lost, margins=volumes, below=below, held={"A"})
    first = Rules(2.0 + volumes.contingency_m, 3.0 + volumes.contingency_up_m, frozenset({"A"}))
    assert (found.rules, found.grows_mps, found.terrain) == (first, (0.5, 0.1), SEA.said)
    assert (found.below_version, found.below_m) == (below.version, 2.0 + volumes.ground_m)


@pytest.mark.parametrize(
    "other",
    [
        Rules(11.0, 5.0, RULES.held, RULES.areas, 30.0, RULES.ground),
        Rules(10.0, 6.0, RULES.held, RULES.areas, 30.0, RULES.ground),
        Rules(10.0, 5.0, frozenset(), RULES.areas, 30.0, RULES.ground),
        Rules(10.0, 5.0, RULES.held, None, 30.0, RULES.ground),
        Rules(10.0, 5.0, RULES.held, RULES.areas, 30.0, None),
        Rules(10.0, 5.0, RULES.held, RULES.areas, 31.0, RULES.ground),
        Rules(10.0, 5.0, RULES.held, RULES.areas, 30.0, GroundRisk(81.0)),
        Rules(10.0, 5.0, RULES.held, RULES.areas, 30.0, GroundRisk(80.0, frozenset({"NOISE"}))),
    ],
)
def test_rules_that_differ_say_so(other: Rules) -> None:
    assert other.said != RULES.said


def test_what_was_made_without_them_says_nothing() -> None:
    plain = CheckResult(check_path(ZONES, EAST, SEA).status, (), "v")
    assert (plain.terrain, plain.rules) == ("", Rules())
