"""A robot's streets in decisions: slopes, stops, surfaces and waiting, known or assumed, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.domain.fleet import ReserveRule, SortieType, Streets
from fleet.energy.catalog import ground_robot
from fleet.energy.margin import margin_fraction
from fleet.energy.render import render
from fleet.feasibility import Trip, assess_sortie
from fleet.feasibility.underway import watts
from fleet.network.base import Leg, Profile
from fleet.network.geodesic import GeodesicNetwork, straight_m
from fleet.protocol.options import Status
from fleet.protocol.values import Place
from tests.unit.feasibility.world import NOON, ROBOT, SITE, away, context, order, trip_of

WALKER = ground_robot("walker-s1")
GRAVITY = 9.80665
AT_ENDS_S = ROBOT.load_s + ROBOT.drop_s
"""Standing at the site while it is loaded, and at the drop."""
KNOWN = Leg(
    0.0, 0.0, climb_m=20.0, descent_m=5.0, stops=7.0, surfaces_m=(("paved", 900.0), ("gravel", 300.0))
)


@dataclass(frozen=True, slots=True)
class Surveyed(GeodesicNetwork):
    """A network that knows its streets: all ways are alike."""

    known: Leg = KNOWN

    def leg(self, start: Place, end: Place, profile: Profile) -> Leg:
        bare = GeodesicNetwork.leg(self, start, end, profile)
        return replace(self.known, distance_m=bare.distance_m, duration_s=bare.duration_s)


def trip(asset_type: SortieType = ROBOT, known: Leg | None = None, weight_kg: float = 2.0) -> Trip:
    network = GeodesicNetwork() if known is None else Surveyed(known=known)
    parcel = order(place=away(north_m=900), weight_kg=weight_kg)
    return trip_of(assess_sortie(context(network=network), parcel, asset_type, SITE, NOON))


def by_hand(far_m: float, kg: float, climb_m: float, stops: float, waiting_s: float, factor: float) -> float:
    """One way in Wh, written down anew."""
    mass = WALKER.empty_mass_kg + kg
    wheels_j = (
        WALKER.rolling_resistance * factor * mass * GRAVITY * far_m
        + mass * GRAVITY * climb_m
        + 0.5 * 1.2250 * WALKER.drag_area_m2 * 1.6**2 * far_m
        + stops * 0.5 * mass * 1.6**2
    )
    return (wheels_j / 0.95 + 60.0 * (far_m / 1.6 + waiting_s)) / 0.95 / 3600


def test_what_the_network_knows_counts_uphill_on_each_way() -> None:
    """Climbs of the way out are descents of the way back; waiting at crossings no network knows."""
    found = trip(known=KNOWN)
    far_m, wait_s = found.out_m, 30.0 * found.out_m / 1000
    factor = (900 * 1.0 + 300 * 1.9) / 1200
    out_wh = by_hand(far_m, 2.0, 20.0, 8.0, AT_ENDS_S + wait_s, factor)
    back_wh = by_hand(far_m, 0.0, 5.0, 8.0, wait_s, factor)
    assert found.until_drop_wh == pytest.approx(out_wh, rel=1e-5)
    assert found.energy_wh == pytest.approx(out_wh + back_wh, rel=1e-5)
    assert any("0 m of climb, 0 stops and 30 s of waiting" in said for said in found.assumptions)


@dataclass(frozen=True, slots=True)
class Around(GeodesicNetwork):
    """Its tables know a way that is shorter than the one that it draws."""

    def path(self, start: Place, end: Place, profile: Profile) -> tuple[Place, ...]:
        del profile
        middle = Place(lon=(start.lon + end.lon) / 2 + 0.009, lat=(start.lat + end.lat) / 2)
        return start, middle, end


def test_a_way_is_as_long_as_it_is_drawn() -> None:
    """Nothing rolls faster along its path than it can: 1.6 m/s; energy and times are those of the path."""
    parcel = order(place=away(north_m=900), weight_kg=2.0)
    found = trip_of(assess_sortie(context(network=Around()), parcel, ROBOT, SITE, NOON))
    start, middle, end = Around().path(SITE.place, parcel.place, "roll")
    drawn_m = straight_m(start, middle) + straight_m(middle, end)
    assert drawn_m > 1.2 * trip().out_m, "or it is no way around"
    assert found.out_m == pytest.approx(drawn_m, rel=3e-3)
    for a, b in pairwise(found.path):
        far_m = straight_m(Place(lon=a.lon, lat=a.lat), Place(lon=b.lon, lat=b.lat))
        assert far_m <= 1.6 * 1.001 * (b.at - a.at).total_seconds() + 0.01
    assert found.energy_wh > 1.2 * trip().energy_wh


def test_what_nobody_knows_is_assumed_and_named() -> None:
    """By the kilometre, from the vehicle's data."""
    found = trip()
    km = found.out_m / 1000
    out_wh = by_hand(found.out_m, 2.0, 3 * km, 1 + 6 * km, AT_ENDS_S + 30 * km, 1.0)
    back_wh = by_hand(found.out_m, 0.0, 3 * km, 1 + 6 * km, 30 * km, 1.0)
    assert found.energy_wh == pytest.approx(out_wh + back_wh, rel=1e-5)
    assert (
        "a robot's streets: 3 m of climb, 6 stops and 30 s of waiting for each km (vehicle data walker-s1)"
        in found.assumptions
    )


