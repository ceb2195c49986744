"""What falls passes all heights: zones that protect what is on the ground, and the one way in which all checks ask."""

import re
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofences import (
    STATUSES,
    Applicability,
    Authorisation,
    Ballistic,
    CircleShape,
    FlatTerrain,
    Flight,
    GroundRisk,
    NoPath,
    Operation,
    Restriction,
    Status,
    TimePeriod,
    UnknownTerrain,
    Volume,
    Watch,
    Why,
    Zone,
    ZoneSet,
    affected,
    authorised,
    check_flight,
    check_path,
    check_segments,
    margins,
    near_change,
    path_around,
    protecting,
    segments_hit,
)
from geofences.checks.rules import Asked
from geofences.model.refused import Refused
from tests.unit.geofences.make import EARTH, HOME, NOON, SEA, agl, amsl, circle, path, place, square, zone

EAST = path((0, 0, 100), (6000, 0, 100), every_s=400.0)
VOLUMES = margins(Operation(100.0, 15.0, 0.0, 1.2), Ballistic())
RISK = GroundRisk(VOLUMES.ground_m)


def town(gap_m: float = 20.0, reasons: tuple[str, ...] = ("POPULATION",), **changes: object) -> Zone:
    """A zone so far inside the reach of what falls, forbidden up to 50 m only."""
    shape = square(3000, 300 + RISK.reach_m - gap_m, 300)
    return replace(zone(shape, zone_id="town", upper=amsl(50)), reasons=reasons, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("reason", ["POPULATION", "SENSITIVE", "EMERGENCY"])
@pytest.mark.parametrize(
    "restriction",
    [
        Restriction.PROHIBITED,
        Restriction.NO_RESTRICTION,
        Restriction.REQ_AUTHORISATION,
        Restriction.CONDITIONAL,
        Restriction.USPACE,
    ],
)
def test_people_are_there_whatever_the_zone_demands(reason: str, restriction: Restriction) -> None:
    """Without a restriction, and with an approval held, something may fall on them all the same."""
    zones = ZoneSet([town(reasons=(reason,), restriction=restriction)])
    for held in ((), ("town",)):
        asked = check_flight(zones, EAST, SEA, margins=VOLUMES, below=protecting(zones), held=held)
        assert [(one.zone_id, one.why) for one in asked.conflicts] == [("town", Why.GROUND_RISK)]
    assert check_flight(zones, EAST, SEA, margins=VOLUMES, below=ZoneSet()).is_clear


def test_with_margins_a_flight_looks_below_though_nobody_says_at_which_zones() -> None:
    """At those that `protecting` finds with its terrain, unless an empty set is passed."""
    on_a_hill = town(
        reasons=(), volumes=(Volume(square(3000, RISK.reach_m + 40, 60), amsl(300)),), zone_id="hill"
    )
    zones = ZoneSet([town(restriction=Restriction.NO_RESTRICTION), on_a_hill])
    for ground_m, ids in ((0.0, {"town"}), (400.0, {"town", "hill"})):
        terrain, way = FlatTerrain(ground_m, 5.0), [replace(one, alt_amsl_m=ground_m + 100.0) for one in EAST]
        found = check_flight(zones, way, terrain, margins=VOLUMES)
        below = protecting(zones, terrain=terrain)
        assert found == check_flight(zones, way, terrain, margins=VOLUMES, below=below)
        assert {one.zone_id for one in found.conflicts if one.why is Why.GROUND_RISK} == ids


def test_an_authorisation_lets_fly_there_and_not_fall_there() -> None:
    """Neither while it is valid nor below its cap."""
    ctr = ZoneSet(
        [town(restriction=Restriction.REQ_AUTHORISATION, volumes=zone(square(3000, 0, 300)).volumes)]
    )
    today = Applicability((TimePeriod(NOON - timedelta(hours=4), NOON + timedelta(hours=4)),))
    for below in (None, amsl(150)):
        ours = authorised(ctr, [Authorisation("town", today, below=below)])
        assert check_path(ours, EAST, SEA).is_clear
        fallen = check_path(ours, EAST, SEA, ground=RISK)
        assert {(one.zone_id, one.why) for one in fallen.conflicts} == {("town", Why.GROUND_RISK)}


def test_a_zone_that_does_not_say_what_it_is_for_protects_the_ground_it_begins_at() -> None:
    """As far as it demands anything: an approval lifts it, and what begins higher is of the air."""
    for reasons in ((), ("OTHER",), ("SOMETHING_NEW",)):
        assert not check_path(ZoneSet([town(reasons=reasons)]), EAST, SEA, ground=RISK).is_clear
        free = ZoneSet([town(reasons=reasons, restriction=Restriction.NO_RESTRICTION)])
        assert check_path(free, EAST, SEA, ground=RISK).is_clear
        asked = ZoneSet([town(reasons=reasons, restriction=Restriction.REQ_AUTHORISATION)])
        assert not check_path(asked, EAST, SEA, ground=RISK).is_clear
        assert check_path(asked, EAST, SEA, ground=RISK, held={"town"}).is_clear
        high = replace(zone(square(3000, 300, 290), lower=agl(120)), reasons=reasons)
        assert check_path(ZoneSet([high]), EAST, SEA, ground=RISK).is_clear
    for of_the_air in (("NATURE",), ("AIR_TRAFFIC", "NOISE")):
        assert check_path(ZoneSet([town(reasons=of_the_air)]), EAST, SEA, ground=RISK).is_clear


def test_heights_and_terrain_do_not_count_below_and_times_do() -> None:
    high = town(volumes=zone(square(3000, 0, 300), lower=agl(4000)).volumes)
    for terrain in (SEA, FlatTerrain(0.0, 200.0), UnknownTerrain()):
        assert check_path(ZoneSet([high]), EAST, terrain).is_clear == (terrain != UnknownTerrain())
        assert check_path(ZoneSet([high]), EAST, terrain, ground=RISK).status is Status.BLOCKED
    evening = Applicability((TimePeriod(NOON + timedelta(hours=6), None),))
    assert check_path(ZoneSet([replace(high, applicability=evening)]), EAST, SEA, ground=RISK).is_clear


def test_the_contingency_volume_meets_zones_where_their_heights_are() -> None:
    """A zone above or below the volume is none of its business, however near it is sideways."""
    beside = square(3000, 100 + VOLUMES.contingency_m - 5, 100)
    asked: Asked = {
        "margin_m": VOLUMES.contingency_m,
        "vertical_margin_m": VOLUMES.contingency_up_m,
        "ground": RISK,
    }
    for lower, upper, is_clear in ((None, amsl(30), True), (amsl(160), None, True), (amsl(120), None, False)):
        nature = replace(zone(beside, lower=lower, upper=upper), reasons=("NATURE",))
        found = check_path(ZoneSet([nature]), EAST, SEA, **asked)
        assert found.is_clear is is_clear


def test_a_way_around_keeps_off_what_may_not_be_fallen_on() -> None:
    """A town up to 50 m in the middle of the way: flown over before, flown around now, as wide as things fall."""
    zones = ZoneSet([town(volumes=zone(square(3000, 0, 300), upper=amsl(50)).volumes)])

    def way(goal: tuple[float, float], ground: GroundRisk | None) -> list[tuple[float, float]] | NoPath:
        beside_m = VOLUMES.contingency_m
        return path_around(zones, HOME, goal, 100.0, NOON, beside_m, SEA, lambda: False, ground=ground)

    over, around = way(place(6000, 0), None), way(place(6000, 0), RISK)
    assert not isinstance(over, NoPath)
    assert not isinstance(around, NoPath)
    assert len(over) == 2 < len(around)
    there = way(place(3000, 0), RISK)
    assert isinstance(there, NoPath)
    assert there.zones == ("town",)


def test_a_change_of_what_is_protected_concerns_those_who_may_fall_on_it() -> None:
    """Also where the zone forbids nothing."""
    new = ZoneSet([town(restriction=Restriction.NO_RESTRICTION)])
    flights = [Flight(tuple(EAST), ground=RISK), Flight(tuple(EAST))]
    assert [one.number for one in affected(ZoneSet(), new, flights, SEA)] == [0]
    assert near_change(ZoneSet(), new, flights) == (0,)
    grown = ZoneSet([town(reasons=("NOISE",), zone_id="other")])
    assert not segments_hit(grown, [place(0, 0)], [place(6000, 0)], ground=RISK)[0]
    assert segments_hit(grown.with_zone(town()), [place(0, 0)], [place(6000, 0)], ground=RISK)[0]


def test_a_zone_that_was_refused_in_reading_may_have_people_in_it() -> None:
    """Also one that forbids nothing; not an area that is for us."""
    for restriction, status in (
        (None, Status.UNKNOWN),
        (Restriction.NO_RESTRICTION, Status.UNKNOWN),
        (Restriction.OPERATING_AREA, Status.CLEAR),
        (Restriction.PERMIT_AREA, Status.CLEAR),
    ):
        lacks = ZoneSet(missing=[Refused("town", "its ring crosses itself", restriction)])
        assert check_path(lacks, EAST, SEA, ground=RISK, areas=()).status is status
        assert (
            check_flight(lacks, EAST, SEA, margins=VOLUMES, below=protecting(lacks), areas=()).status
            is status
        )


@pytest.mark.parametrize("reach_m", [-1.0, 10_001.0, float("nan")])
def test_a_reach_that_is_none_is_refused(reach_m: float) -> None:
    with pytest.raises(ValueError, match="0 to 10000"):
        GroundRisk(reach_m)


PURPOSES = ((), ("POPULATION",), ("NATURE",), ("AIR_TRAFFIC", "EMERGENCY"), ("OTHER",))


@st.composite
def worlds(draw: st.DrawFn) -> ZoneSet:
    """Circles near a way to the east, of all sorts and heights."""
    made = []
    for number in range(draw(st.integers(1, 3))):
        where = draw(st.floats(-500, 4500)), draw(st.floats(-900, 900)), draw(st.floats(30, 400))
        low = draw(st.sampled_from([None, agl(0), agl(60), amsl(120)]))
        high = draw(st.sampled_from([None, agl(100), amsl(150)]))
        kinds = [Restriction.PROHIBITED, Restriction.NO_RESTRICTION, Restriction.REQ_AUTHORISATION]
        one = zone(circle(*where), zone_id=f"Z{number}", lower=low, upper=high)
        kind, why = draw(st.sampled_from(kinds)), draw(st.sampled_from(PURPOSES))
        made.append(replace(one, restriction=kind, reasons=why))
    return ZoneSet(made)


@given(
    worlds(),
    st.floats(20, 200),
    st.sampled_from([frozenset(), frozenset({"Z0"})]),
    st.sampled_from([0.0, 119.0, 130.0]),
)
def test_every_check_says_the_same_of_what_falls_and_an_oracle_agrees(
    zones: ZoneSet, alt_m: float, held: frozenset[str], ground_m: float
) -> None:
    """A path, a flight, arrays and single samples; distances to circles along geodesics, heights left out."""
    flat = FlatTerrain(ground_m, 0.5)
    way = path((0, 0, alt_m), (4000, 0, alt_m), every_s=400.0)
    up_m = VOLUMES.contingency_up_m
    asked: Asked = {
        "margin_m": VOLUMES.contingency_m,
        "vertical_margin_m": up_m,
        "held": held,
        "ground": RISK,
    }
    found = check_path(zones, way, flat, **asked)
    flown = check_flight(zones, way, flat, margins=VOLUMES, below=protecting(zones, terrain=flat), held=held)
    assert found.conflicts == flown.conflicts
    ends = [place(0, 0)], [place(4000, 0)]
    times = way[0].at.timestamp(), way[1].at.timestamp()
    code = check_segments(zones, *ends, alt_m, alt_m, *times, flat, **asked)
    assert STATUSES[code[0]] is found.status
    at = check_path(zones, way[:1], flat, **asked).status
    assert Watch(zones, flat, **asked).status(*ends[0][0], alt_m, times[0]) is at
    for terrain in (flat, UnknownTerrain()):
        hit = segments_hit(zones, *ends, VOLUMES.contingency_m, held=held, ground=RISK, terrain=terrain)[0]
        assert hit or found.is_clear
    # The oracle: what is fallen on, by a walk along the path.
    told = {one.zone_id for one in found.conflicts if one.why is Why.GROUND_RISK}
    walk = np.array([place(each, 0) for each in range(0, 4001, 20)])
    for one in zones.zones:
        shape, low = one.volumes[0].shape, one.volumes[0].lower
        assert isinstance(shape, CircleShape)
        middle = np.full(len(walk), shape.lon), np.full(len(walk), shape.lat)
        near = float(np.min(EARTH.inv(walk[:, 0], walk[:, 1], *middle)[2])) - shape.radius_m
        people = {"POPULATION", "EMERGENCY"} & set(one.reasons)
        begins_low = low in (None, agl(0)) or (low == amsl(120) and ground_m == 130.0)
        silent = one.reasons in ((), ("OTHER",)) and begins_low
        demands = one.restriction is Restriction.PROHIBITED or (
            one.restriction is Restriction.REQ_AUTHORISATION and one.zone_id not in held
        )
        counts = bool(people) or (silent and demands)
        if not counts or near > RISK.reach_m + 1.0:
            assert one.zone_id not in told
        elif near < RISK.reach_m - 0.5:
            assert one.zone_id in told


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["POPULATON"], "there is no reason 'POPULATON': did you mean POPULATION?"),
        (["NOISE", "population"], "there is no reason 'population': did you mean POPULATION?"),
        (["DRAGONS"], "there is no reason 'DRAGONS': known are AIR_TRAFFIC, DAR, "),
        ([None], "there is no reason None: known are AIR_TRAFFIC, DAR, "),
        ([["NOISE"]], "there is no reason ['NOISE']: known are AIR_TRAFFIC, DAR, "),
        ("POPULATION", "several reasons are due, as a set or a list, got 'POPULATION'"),
    ],
)
def test_a_reason_that_no_zone_can_state_is_refused_as_it_would_protect_nothing(
    asked: list[str] | str, told: str
) -> None:
    zones = ZoneSet([town(restriction=Restriction.NO_RESTRICTION)])
    with pytest.raises(ValueError, match=f"reasons: {re.escape(told)}"):
        protecting(zones, asked)
    with pytest.raises(ValueError, match=f"protects: {re.escape(told)}"):
        GroundRisk(50.0, asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("several", [list, tuple, set, frozenset])
def test_reasons_may_come_in_any_collection(several: type) -> None:
    risk = GroundRisk(RISK.reach_m, several(["POPULATION"]))
    assert risk == GroundRisk(RISK.reach_m, frozenset({"POPULATION"}))
    found = check_path(ZoneSet([town(restriction=Restriction.NO_RESTRICTION)]), EAST, SEA, ground=risk)
    assert [one.why for one in found.conflicts] == [Why.GROUND_RISK]
