"""Flights whose error grows, and what they could fall on."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofences import (
    Applicability,
    Ballistic,
    GroundRisk,
    Operation,
    Restriction,
    Status,
    TimePeriod,
    Uncertainty,
    Waypoint,
    Why,
    ZoneSet,
    check_flight,
    check_path,
    margins,
    protecting,
)
from geofences.checks.flight import STEP_M, stages
from geofences.checks.rules import Asked
from tests.unit.geofences.make import EARTH, NOON, SEA, amsl, circle, path, place, square, zone

EAST = path((0, 0, 100), (6000, 0, 100), every_s=400.0)
"""15 m/s."""


def test_a_zone_far_along_is_met_by_the_error_grown_until_there() -> None:
    """Both are 60 m beside the path, and the error passes that on the way between them."""
    near, far = zone(square(500, 160, 100), zone_id="near"), zone(square(5500, 160, 100), zone_id="far")
    growing = Uncertainty(sideways_m=10.0, sideways_mps=0.2)
    result = check_flight(ZoneSet([near, far]), EAST, SEA, uncertainty=growing)
    assert [one.zone_id for one in result.conflicts] == ["far"]
    assert result.conflicts[0].from_m == pytest.approx(5400, abs=85)
    assert result.zones_version == ZoneSet([near, far]).version


def test_the_error_of_height_grows_too() -> None:
    zones = ZoneSet([zone(square(5500, 0, 100), lower=amsl(130))])
    for growth, status in ((0.05, Status.CLEAR), (0.1, Status.BLOCKED)):
        assert check_flight(zones, EAST, SEA, uncertainty=Uncertainty(vertical_mps=growth)).status is status


def test_without_growth_it_is_the_check_of_a_path() -> None:
    zones = ZoneSet([zone(square(500, 110, 100)), zone(square(3000, 160, 100), zone_id="Y")])
    for margin in (5.0, 30.0, 70.0):
        found = check_flight(zones, EAST, SEA, uncertainty=Uncertainty(sideways_m=margin, vertical_m=3.0))
        assert found == check_path(zones, EAST, SEA, margin_m=margin, vertical_margin_m=3.0)


@given(
    st.sampled_from([0.0, 5.0, 40.0]),
    st.sampled_from([0.0, 5.0, 40.0]),
    st.sampled_from([None, 0.0, 60.0, 90.0]),
    st.sampled_from([None, frozenset[str](), frozenset({"home"}), frozenset({"elsewhere"})]),
    st.sampled_from([0.0, 90.0]),
    st.floats(0.0, 120.0),
)
def test_it_takes_what_every_check_takes(
    margin: float, up: float, reach: float | None, areas: frozenset[str] | None, late_s: float, gap: float
) -> None:
    """Beside its errors; what falls may do so from wherever the vehicle is."""
    town = replace(
        zone(square(3000, gap + 300, 300), zone_id="town", lower=amsl(135)), reasons=("POPULATION",)
    )
    home = zone(square(3000, 0, 4_000), zone_id="home", restriction=Restriction.OPERATING_AREA)
    soon = Applicability((TimePeriod(EAST[-1].at, None),))
    later = zone(square(5_900, 0, 50), zone_id="later", applicability=soon)
    zones = ZoneSet([town, home, later])

    def asked(beside_m: float, above_m: float) -> Asked:
        ground = None if reach is None else GroundRisk(reach + beside_m)
        return {
            "margin_m": margin + beside_m,
            "vertical_margin_m": up + above_m,
            "ground": ground,
            "areas": areas,
            "time_margin_s": late_s,
        }

    lost = Uncertainty(sideways_m=7.0, vertical_m=3.0)
    found = check_flight(zones, EAST, SEA, uncertainty=lost, **asked(0.0, 0.0))
    assert found == check_path(zones, EAST, SEA, **asked(7.0, 3.0))
    assert check_flight(zones, EAST, SEA, **asked(0.0, 0.0)) == check_path(
        zones, EAST, SEA, **asked(0.0, 0.0)
    )


def test_what_falls_does_so_from_where_the_error_has_grown_to() -> None:
    """Both are 100 m beside the path, out of reach at first, within it later; the vehicle itself gets to neither."""
    people = [
        replace(zone(square(x, 400, 300), zone_id=str(x)), reasons=("POPULATION",)) for x in (400, 5_500)
    ]
    grows = Uncertainty(sideways_mps=0.2)
    result = check_flight(ZoneSet(people), EAST, SEA, uncertainty=grows, ground=GroundRisk(50.0))
    assert [(one.zone_id, one.why) for one in result.conflicts] == [("5500", Why.GROUND_RISK)]


def test_people_below_are_out_of_reach_of_what_falls() -> None:
    """A town beside the way, forbidden up to 50 m only: flown over at 100 m that zone is no obstacle, but one may fall
    on it. A quiet zone for birds as low is passed."""
    volumes = margins(Operation(100.0, 15.0, 0.0, 1.2), Ballistic())
    reach = volumes.ground_m
    for gap, conflicts in ((reach - 5, ["town"]), (reach + 5, [])):
        town = replace(
            zone(square(3000, gap + 300, 300), zone_id="town", upper=amsl(50)), reasons=("POPULATION",)
        )
        birds = replace(zone(square(1000, 0, 300), zone_id="birds", upper=amsl(50)), reasons=("NATURE",))
        zones = ZoneSet([town, birds])
        below = protecting(zones, ["POPULATION"])
        found = check_flight(zones, EAST, SEA, margins=volumes, below=below)
        assert [one.zone_id for one in found.conflicts] == conflicts
        assert all((one.why, one.status) == (Why.GROUND_RISK, Status.BLOCKED) for one in found.conflicts)
        assert found.zones_version == zones.version


def test_the_operational_volume_stays_out_of_every_zone() -> None:
    """Sideways and upward."""
    volumes = margins(Operation(100.0, 15.0, 0.0, 1.2), Ballistic())
    beside = ZoneSet([zone(square(3000, 100 + volumes.contingency_m - 2, 100))])
    above = ZoneSet([zone(square(3000, 0, 100), lower=amsl(100 + volumes.contingency_up_m - 2))])
    for zones in (beside, above):
        assert check_path(zones, EAST, SEA).is_clear
        assert check_flight(zones, EAST, SEA, margins=volumes).status is Status.BLOCKED


@pytest.mark.parametrize("wrong", [{"sideways_m": -1.0}, {"vertical_mps": float("nan")}])
def test_an_error_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        Uncertainty(**wrong)


points = st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000), st.floats(0, 100))
waits = st.sampled_from([0.0, 1.0, 60.0, 300.0])
uncertainties = st.builds(
    Uncertainty,
    st.floats(0, 30),
    st.floats(0, 10),
    st.sampled_from([0.0, 0.05, 1.0]),
    st.sampled_from([0.0, 0.1]),
)


@st.composite
def flights(draw: st.DrawFn) -> list[Waypoint]:
    """Some waypoints, not all at different times."""
    at, flown = NOON, []
    for east, north, up in draw(st.lists(points, min_size=1, max_size=5)):
        flown.append(Waypoint(*place(east, north), up, at))
        at += timedelta(seconds=draw(waits))
    return flown


@given(flights(), uncertainties)
def test_stages_are_the_whole_path_and_no_error_outgrows_its_stage(
    flown: list[Waypoint], uncertainty: Uncertainty
) -> None:
    """Every waypoint is in them, in order; they follow each other; errors are at most two steps too large."""
    found = list(stages(flown, uncertainty))
    for before, after in pairwise(found):
        assert before.path[-1] == after.path[0]
        assert before.from_m <= after.from_m
    passed = [found[0].path[0], *(point for stage in found for point in stage.path[1:])]
    rest = iter(passed)
    assert all(point in rest for point in flown)
    for stage in found:
        begin, end = ((p.at - NOON).total_seconds() for p in (stage.path[0], stage.path[-1]))
        for have, first, growth in (
            (stage.sideways_m, uncertainty.sideways_m, uncertainty.sideways_mps),
            (stage.vertical_m, uncertainty.vertical_m, uncertainty.vertical_mps),
        ):
            assert have >= first + growth * end - 1e-4
            assert have <= first + growth * begin + STEP_M + growth * 1e-5 + (0 if growth else 1e-9) + 1e-4


@given(flights(), uncertainties, points, st.floats(20, 400))
def test_no_place_where_the_vehicle_may_be_is_in_a_zone_unnoticed(
    flown: list[Waypoint], uncertainty: Uncertainty, where: tuple[float, float, float], radius: float
) -> None:
    """An oracle that walks the geodesics: blocked wherever the error reaches the zone, clear where a step more does
    not."""
    lon, lat = place(*where[:2])
    zones = ZoneSet([zone(circle(where[0], where[1], radius))])
    spare = []
    for a, b in pairwise([flown[0], *flown]):
        bearing, _, length = EARTH.inv(a.lon, a.lat, b.lon, b.lat)
        for share in (number / 40 for number in range(41)):
            x, y, _ = EARTH.fwd(a.lon, a.lat, bearing, share * length)
            at = (a.at - NOON + share * (b.at - a.at)).total_seconds()
            error = uncertainty.sideways_m + uncertainty.sideways_mps * at
            spare.append(EARTH.inv(x, y, lon, lat)[2] - radius - error)
    result = check_flight(zones, flown, SEA, uncertainty=uncertainty)
    if min(spare) < -0.01:
        assert result.status is Status.BLOCKED
    # Between two samples it may be nearer: they are at most 150 m apart; the margin is up to a step and 0.2 % larger.
    if min(spare) > 75.0 + STEP_M + 2.0:
        assert result.status is Status.CLEAR