def test_the_fleet_file_counts_before_the_vehicle_s_data() -> None:
    """For what it states; a network's knowledge counts before both."""
    stated = Streets(climb_m=12.0, stops=0.0, rolling=1.5, source="survey of 2026")
    hilly = ROBOT.model_copy(update={"streets": stated})
    found = trip(hilly)
    km = found.out_m / 1000
    ways = [
        by_hand(found.out_m, kg, 12 * km, 1.0, s + 30 * km, 1.5) for kg, s in ((2.0, AT_ENDS_S), (0.0, 0))
    ]
    assert found.energy_wh == pytest.approx(sum(ways), rel=1e-5)
    assert any(
        "12 m of climb, 0 stops and 30 s" in one and "survey of 2026" in one for one in found.assumptions
    )
    assert trip(hilly, KNOWN).energy_wh == trip(known=KNOWN).energy_wh


def test_a_surface_that_nobody_knows_the_robot_on_is_unknown() -> None:
    """Neither as good as pavement nor forbidden."""
    network = Surveyed(known=replace(KNOWN, surfaces_m=(("paved", 900.0), ("sand", 1.0))))
    verdict = assess_sortie(context(network=network), order(place=away(900)), ROBOT, SITE, NOON).verdict
    assert verdict.status is Status.UNKNOWN
    assert [reason.code for reason in verdict.reasons] == ["surface_unknown"]


def test_the_margin_is_what_is_not_known_of_this_trip() -> None:
    """The figures' deviations, what is assumed, and what the equation leaves out: by hand from the trip's energy."""
    for known in (None, KNOWN):
        found, km = trip(known=known), trip().out_m / 1000
        factor = 1.0 if known is None else (900 + 300 * 1.9) / 1200
        masses = 2 * WALKER.empty_mass_kg + 2.0
        rolling = 0.004 * factor * masses * GRAVITY * found.out_m / 0.95 / 0.95 / 3600
        lasts_s = 2 * (found.out_m / 1.6 + 30 * km) + AT_ENDS_S
        parts = [rolling, 3.0 * lasts_s / 0.95 / 3600, 2 * 60 * 30 * km / 0.95 / 3600]
        if known is None:
            parts.append(masses * GRAVITY * 3 * km / 0.95 / 0.95 / 3600)
            parts.append(6 * km * 0.5 * masses * 1.6**2 / 0.95 / 0.95 / 3600)
        log_sd = sum(part**2 for part in parts) ** 0.5 / found.energy_wh
        margin = margin_fraction(ReserveRule().epsilon, WALKER.residual, log_sd)
        left_wh = found.usable_wh - found.reserve_wh - found.energy_wh * (1 + margin)
        assert found.margin_wh == pytest.approx(left_wh, rel=1e-5)


MORE = st.sampled_from(["climb_m", "descent_m", "stops"])


@given(MORE, st.floats(0, 60), st.floats(0, 60), st.floats(0.1, 2.5))
def test_steeper_ways_and_more_stops_never_leave_more(
    what: str, a: float, b: float, weight_kg: float
) -> None:
    """Of a network that knows: the energy grows and what is left of the battery does not."""
    less, more = sorted((a, b))
    ways: list[dict[str, Any]] = [{what: less}, {what: more}]
    easy, hard = (trip(known=replace(KNOWN, **way), weight_kg=weight_kg) for way in ways)
    assert easy.energy_wh <= hard.energy_wh
    assert easy.margin_wh >= hard.margin_wh - 1e-9


@given(st.floats(0, 3600), st.floats(0, 3600))
def test_waiting_at_a_door_or_a_locker_takes_what_the_electronics_take(a: float, b: float) -> None:
    """The type's time at the drop, wherever that is."""
    shorter, longer = sorted((a, b))
    found = [trip(ROBOT.model_copy(update={"drop_s": at_drop_s})) for at_drop_s in (shorter, longer)]
    more_wh = found[1].energy_wh - found[0].energy_wh
    assert more_wh == pytest.approx((longer - shorter) * 60 / 0.95 / 3600, abs=1e-6)


def test_a_robot_that_waits_under_way_draws_for_its_electronics() -> None:
    """As in its plan; what stands is not free."""
    assert watts(ROBOT, [], None, 15.0, 2.0).stay == pytest.approx(60 / 0.95)


def test_a_robot_of_one_s_own_may_have_no_figures_of_streets() -> None:
    """Files from before say nothing of them: nothing is assumed then, and nothing is named."""
    old = WALKER.model_copy(
        update={"per_km": type(WALKER.per_km)(), "surfaces": {}, "rolling_sd": 0.0, "auxiliary_sd_w": 0.0}
    )
    mine = ROBOT.model_copy(update={"energy_model": "mine.toml", "energy_data": render(old)})
    found = trip(mine)
    ways = [by_hand(found.out_m, kg, 0.0, 1.0, s, 1.0) for kg, s in ((2.0, AT_ENDS_S), (0.0, 0.0))]
    assert found.energy_wh == pytest.approx(sum(ways), rel=1e-5)
    assert not any("streets:" in one and "climb" in one for one in found.assumptions)
