"""How far flights stay from zones: by the type's corridor, or by the fleet's rule after SORA's semantic model."""

from dataclasses import replace
from datetime import timedelta
from math import radians, sqrt, tan
from typing import Any

import pytest

from fleet.domain.fleet import AirMargins, FleetSpec
from fleet.feasibility import Context, TripShape, assess_sortie, sortie_shape
from fleet.feasibility.airspace import ask_path, checked
from fleet.feasibility.alternate import landing_places
from fleet.feasibility.clearance import clearance_at, clearance_of
from geofences import (
    Operation,
    Restriction,
    Status,
    Waypoint,
    Zone,
    check_flight,
    check_path,
    margins,
    protecting,
)
from geofences.checks.rules import ON_THE_GROUND
from geofences.checks.sora import OneToOne
from tests.unit.feasibility.world import (
    CAPS,
    DRONE,
    HOME,
    LOCKER,
    NOON,
    ROBOT,
    SITE,
    away,
    context,
    fleet,
    order,
    trip_of,
    zone,
)

BESIDE_40 = zone(centre=away(north_m=2000, east_m=190), radius_m=150)
PLACES = ((HOME.lon, HOME.lat), (HOME.lon, HOME.lat + 0.02))


def with_rule(*zones: Zone, **rule: Any) -> Context:
    """The small world of a fleet with such a rule."""
    margins = AirMargins.model_validate({"volume": "contingency", **rule})
    return replace(context(*zones), fleet=fleet(margins=margins))


def brakes_m(speed_mps: float, bank_deg: float = 30.0) -> float:
    """How far it gets until it stands still."""
    return speed_mps**2 / (2 * 9.81 * tan(radians(bank_deg)))


def test_the_contingency_volume_follows_speed_wind_and_reaction() -> None:
    """At 16 m/s in the 10 m/s of wind in which the type still goes out; what position, holding and map err by."""
    found = clearance_at(with_rule(), DRONE, 65.0, PLACES)
    assert found.beside_m == pytest.approx(3 + 3 + 1 + 26 + brakes_m(26))
    assert found.above_m == pytest.approx(4 + 26 * sqrt(0.5) + 26**2 / (2 * 9.81), rel=1e-3)
    other = with_rule(wind_mps=4, reaction_s=2, bank_deg=45, gnss_m=5)
    assert clearance_at(other, DRONE, 65.0, PLACES).beside_m == pytest.approx(9 + 40 + brakes_m(20, 45))
    slow = DRONE.model_copy(update={"cruise_mps": 8.0})
    assert clearance_at(with_rule(), slow, 65.0, PLACES).beside_m == pytest.approx(7 + 18 + brakes_m(18))
    assert clearance_at(with_rule(), DRONE, 165.0, PLACES) == found


def reach_m(ctx: Context, alt_amsl_m: float) -> float:
    """How far what falls may get."""
    ground = clearance_at(ctx, DRONE, alt_amsl_m, PLACES).ground
    assert ground is not None
    assert ground.protects == ON_THE_GROUND
    return ground.reach_m


def test_the_ground_risk_buffer_grows_with_the_height_above_the_lowest_ground() -> None:
    """One to one: as far as it is high, with half of its span."""
    ctx = with_rule(volume="ground_risk", span_m=2)
    inner = clearance_at(with_rule(), DRONE, 65.0, PLACES)
    found = clearance_at(ctx, DRONE, 65.0, PLACES)
    assert (found.beside_m, found.above_m) == (inner.beside_m, inner.above_m)
    low, high = (reach_m(ctx, alt) for alt in (65.0, 95.0))
    assert low == pytest.approx(inner.beside_m + (65 + 5 + inner.above_m) + 1)
    assert high - low == pytest.approx(30)
    ballistic = with_rule(volume="ground_risk", descent="ballistic")
    assert reach_m(ballistic, 65.0) == pytest.approx(
        inner.beside_m + 26 * sqrt(2 * (70 + inner.above_m) / 9.81) + 1.5
    )


