"""Ways around zones for what has a turn radius."""

import math
from itertools import pairwise

import numpy as np
import pytest

from geofences import (
    Interval,
    NoPath,
    NoPathWhy,
    PathError,
    PolygonShape,
    Zone,
    ZoneSet,
    path_around,
    path_at_best_height,
    with_turns,
)
from geofences.paths.fillets import Disc, discs_for, drawn, rounded
from tests.unit.geofences.make import EARTH, NOON, SEA, amsl, place, square, zone

Path = list[tuple[float, float]] | NoPath


def find(zones: list[Zone], start: tuple[float, float], goal: tuple[float, float], radius_m: float) -> Path:
    """Between two places in metres, 60 m up, 20 m from everything."""
    return path_around(
        ZoneSet(zones),
        place(*start),
        place(*goal),
        60.0,
        NOON,
        20.0,
        SEA,
        lambda: False,
        turn_radius_m=radius_m,
    )


def length(path: Path) -> float:
    """Metres of a path that must be one."""
    assert not isinstance(path, NoPath), path
    return sum(float(EARTH.inv(*a, *b)[2]) for a, b in pairwise(path))


def wall(east: float, low: float, high: float, zone_id: str = "wall") -> Zone:
    """A wall of 10 m from south to north."""
    corners = [(east - 5, low), (east + 5, low), (east + 5, high), (east - 5, high), (east - 5, low)]
    return zone(PolygonShape(tuple(place(*one) for one in corners)), zone_id=zone_id)


def test_what_turns_on_the_spot_flies_corners() -> None:
    """A radius of 0 changes nothing."""
    zones, trip = [zone(square(0, 50, 200))], (place(-1000, 0), place(1000, 0))
    plain = path_around(ZoneSet(zones), *trip, 60.0, NOON, 20.0, SEA, lambda: False)
    assert find(zones, (-1000, 0), (1000, 0), 0.0) == plain


def test_straight_stays_straight() -> None:
    """Nothing to turn around."""
    assert find([], (-1000, 0), (1000, 0), 500.0) == [place(-1000, 0), place(1000, 0)]


def test_around_the_tip_of_a_wall_and_back() -> None:
    """Half a turn of 50 m radius, where 20 m to both sides would do for the margin: some half circle, and back."""
    tip = [wall(0, -4000, 0)]
    around = find(tip, (-300, -1000), (300, -1000), 50.0)
    assert length(find(tip, (-300, -1000), (300, -1000), 0.0)) < length(around)
    assert not isinstance(around, NoPath)
    assert len(around) > 15
    (_, south), (_, north) = place(0, 20), place(0, 30)
    assert south < max(lat for _, lat in around) < north


def test_a_slalom_too_tight_for_turns_is_flown_around_or_refused() -> None:
    """Walls 60 m apart are no slalom for 200 m; within a tunnel that leaves no other way there is none."""
    gates = [wall(-60, -3000, 100, "a"), wall(0, -100, 3000, "b"), wall(60, -3000, 100, "c")]
    slalom = length(find(gates, (-800, 0), (800, 0), 5.0))
    assert slalom < length(find(gates, (-800, 0), (800, 0), 200.0))
    tunnel = [
        wall(0, -400, 100, "gate"),
        *(zone(square(x, 550, 350), zone_id="north") for x in (-700, 0, 700)),
    ]
    tunnel += [zone(square(x, -750, 350), zone_id="south") for x in (-700, 0, 700)]
    assert length(find(tunnel, (-100, 0), (100, 0), 10.0)) > 200.0
    refused = find(tunnel, (-100, 0), (100, 0), 500.0)
    assert isinstance(refused, NoPath)
    assert refused.why is NoPathWhy.TOO_TIGHT
    assert "gate" in refused.zones


def test_start_beside_a_corner() -> None:
    """Directions at the ends are free: a start in the inside of the turn leaves away from the wall."""
    zones = [zone(square(0, 0, 100))]
    for radius in (20.0, 50.0, 100.0):
        assert length(find(zones, (-121, -121), (121, 121), radius)) < 484.0 + 2 * radius


def test_no_path_keeps_its_own_reason() -> None:
    """A blocked end is no matter of turns, nor is a search that was stopped."""
    zones = [zone(square(0, 0, 100), zone_id="Q")]
    assert find(zones, (0, 0), (500, 0), 50.0) == NoPath(NoPathWhy.START_BLOCKED, ("Q",))
    trip = (place(-500, 0), place(500, 0))
    stopped = path_around(ZoneSet(zones), *trip, 60.0, NOON, 20.0, SEA, lambda: True, turn_radius_m=50.0)
    assert stopped == NoPath(NoPathWhy.STOPPED)


