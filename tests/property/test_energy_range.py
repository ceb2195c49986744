"""The shape of a range: within it every flight is feasible by the estimate, beyond its corners none is."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from shapely import Point, Polygon

from fleet.energy import catalog
from fleet.energy.airframe import Airframe
from fleet.energy.errors import InvalidInput
from fleet.feasibility.estimate import Question, estimate
from fleet.feasibility.range import CORNERS, RangeArea, feature, range_area
from geofences import read_zones
from geofences.geometry.geodesy import EARTH, destination

FRAMES = st.sampled_from([catalog.airframe(name) for name in catalog.airframe_names()])
SHARES = st.floats(0, 1)
PLACES = st.tuples(st.floats(-180, 180), st.floats(-80, 80))


@st.composite
def asked(draw: st.DrawFn) -> tuple[Airframe, Question]:
    """A drone with a load, a charge, and a wind that it can fly in or only just can't."""
    frame = draw(FRAMES)
    speed_mps = frame.min_airspeed_mps + draw(SHARES) * (frame.max_airspeed_mps - frame.min_airspeed_mps)
    return frame, Question(
        payload_kg=draw(SHARES) * frame.max_payload_kg,
        out_m=1.0,
        speed_mps=speed_mps,
        height_m=draw(st.floats(10, 120)),
        wind_mps=draw(st.one_of(st.just(0.0), st.floats(0, 0.95 * min(speed_mps, frame.wind.max_wind_mps)))),
        wind_from_deg=draw(st.one_of(st.none(), st.floats(0, 360))),
        soc=draw(st.floats(0.5, 1)),
        temperature_c=draw(st.floats(-10, 35)),
        speed_held=draw(st.sampled_from([None, "air", "ground"])),
    )


def flight_to(frame: Airframe, area: RangeArea, lon: float, lat: float, to: tuple[float, float]) -> bool:
    """Whether the estimate lets it fly there and straight back."""
    bearing, _, far_m = EARTH.inv(lon, lat, *to)
    question = area.question
    told = Question(
        **{name: getattr(question, name) for name in question.__slots__}
        | {"out_m": far_m, "back_m": None, "bearing_deg": bearing % 360.0}
    )
    return estimate(frame, told).verdict.feasible


@given(asked(), PLACES, SHARES, SHARES)
def test_every_point_within_is_feasible_and_beyond_a_corner_none(
    drawn: tuple[Airframe, Question], place: tuple[float, float], turn: float, far: float
) -> None:
    """Points anywhere in the drawn polygon, also close to its straight sides; one per cent beyond its corners."""
    frame, question = drawn
    lon, lat = place
    area = range_area(frame, question, lon, lat)
    assume(area.ring)
    assume(min(area.radii_m) > 1.0)
    shape = Polygon(area.ring)
    assert shape.is_valid
    west, south, east, north = shape.bounds
    inside = Point(west + turn * (east - west), south + far * (north - south))
    if shape.contains(inside):
        assert flight_to(frame, area, lon, lat, (inside.x, inside.y))
    at = int(turn * (CORNERS - 1))
    (ax, ay), (bx, by) = area.ring[at], area.ring[(at + 1) % CORNERS]
    side = ax + far * (bx - ax), ay + far * (by - ay)
    hardly = lon + 0.99999 * (side[0] - lon), lat + 0.99999 * (side[1] - lat)
    assert flight_to(frame, area, lon, lat, hardly)
    if (question.speed_held or frame.speed_held) == "air":
        beyond = destination(lon, lat, 360.0 * at / CORNERS, 1.01 * area.radii_m[at])
        assert not flight_to(frame, area, lon, lat, beyond)


@given(asked(), st.floats(0, 1))
def test_more_load_wind_or_less_charge_never_makes_it_larger(
    drawn: tuple[Airframe, Question], share: float
) -> None:
    """On no bearing."""
    frame, question = drawn
    worse = Question(
        **{name: getattr(question, name) for name in question.__slots__}
        | {
            "payload_kg": question.payload_kg + share * (frame.max_payload_kg - question.payload_kg),
            "soc": question.soc * (1 - 0.5 * share),
        }
    )
    good, bad = (range_area(frame, one, 0.0, 40.0) for one in (question, worse))
    if bad.radii_m:
        assert all(b <= g + 1e-6 for b, g in zip(bad.radii_m, good.radii_m, strict=True))


