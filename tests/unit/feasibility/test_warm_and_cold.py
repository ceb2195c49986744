"""Cold and warmth of one trip: each is held against what it matters to, and neither hides the other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.domain.fleet import SortieType
from fleet.feasibility import Context, assess_sortie
from fleet.feasibility.motion import Departure, Planned, plan_trip
from fleet.feasibility.reachable import farthest_m
from fleet.feasibility.trip import Trip
from fleet.weather.blend import blended
from fleet.weather.conditions import Conditions, Observation
from tests.unit.feasibility.test_cold_named import with_curve
from tests.unit.feasibility.world import CAPS, DRONE, NOON, SITE, away, context, order

HARDY = DRONE.model_copy(
    update={"weather": CAPS.model_copy(update={"icing_below_c": 0, "max_temperature_c": 45})}
)
FALLS = "\n[battery]\ntemperature = [[-10, 0.7], [20, 1.0], [30, 1.0], [45, 0.7]]\n"
"""A curve that falls on both sides."""
PARCEL = order(place=away(north_m=3000.0))


def at(minute: float, celsius: float, rain_mm_h: float = 0.0) -> Observation:
    return Observation(NOON + timedelta(minutes=minute), Conditions(2, 2, 0, celsius, rain_mm_h, 10_000))


def said(**stations: tuple[float, float]) -> Context:
    """What stations say of now: degrees and rain."""
    rows = {name: [at(-10, *each), at(0, *each)] for name, each in stations.items()}
    return context(weather=blended(None, rows, []), lockers={})


def trip(ctx: Context, kind: SortieType = HARDY) -> Trip:
    found = plan_trip(ctx, PARCEL, kind, Departure(SITE, NOON))
    assert isinstance(found, Planned)
    return found.trip


def test_a_warm_thermometer_hides_neither_ice_nor_a_cold_pack() -> None:
    icy = said(a=(-1.0, 0.3), b=(41.5, 0.0))
    found = assess_sortie(icy, PARCEL, HARDY, SITE, NOON).verdict
    assert [reason.code for reason in found.reasons] == ["icing"]
    alone, both = trip(said(a=(-4.0, 0.0))), trip(said(a=(-4.0, 0.0), b=(44.5, 0.0)))
    assert both.usable_wh == alone.usable_wh
    assert both.energy_wh == trip(said(b=(44.5, 0.0))).energy_wh > alone.energy_wh, "the warm air is thin"


@pytest.mark.parametrize("order_of", [("a", "b"), ("b", "a")])
def test_the_warmest_is_held_against_the_upper_limit_and_the_coldest_against_the_lower(
    order_of: tuple[str, str],
) -> None:
    both = {"a": (-6.0, 0.0), "b": (46.0, 0.0)}
    ctx = said(**{name: both[name] for name in order_of})
    found = assess_sortie(ctx, PARCEL, HARDY, SITE, NOON).verdict
    assert {reason.code for reason in found.reasons} == {"too_cold", "too_hot"}


def test_a_pack_that_gives_less_when_hot_counts_as_hot() -> None:
    """25 °C at departure, 38 from the fourth minute on; and 35 °C between two at which it gives as much."""
    own = HARDY.model_copy(
        update={"energy_model": "mine.toml", "energy_data": with_curve(HARDY.energy_model, FALLS)}
    )

    def usable_wh(*rows: tuple[float, float]) -> float:
        weather = blended(None, {"a": [at(*row) for row in rows]}, [])
        return trip(context(weather=weather, lockers={}), own).usable_wh

    cool, hot = usable_wh((-20, 25), (60, 25)), usable_wh((-20, 38), (60, 38))
    assert hot / cool == pytest.approx(0.84)
    assert usable_wh((-20, 25), (2, 25), (4, 38), (60, 38)) == hot
    assert usable_wh((-20, 38), (2, 38), (4, 10), (60, 10)) == hot


def test_the_sieve_counts_a_pack_at_its_best() -> None:
    """In hot weather it was sharper than what a cooler hour allows."""
    own = HARDY.model_copy(
        update={"energy_model": "mine.toml", "energy_data": with_curve(HARDY.energy_model, FALLS)}
    )
    warm, hot = (
        farthest_m(context(weather=blended(None, {"a": [at(0, 20), at(60, top)]}, [])), own, 1.0)
        for top in (30, 45)
    )
    assert hot == pytest.approx(warm, rel=0.02)