def test_another_height_may_have_room_for_turns() -> None:
    """The tunnel's gate reaches 100 m up: over it, straight."""
    gate = [zone(square(0, 0, 100), upper=amsl(100.0), zone_id="gate")]
    gate += [zone(square(0, north, 500), zone_id="side") for north in (620, -620)]
    trip = (place(-1000, 0), place(1000, 0))
    found = path_at_best_height(
        ZoneSet(gate), *trip, Interval(60.0, 150.0), 60.0, NOON, 10.0, SEA, lambda: False, turn_radius_m=600.0
    )
    assert not isinstance(found, NoPath)
    assert found.path == trip
    assert found.alt_amsl_m > 100.0


@pytest.mark.parametrize("radius", [-1.0, math.nan, math.inf, 10_001.0])
def test_bad_radius_is_refused(radius: float) -> None:
    """Negative, none, or larger than any plane."""
    with pytest.raises(ValueError, match="turn_radius_m must be 0"):
        find([], (0, 0), (100, 0), radius)


def test_corners_near_each_other_become_one_arc() -> None:
    """Two turns of 45 degrees to the left, 10 m apart, at 100 m radius; the other way around they do not fit."""
    line = np.array([(-500.0, 0.0), (0.0, 0.0), (7.0, 7.0), (7.0, 500.0)])
    curve = rounded(line, 100.0)
    assert len(curve.turns) == 1
    assert not curve.misfits
    assert curve.turns[0].angle == pytest.approx(math.pi / 2)
    zigzag = np.array([(-500.0, 0.0), (0.0, 0.0), (7.0, 7.0), (500.0, 7.0)])
    assert rounded(zigzag, 100.0).misfits == {0, 1}
    assert rounded(np.array([(-5.0, 0.0), (0.0, 0.0), (0.0, 500.0)]), 100.0).misfits == {0}


def test_arc_lies_between_chords_and_tangents() -> None:
    """Chords start and end on it; both lines agree where the turn begins and ends, and its length is told."""
    curve = rounded(np.array([(-500.0, 0.0), (0.0, 0.0), (0.0, 500.0)]), 100.0)
    chords, tangents, [(begin, end)] = drawn(curve, 100.0)
    assert begin == pytest.approx(400.0)
    assert end - begin == pytest.approx(50.0 * math.pi)
    middle = np.array([-100.0, 100.0])
    assert np.hypot(*(chords[1:-1] - middle).T) == pytest.approx(100.0)
    assert (np.hypot(*(tangents - middle).T) >= 100.0 - 1e-9).all()
    assert np.hypot(*((chords[1:-2] + chords[2:-1]) / 2 - middle).T).min() > 99.95


def test_disc_holds_the_corners_of_its_turn_and_no_end() -> None:
    """Tilted away from an end that is near; two where one is too small."""
    curve = rounded(np.array([(-500.0, 0.0), (0.0, 0.0), (20.0, 20.0), (20.0, 500.0)]), 100.0)
    for ends in (curve.ends, ((-10.0, 0.0), (20.0, 500.0))):
        (disc,) = discs_for(curve.turns[0], ends, 100.0)
        assert all(math.dist((disc.x, disc.y), one) <= 100.0 + 1e-6 for one in curve.turns[0].chain)
        assert all(math.dist((disc.x, disc.y), one) > 100.0 for one in ends)
    small = list(discs_for(curve.turns[0], curve.ends, 10.0))
    assert len(small) == 2
    wider: Disc = small[0].wider(2.0)
    assert wider.x + wider.radius_m * wider.out_x == pytest.approx(small[0].x + 10.0 * small[0].out_x)


def test_corners_of_any_path_become_arcs_where_there_is_room() -> None:
    """Both ends stay; no chord turns by more than the arcs do; legs that are too short say so."""
    corners = [place(0, 0), place(500, 0), place(500, 500)]
    flown = with_turns(corners, 100.0)
    assert flown is not None
    assert (flown[0], flown[-1]) == (corners[0], corners[-1])
    middle = place(400, 100)
    arc = [float(EARTH.inv(*middle, *one)[2]) for one in flown[1:-1]]
    assert arc == pytest.approx([100.0] * len(arc), abs=0.1)
    assert len(arc) > 10
    assert with_turns(corners, 501.0) is None
    assert with_turns(corners, 0.0) == corners
    with pytest.raises(PathError, match="off the globe"):
        with_turns([(0.0, 91.0), *corners], 10.0)