def test_wind_shifts_the_shape_and_makes_it_smaller() -> None:
    """A loaded flight out with the wind and an empty one home against it go farther than the other way round."""
    frame = catalog.airframe("courier-x4")
    calm, windy = (
        range_area(frame, Question(2.5, 0, 16, 60, wind_mps=wind, wind_from_deg=270.0), 0.0, 40.0)
        for wind in (0.0, 8.0)
    )
    east, west = windy.radii_m[CORNERS // 4], windy.radii_m[3 * CORNERS // 4]
    assert west < east < calm.radii_m[0]
    assert len(set(calm.radii_m)) == 1


def test_a_shape_goes_on_beyond_the_date_line() -> None:
    """Longitudes do not jump."""
    frame = catalog.airframe("courier-x4")
    area = range_area(frame, Question(1, 0, 16, 60), 179.99, -17.0)
    assert max(lon for lon, _ in area.ring) > 180
    assert max(lon for lon, _ in area.ring) - min(lon for lon, _ in area.ring) < 1


@given(
    lon=st.one_of(*(st.floats(*ends) for ends in ((-180, 180), (179.9, 180), (-180, -179.9)))),
    lat=st.floats(-80, 80),
)
def test_a_shape_is_cut_where_it_runs_over_the_date_line(lon: float, lat: float) -> None:
    """RFC 7946: no longitude beyond 180, rings closed and turning to the left; the same area, piece by piece, and a
    point 100 m towards either side lies in exactly one piece. Our own reader of zones takes it."""
    area = range_area(catalog.airframe("courier-x4"), Question(1, 0, 16, 60), lon, lat)
    made = feature(area)["geometry"]
    parts = [made["coordinates"]] if made["type"] == "Polygon" else made["coordinates"]
    west, east = min(x for x, _ in area.ring), max(x for x, _ in area.ring)
    assert len(parts) == (2 if west < -180.0001 or east > 180.0001 else len(parts))
    pieces = []
    for (ring,) in parts:
        assert ring[0] == ring[-1]
        assert all(-180 <= x <= 180 for x, _ in ring)
        pieces.append(Polygon(ring))
        assert pieces[-1].exterior.is_ccw
    assert sum(piece.area for piece in pieces) == pytest.approx(Polygon(area.ring).area, rel=1e-4)
    for bearing in (90.0, 270.0):
        x, y = destination(lon, lat, bearing, 100.0)
        x = math.remainder(x, 360.0)
        if abs(x) < 179.9999:
            assert sum(piece.contains(Point(x, y)) for piece in pieces) == 1
    zone = {"type": "Feature", "geometry": made, "properties": {"id": "R"}}
    text = json.dumps({"type": "FeatureCollection", "features": [zone]})
    assert len(read_zones(text.encode(), source="range.geojson").zones) == 1


def test_the_operator_s_radius_is_the_most() -> None:
    frame = catalog.airframe("courier-x4")
    area = range_area(frame, Question(1, 0, 16, 60, wind_mps=5, wind_from_deg=0), 0.0, 40.0, most_m=3_000)
    assert set(area.radii_m) == {3_000}


def test_who_may_not_start_has_no_shape_and_a_reason() -> None:
    """Too heavy, too windy, too empty; a temperature that no pack is known at is unknown."""
    frame = catalog.airframe("courier-x4")
    for question, code in (
        (Question(9, 0, 16, 60), "over_vehicle_payload"),
        (Question(1, 0, 16, 60, wind_mps=11), "wind_too_strong"),
        (Question(1, 0, 16, 60, soc=0.2), "out_of_range"),
        (Question(1, 0, 16, 60, temperature_c=-50), "battery_temperature_unknown"),
    ):
        area = range_area(frame, question, 0.0, 40.0)
        assert (area.ring, area.radii_m) == ((), ())
        assert code in [reason.code for reason in area.verdict.reasons]
        assert feature(area)["geometry"] is None


def test_the_feature_is_geojson_that_turns_to_the_left() -> None:
    """RFC 7946: closed, exterior rings against the clock."""
    frame = catalog.airframe("courier-x4")
    made = feature(range_area(frame, Question(1, 0, 16, 60), 0.0, 40.0), airframe="courier-x4")
    (ring,) = made["geometry"]["coordinates"]
    assert ring[0] == ring[-1]
    assert Polygon(ring).exterior.is_ccw
    assert made["properties"]["airframe"] == "courier-x4"
    assert made["properties"]["farthest_m"] == pytest.approx(made["properties"]["nearest_m"])
    assert any("zones" in said for said in made["properties"]["assumptions"])


@pytest.mark.parametrize(("lon", "lat"), [(181.0, 0.0), (0.0, 86.0), (math.nan, 0.0)])
def test_a_place_that_is_none_is_refused(lon: float, lat: float) -> None:
    with pytest.raises(InvalidInput, match=r"lon|lat"):
        range_area(catalog.airframe("courier-x4"), Question(1, 0, 16, 60), lon, lat)
