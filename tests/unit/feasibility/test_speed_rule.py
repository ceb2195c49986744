"""The speed that a type's rule chooses: held against every other speed, in decisions, under way, and in the sieve."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from math import inf, isfinite
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from fleet.domain.fleet import AirMargins, Assumptions, SortieType
from fleet.energy.catalog import airframe
from fleet.energy.render import render
from fleet.feasibility import Context, Trip, assess_sortie
from fleet.feasibility.charge import ToldCharge
from fleet.feasibility.clearance import clearance_at
from fleet.feasibility.range import asset_area
from fleet.feasibility.reachable import farthest_m
from fleet.protocol.values import Order, TimeWindow, Waypoint
from tests.support.legs import leg_wh
from tests.unit.feasibility.test_sieves import farthest_accepted_m
from tests.unit.feasibility.world import DRONE, HOME, NOON, SITE, away, context, order, trip_of, weather

GROUND = airframe("courier-x4").model_copy(update={"name": "holds-ground", "speed_held": "ground"})
GROUND = GROUND.model_copy(update={"sources": {**GROUND.sources, "speed_held": "a test"}})
HOLDS_GROUND: dict[str, Any] = {"energy_model": "ground.toml", "energy_data": render(GROUND)}


def kind(rule: str, low: float = 6.0, high: float = 20.0, **changes: object) -> SortieType:
    return DRONE.model_copy(update={"speed_rule": rule, "speeds_mps": (low, high), **changes})


def flown_at(ctx: Context, parcel: Order, asset_type: SortieType, speed_mps: float) -> Trip | None:
    """The trip at one speed, by the rule that knows no other."""
    plain = asset_type.model_copy(
        update={"speed_rule": "cruise", "speeds_mps": None, "cruise_mps": speed_mps}
    )
    return assess_sortie(ctx, parcel, plain, SITE, NOON).trip


def parcel_at(north_m: float, east_m: float, weight_kg: float, until_s: float = 6 * 3600) -> Order:
    due = TimeWindow(start=NOON - timedelta(hours=2), end=NOON + timedelta(seconds=until_s))
    return order(place=away(north_m, east_m), weight_kg=weight_kg, due=due)


WINDS = st.fixed_dictionaries(
    {
        "wind_mps": st.floats(0, 9),
        "gust_mps": st.just(9.0),
        "wind_from_deg": st.floats(0, 359),
        "temperature_c": st.floats(-5, 35),
    }
)
TOLD = ToldCharge("d", 1.0, expected=True)
PLACES = st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000))
HELD: st.SearchStrategy[dict[str, Any]] = st.sampled_from([{}, HOLDS_GROUND])


SOME = st.lists(st.floats(6, 20), max_size=4).map(lambda speeds: [6.0, 16.0, 20.0, *speeds])


@given(WINDS, PLACES, st.floats(0.1, 2.5), SOME, HELD)
def test_at_no_other_speed_a_trip_takes_less(
    wind: dict[str, float],
    to: tuple[float, float],
    weight_kg: float,
    speeds: list[float],
    held: dict[str, Any],
) -> None:
    """Whichever speed the autopilot holds; the trip says which it is."""
    ctx, parcel = context(weather=weather(**wind)), parcel_at(*to, weight_kg)
    best = assess_sortie(ctx, parcel, kind("range", **held), SITE, NOON).trip
    others = [flown_at(ctx, parcel, kind("range", **held), v) for v in speeds]
    # Those at which an alternate can be reached.
    flown = [trip.energy_wh for trip in others if trip is not None and isfinite(trip.margin_wh)]
    if best is None or best.cruise_mps is None:
        assert not flown
        return
    assert 6 <= best.cruise_mps <= 20
    assert best.energy_wh <= min(flown, default=inf) * (1 + 1e-6)
    assert isfinite(best.margin_wh)
    again = flown_at(ctx, parcel, kind("range", **held), best.cruise_mps)
    assert again is not None
    assert again.energy_wh == pytest.approx(best.energy_wh, rel=1e-12)


@given(WINDS, PLACES, st.floats(0.1, 2.5), st.floats(60, 1500), SOME, HELD)
def test_on_time_takes_least_of_what_is_in_time(
    wind: dict[str, float],
    to: tuple[float, float],
    weight_kg: float,
    until_s: float,
    speeds: list[float],
    held: dict[str, Any],
) -> None:
    """Where nothing is in time it is there as soon as can be."""
    ctx, parcel = context(weather=weather(**wind)), parcel_at(*to, weight_kg, until_s)
    found = assess_sortie(ctx, parcel, kind("on_time", **held), SITE, NOON).trip
    others = [flown_at(ctx, parcel, kind("on_time", **held), v) for v in speeds]
    flown = [trip for trip in others if trip is not None and isfinite(trip.margin_wh)]
    assume(found is not None and found.cruise_mps is not None and flown)
    assert found is not None
    second = timedelta(seconds=1)
    in_time = [trip for trip in flown if trip.drop_at <= parcel.due.end - second]
    if in_time:
        assert found.drop_at <= parcel.due.end
        assert found.energy_wh <= min(trip.energy_wh for trip in in_time) * (1 + 1e-5)
    else:
        soonest = min(trip.drop_at for trip in flown)
        assert found.drop_at <= soonest + timedelta(seconds=0.1)


def test_an_alternate_that_the_wind_puts_out_of_reach_is_a_reason() -> None:
    """The trip itself can be flown across the wind, at 20 m/s over ground; the way to the locker leads into it."""
    ctx = context(weather=weather(wind_mps=1.0, wind_from_deg=0.0))
    found = assess_sortie(
        ctx,
        parcel_at(0.0, 3000.0, 1.0),
        DRONE.model_copy(update={**HOLDS_GROUND, "cruise_mps": 19.97}),
        SITE,
        NOON,
    )
    assert "wind_too_strong" in {reason.code for reason in found.verdict.reasons}


def test_a_headwind_out_and_back_makes_the_best_speed_higher() -> None:
    """Wind of which nobody knows the direction blows against each leg."""
    speeds = []
    for wind_mps in (0.0, 3.0, 6.0, 9.0):
        calm = Assumptions(calm_weather=True, assumed_wind_mps=wind_mps)
        trip = trip_of(
            assess_sortie(context(weather=None, assumptions=calm), order(), kind("range"), SITE, NOON)
        )
        assert trip.cruise_mps is not None
        speeds.append(trip.cruise_mps)
    assert all(slow < fast for slow, fast in pairwise(speeds))


def test_a_parcel_that_would_be_late_is_flown_faster() -> None:
    """At the speed that takes least it would miss its window; at cruise speed too."""
    ctx, late = context(), parcel_at(4000, 0, 1.0, until_s=250)
    by = {rule: assess_sortie(ctx, late, kind(rule), SITE, NOON) for rule in ("cruise", "range", "on_time")}
    assert [by[rule].verdict.feasible for rule in by] == [False, False, True]
    assert trip_of(by["range"]).energy_wh < trip_of(by["on_time"]).energy_wh
    assert trip_of(by["cruise"]).cruise_mps is None


@pytest.mark.parametrize("held", [{}, HOLDS_GROUND])
def test_what_is_left_under_way_is_what_was_planned_at_that_speed(held: dict[str, Any]) -> None:
    """Both ways, in the weather of the plan."""
    ctx, asset_type = context(weather=weather(wind_mps=6.0, gust_mps=9.0)), kind("range", **held)
    trip = trip_of(assess_sortie(ctx, order(), asset_type, SITE, NOON))
    flown = asset_type.at_speed(trip.cruise_mps)
    points = [Waypoint(lon=p.lon, lat=p.lat, alt_amsl_m=p.alt_amsl_m, at=p.at) for p in trip.path]
    during = trip.depart_at, trip.return_at
    out, back = points[: trip.drop_index + 1], points[trip.drop_index + 1 :]
    left = leg_wh(ctx, flown, out, during, payload_kg=1.0, hover_s=asset_type.drop_s)
    home = leg_wh(ctx, flown, back, during, payload_kg=0.0)
    assert left is not None
    assert home is not None
    assert left[0] + home[0] == pytest.approx(trip.energy_wh, rel=1e-9)
    other = [
        leg_wh(ctx, asset_type, out, during, payload_kg=1.0, hover_s=asset_type.drop_s),
        leg_wh(ctx, asset_type, back, during, payload_kg=0.0),
    ]
    # With the speed over ground held it could not fly at its own against this wind.
    taken = [inf if one is None else one[0] for one in other]
    assert sum(taken) > trip.energy_wh * 1.002


@given(WINDS, st.floats(0.1, 2.5), st.sampled_from(["range", "on_time"]), HELD)
def test_the_sieve_is_never_sharper_than_what_is_accepted(
    wind: dict[str, float], weight_kg: float, rule: str, held: dict[str, Any]
) -> None:
    """The farthest trip in any wind lies within the bound, with whichever speed is held."""
    ctx, asset_type = context(weather=weather(**wind)), kind(rule, **held)
    bound_m = farthest_m(ctx, asset_type, weight_kg)
    for north_m, east_m in ((1.0, 0.0), (0.0, 1.0), (-0.7, 0.7)):
        parcel = parcel_at(1.0001 * bound_m * north_m, 1.0001 * bound_m * east_m, weight_kg)
        trip = assess_sortie(ctx, parcel, asset_type, SITE, NOON).trip
        away_m = 0.0 if trip is None else trip.out_m
        assert trip is None or trip.margin_wh < 0 or away_m <= bound_m


def test_the_bound_at_the_best_speed_is_not_far_above_what_is_accepted() -> None:
    """It is a sieve: by the cruise speed it would drop parcels that can be brought."""
    ctx, best = context(weather=weather(wind_mps=0.0, gust_mps=0.0)), kind("range")
    plain_m, exact_m = (farthest_accepted_m(one, 1.0, ctx) for one in (DRONE, best))
    assert plain_m < exact_m <= farthest_m(ctx, best, 1.0) <= 1.15 * exact_m


@pytest.mark.parametrize("wind_mps", [0.0, 6.0])
def test_the_range_on_the_map_is_that_of_the_best_speeds(wind_mps: float) -> None:
    """Larger than at cruise speed on every bearing, and no larger than what trips may go."""
    ctx = context(weather=weather(wind_mps=wind_mps, gust_mps=9.0), lockers={})
    areas = [
        asset_area(ctx.fleet, ctx.weather, one, HOME, NOON, payload_kg=1.0, told=TOLD)
        for one in (DRONE, kind("range"))
    ]
    plain, best = (area.radii_m for area in areas)  # type: ignore[union-attr]
    # With wind a corner is no farther than its neighbours, so that straight sides lie within.
    assert all(
        there >= here * (1.0 if wind_mps == 0 else 0.97) for here, there in zip(plain, best, strict=True)
    )
    assert sum(best) > sum(plain) * (1.005 if wind_mps == 0 else 1.0)
    for at in (0, 18, 36, 54):
        north_m, east_m = (0.97 * best[at] * float(turn(np.radians(5.0 * at))) for turn in (np.cos, np.sin))
        near = parcel_at(north_m, east_m, 1.0)
        assert trip_of(assess_sortie(ctx, near, kind("range"), SITE, NOON)).margin_wh > 0


def test_what_is_kept_free_is_for_the_fastest() -> None:
    """Turns and the volumes of SORA's model by the fastest speed that may be chosen, not by the cruise speed."""
    slow, fast = kind("range", 6.0, 16.0, bank_deg=30.0), kind("range", 6.0, 20.0, bank_deg=30.0)
    assert slow.turns_m == DRONE.model_copy(update={"bank_deg": 30.0}).turns_m < fast.turns_m
    ctx = context()
    ctx = context(fleet=ctx.fleet.model_copy(update={"margins": AirMargins(volume="contingency")}))
    beside = [clearance_at(ctx, one, 60.0, [(HOME.lon, HOME.lat)]).beside_m for one in (slow, fast)]
    assert beside[0] < beside[1]


@pytest.mark.parametrize(
    ("rule", "speeds", "why"),
    [
        ("range", None, "needs speeds_mps"),
        ("on_time", (17.0, 20.0), "with cruise_mps between them"),
        ("range", (6.0, 15.0), "with cruise_mps between them"),
    ],
)
def test_speeds_that_leave_no_choice_are_refused(
    rule: str, speeds: tuple[float, float] | None, why: str
) -> None:
    with pytest.raises(ValidationError, match=why):
        SortieType.model_validate({**DRONE.model_dump(), "speed_rule": rule, "speeds_mps": speeds})