def test_it_is_never_less_than_the_corridor_and_binds_only_what_flies() -> None:
    wide = DRONE.model_copy(update={"corridor_m": 500.0})
    assert clearance_at(with_rule(), wide, 65.0, PLACES).beside_m == 500
    assert clearance_at(with_rule(volume="ground_risk"), wide, 65.0, PLACES).widest_m == 500
    assert clearance_at(with_rule(), ROBOT, 0.0, PLACES) == clearance_at(context(), ROBOT, 0.0, PLACES)
    plain = clearance_at(context(), DRONE, 65.0, PLACES)
    assert (plain.beside_m, plain.above_m) == (DRONE.corridor_m, DRONE.keeps_up_m) == (20.0, 7.5)
    tall = DRONE.model_copy(update={"corridor_up_m": 90.0})
    assert clearance_at(with_rule(), tall, 65.0, PLACES).above_m == 90.0
    assert clearance_at(context(), ROBOT, 0.0, PLACES).above_m == 0.0


def test_a_zone_40_m_beside_the_drop_blocks_with_the_rule_only() -> None:
    """And the verdict says by how much and why."""
    assert assess_sortie(context(BESIDE_40), order(), DRONE, SITE, NOON).verdict.feasible
    found = assess_sortie(with_rule(BESIDE_40), order(), DRONE, SITE, NOON)
    assert {reason.code for reason in found.verdict.reasons} == {"zone_blocked"}
    detail = found.verdict.reasons[0].detail
    assert "with 93 m beside its path and 57 m above and below" in detail
    assert "SORA contingency volume at 16 m/s in 10 m/s of wind; operator's rule" in detail


@pytest.mark.parametrize(("lower_m", "feasible"), [(76.0, False), (79.0, True)])
def test_a_path_keeps_its_height_from_a_zone_above(lower_m: float, feasible: bool) -> None:
    """It cruises at 65 m, on ground that may be 5 m lower than thought: 7.5 m must be left, and are unless stated."""
    above = zone(centre=away(north_m=2000), lower_m=lower_m)
    assert assess_sortie(context(above), order(), DRONE, SITE, NOON).verdict.feasible is feasible
    blunt = DRONE.model_copy(update={"corridor_up_m": 0.0})
    assert assess_sortie(context(above), order(), blunt, SITE, NOON).verdict.feasible


def test_types_that_differ_in_what_they_keep_above_do_not_share_an_answer() -> None:
    ctx = context(zone(centre=away(north_m=1000), lower_m=76.0))
    blunt = DRONE.model_copy(update={"corridor_up_m": 0.0})
    found = [assess_sortie(ctx, order(), kind, SITE, NOON) for kind in (blunt, DRONE, blunt)]
    assert [one.verdict.feasible for one in found] == [True, False, True]


def test_a_detour_keeps_the_margin_and_the_trip_names_it() -> None:
    """The zone lies 40 m beside the straight way, in its middle."""
    beside = zone(centre=away(north_m=1000, east_m=190), radius_m=150)
    straight = trip_of(assess_sortie(context(beside), order(), DRONE, SITE, NOON))
    ctx = with_rule(beside)
    found = assess_sortie(ctx, order(), DRONE, SITE, NOON)
    around = trip_of(found)
    assert found.verdict.feasible
    assert around.out_m > straight.out_m
    keeps = clearance_at(ctx, DRONE, 65.0, PLACES)
    assert check_path(
        ctx.zones, around.path, ctx.terrain, margin_m=keeps.beside_m, vertical_margin_m=keeps.above_m
    ).is_clear
    named = [one for one in around.assumptions if one.startswith("margins to zones of d: 93 m beside")]
    assert len(named) == 1
    assert not any("margins" in one for one in straight.assumptions)


