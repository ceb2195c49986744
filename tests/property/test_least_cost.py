"""The bound by which plans pass flights over: never above what the trip costs, in whatever wind and around whatever."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.domain.fleet import Assumptions, Rates, SortieType
from fleet.energy.learning import Appetite
from fleet.feasibility import assess_sortie
from fleet.feasibility.least import least_cost, least_flight_cost
from geofences import ZoneSet
from tests.unit.feasibility.world import (
    DRONE,
    NOON,
    ROBOT,
    SITE,
    away,
    context,
    order,
    trip_of,
    weather,
    zone,
)

RATES = Rates(per_trip=1, per_hour=3, per_km=0.4, per_kwh=0.25, per_parcel=0.2)
RULES: tuple[dict[str, Any], ...] = (
    {},
    {"speed_rule": "range", "speeds_mps": (8, 20)},
    {"speed_rule": "on_time", "speeds_mps": (8, 20)},
    {"speeds_mps": (8, 20)},
)
KINDS = [kind.model_copy(update={"rates": RATES} | rule) for kind in (DRONE, ROBOT) for rule in RULES[:1]]
KINDS += [DRONE.model_copy(update={"rates": RATES} | rule) for rule in RULES[1:]]
kinds = st.sampled_from(KINDS)
winds = st.none() | st.tuples(st.floats(0, 12), st.floats(0, 359), st.floats(-15, 40))
"""None: not known, assumed from anywhere."""
metres = st.floats(-6000, 6000)
paces = st.floats(0.85, 1.2)


def world(wind: tuple[float, float, float] | None, *, blocked: bool) -> Any:
    """In this wind, with or without a zone half way that is flown around."""
    zones = ZoneSet((zone(centre=away(1000, 0), radius_m=150),) if blocked else ())
    if wind is None:
        return context(weather=None, assumptions=Assumptions(calm_weather=True), zones=zones)
    mps, from_deg, celsius = wind
    rows = weather(wind_mps=mps, gust_mps=mps, wind_from_deg=from_deg, temperature_c=celsius)
    return context(weather=rows, zones=zones)


@given(kinds, metres, metres, winds, winds, st.booleans(), st.floats(0.1, 2.4), paces)
def test_no_trip_costs_less_in_any_wind(
    kind: SortieType,
    north_m: float,
    east_m: float,
    judged: tuple[float, float, float] | None,
    flown: tuple[float, float, float] | None,
    blocked: bool,
    weight_kg: float,
    pace: float,
) -> None:
    """Judged in one wind, flown in another, in free air or around a zone, by an asset that is faster or slower."""
    parcel = order(place=away(north_m, east_m), weight_kg=weight_kg)
    its = Appetite(pace=pace)
    one = assess_sortie(world(judged, blocked=False), parcel, kind, SITE, NOON, appetite=its).trip
    other = assess_sortie(world(flown, blocked=blocked), parcel, kind, SITE, NOON, appetite=its).trip
    for trip in (one, other):
        for bound in (least_cost(kind, found) for found in (one, other) if found is not None):
            assert trip is None or bound <= trip.cost
    before = least_flight_cost(kind, SITE.place, parcel.place, pace)
    assert all(trip is None or before <= trip.cost for trip in (one, other))


@pytest.mark.parametrize("pace", [0.85, 1.0])
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_what_it_costs_in_still_air_but_for_the_energy(kind: SortieType, pace: float) -> None:
    """Of a drone that flies at its one speed; of a robot it is all, for weather makes its way no longer. An asset that
    is known to be fast costs less."""
    ctx, its = world((0, 0, 15), blocked=False), Appetite(pace=pace)
    trip = trip_of(assess_sortie(ctx, order(), kind, SITE, NOON, appetite=its))
    energy = RATES.per_kwh * trip.energy_wh / 1000
    bound, before = least_cost(kind, trip), least_flight_cost(kind, SITE.place, order().place, pace)
    if kind.kind == "sidewalk_robot":
        assert (bound, before) == (trip.cost, 0.0), "what its way costs is not known before it"
    elif kind.speed_rule == "cruise":
        # The site lies 5 m below the highest ground that there may be.
        assert trip.cost - energy - 0.01 < bound < trip.cost - energy
        assert before == pytest.approx(bound, abs=1e-9), "its two places tell"
    assert bound > RATES.per_trip + RATES.per_km * 4.0
