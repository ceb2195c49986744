"""A robot's climbs where a terrain is loaded: in the trip, in the mission's heights, and in what is left under way."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.feasibility import Context, assess_sortie
from fleet.feasibility.slopes import SMOOTH_M, STEP_M, climbs_m, profile_of
from fleet.network.base import Leg
from fleet.protocol.values import Place
from geofences import FlatTerrain, Terrain, UnknownTerrain
from geofences.geometry.geodesy import distance_m
from geofences.model.altitude import Box, Interval
from tests.unit.feasibility.test_streets import AT_ENDS_S, Surveyed, by_hand
from tests.unit.feasibility.world import NOON, ROBOT, SITE, away, context, order, trip_of

METRES = 111_195.0
"""A degree of latitude, near enough."""


@dataclass(frozen=True, slots=True)
class Rolling(Terrain):
    """Ground that rises to the north by ``slope`` from ``flat_m`` north of the site on, with waves on it."""

    slope: float = 0.08
    flat_m: float = 0.0
    wave_m: float = 0.0
    length_m: float = 400.0

    def height_m(self, lat: float) -> float:
        north_m = (lat - SITE.place.lat) * METRES
        wave = self.wave_m * math.sin(2 * math.pi * north_m / self.length_m)
        return 20.0 + self.slope * max(0.0, north_m - self.flat_m) + wave

    def ground_within(self, box: Box) -> Interval:
        heights = [self.height_m(box.south), self.height_m(box.north)]
        return Interval(min(heights) - 3.0, max(heights) + 3.0)


def hilly(terrain: Terrain, **changes: object) -> Context:
    return replace(context(), terrain=terrain, **changes)  # type: ignore[arg-type]


PARCEL = order(place=away(north_m=900), weight_kg=2.0)


def test_a_way_uphill_takes_its_climb_out_and_none_back() -> None:
    """72 m of it, by hand; what is assumed of each kilometre is less, and counts on the way down."""
    found = trip_of(assess_sortie(hilly(Rolling()), PARCEL, ROBOT, SITE, NOON))
    km = found.out_m / 1000
    climb_m = 0.08 * 900
    out_wh = by_hand(found.out_m, 2.0, climb_m, 1 + 6 * km, AT_ENDS_S + 30 * km, 1.0)
    back_wh = by_hand(found.out_m, 0.0, 3 * km, 1 + 6 * km, 30 * km, 1.0)
    assert found.until_drop_wh == pytest.approx(out_wh, rel=2e-3)
    assert found.energy_wh == pytest.approx(out_wh + back_wh, rel=2e-3)
    assert any("the terrain's heights" in said for said in found.assumptions)


def test_its_path_has_the_ground_s_heights() -> None:
    terrain = Rolling(flat_m=450.0)
    found = trip_of(assess_sortie(hilly(terrain), PARCEL, ROBOT, SITE, NOON))
    assert len(found.path) > 4
    for point in found.path:
        assert point.alt_amsl_m == pytest.approx(terrain.height_m(point.lat), abs=1.5)
    times = [point.at for point in found.path]
    assert times == sorted(times)


def test_a_level_or_unknown_ground_leaves_all_as_it_was() -> None:
    """And a network that knows its climbs is believed before any terrain."""
    usual = trip_of(assess_sortie(context(), PARCEL, ROBOT, SITE, NOON))
    for terrain in (FlatTerrain(30.0, 5.0), UnknownTerrain()):
        found = trip_of(assess_sortie(hilly(terrain), PARCEL, ROBOT, SITE, NOON))
        assert (found.energy_wh, len(found.path)) == (usual.energy_wh, len(usual.path))
    known = Leg(0.0, 0.0, climb_m=4.0, descent_m=2.0, stops=3.0)
    energies = {
        trip_of(
            assess_sortie(hilly(ground, network=Surveyed(known=known)), PARCEL, ROBOT, SITE, NOON)
        ).energy_wh
        for ground in (FlatTerrain(0.0, 5.0), Rolling())
    }
    assert len(energies) == 1


@given(st.floats(-0.15, 0.15), st.floats(0.0, 12.0), st.floats(250.0, 900.0), st.floats(100.0, 3000.0))
def test_a_profile_climbs_what_its_ground_does(
    slope: float, wave_m: float, length_m: float, far_m: float
) -> None:
    """Against the sum over each metre: a metre at each bend may be smoothed away, nothing is made up; where it ends it
    is as high as the ground."""
    terrain = Rolling(slope=slope, wave_m=wave_m, length_m=length_m)
    ends = (SITE.place, Place(lon=SITE.place.lon, lat=SITE.place.lat + far_m / METRES))
    found = profile_of(terrain, ends)
    metres = int(far_m)
    exact = [terrain.height_m(SITE.place.lat + n * far_m / metres / METRES) for n in range(metres + 1)]
    truly = climbs_m(exact)
    if found is None:  # level, but for what is smoothed away
        assert max(exact) - min(exact) <= 2 * (SMOOTH_M + wave_m * (math.pi * STEP_M / length_m) ** 2)
        return
    assert found.ground_m[0] == pytest.approx(exact[0], abs=1e-6)
    assert found.ground_m[-1] == pytest.approx(exact[-1], abs=1e-3)
    bends = 2 + 2 * far_m / length_m
    sagitta = wave_m * (math.pi * STEP_M / length_m) ** 2
    assert truly - bends * (2.2 + sagitta) <= climbs_m(found.ground_m) <= truly + 0.01
    assert max(distance_m(a.lon, a.lat, b.lon, b.lat) for a, b in pairwise(found.points)) <= far_m + 1