def test_a_zone_above_is_too_near_where_the_aircraft_may_climb_away() -> None:
    """80 m above ground is above the path at 65 m, not above where a fault may take it."""
    above = zone(centre=away(north_m=2000), lower_m=80)
    assert assess_sortie(context(above), order(), DRONE, SITE, NOON).verdict.feasible
    assert not assess_sortie(with_rule(above), order(), DRONE, SITE, NOON).verdict.feasible


@pytest.mark.parametrize("reasons", [(), ("POPULATION",), ("NATURE",)])
@pytest.mark.parametrize("restriction", [Restriction.PROHIBITED, Restriction.NO_RESTRICTION])
@pytest.mark.parametrize(("lower_m", "upper_m"), [(None, 10), (200, None), (None, None)])
@pytest.mark.parametrize("gap_m", [60, 120, 300])
def test_the_fleet_and_the_library_say_the_same_of_what_falls(
    reasons: tuple[str, ...], restriction: Restriction, lower_m: float, upper_m: float, gap_m: float
) -> None:
    """A zone so far beside the way: `check_flight` with the same volumes has the same findings."""
    around = zone(
        centre=away(north_m=1000, east_m=gap_m + 150),
        lower_m=lower_m,
        upper_m=upper_m,
        restriction=restriction,
    )
    ctx = with_rule(replace(around, reasons=reasons), volume="ground_risk")
    path = [
        Waypoint(p.lon, p.lat, 65.0, NOON + timedelta(seconds=200 * n))
        for n, p in enumerate((HOME, away(north_m=2000)))
    ]
    keeps = clearance_of(ctx, DRONE, path)
    volumes = margins(Operation(70.0, 16.0, 10.0, 3.0), OneToOne())
    below = protecting(ctx.airspace)
    flown = check_flight(ctx.airspace, path, ctx.terrain, margins=volumes, below=below)
    found = checked(ctx, path, keeps)
    assert (found.status, found.conflicts) == (flown.status, flown.conflicts)
    assert ask_path(ctx, DRONE, path, "it").feasible is (flown.status is Status.CLEAR)


def test_the_way_to_an_alternate_keeps_the_margin_too() -> None:
    beside = zone(centre=away(north_m=900, east_m=190), radius_m=150)
    assert [one.place_id for one in landing_places(context())] == ["S", "L"]
    for ctx, free in ((context(beside), True), (with_rule(beside), False)):
        trip = trip_of(assess_sortie(ctx, order(), DRONE, SITE, NOON))
        assert (trip.alternate is not None) is free, LOCKER


def test_types_that_differ_in_speed_alone_do_not_share_a_way() -> None:
    """What is kept in memory for one must not answer for the other."""
    beside = zone(centre=away(north_m=1000, east_m=220), radius_m=150)  # 70 m beside the way
    ctx = with_rule(beside)
    slow = DRONE.model_copy(update={"cruise_mps": 4.0})
    shapes = [sortie_shape(ctx, kind, SITE, away(north_m=2000), NOON) for kind in (slow, DRONE, slow)]
    lengths = [shape.out_m for shape in shapes if isinstance(shape, TripShape)]
    assert lengths[0] == lengths[2] < lengths[1]


def test_a_fleet_without_a_wind_is_refused_and_one_without_a_rule_says_nothing_of_it() -> None:
    calm = DRONE.model_copy(update={"weather": CAPS.model_copy(update={"max_wind_mps": None})})
    spec: dict[str, Any] = {"types": {"d": calm}, "stands": ()}
    with pytest.raises(ValueError, match=r"state margins\.wind_mps, or weather\.max_wind_mps of type 'd'"):
        FleetSpec.model_validate({**spec, "margins": {"volume": "contingency"}})
    stated = FleetSpec.model_validate({**spec, "margins": {"volume": "contingency", "wind_mps": 8}})
    assert FleetSpec.model_validate_json(stated.model_dump_json()) == stated
    assert "margins" not in FleetSpec.model_validate(spec).model_dump_json()
