"""What nobody has said of a pack in the cold is an assumption, and named in all that rests on it; what its vehicle's
file says is none."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

import pytest

from fleet.domain.fleet import RouteType, SortieType, VanBattery
from fleet.energy.battery import LITHIUM_DEFAULT, BatteryFigures
from fleet.energy.catalog import airframe
from fleet.feasibility import assess_sortie
from fleet.feasibility.estimate import estimate
from fleet.feasibility.route_energy import RouteRange, range_of
from tests.unit.feasibility.test_estimate import COURIER, EXAMPLE
from tests.unit.feasibility.world import DRONE, NOON, ROBOT, SITE, away, context, order, trip_of, weather

STATED = "\n[battery]\ntemperature = [[-10, 0.5], [25, 1.0]]\n"
"""A maker's curve: worse in the cold than the usual shape."""


def with_curve(name: str, text: str = STATED) -> str:
    """A built-in vehicle's file with a curve of its own, and its source."""
    folders = (files("fleet.energy") / "data").iterdir()
    (path,) = (one / f"{name}.toml" for one in folders if (one / f"{name}.toml").is_file())
    data = path.read_text(encoding="utf-8")
    return data.replace("[sources]\n", '[sources]\nbattery = "the maker"\n') + text


def said(assumptions: frozenset[str] | tuple[str, ...]) -> list[str]:
    return [one for one in assumptions if "in the cold" in one]


def stating(kind: SortieType) -> SortieType:
    return kind.model_copy(update={"energy_model": "mine.toml", "energy_data": with_curve(kind.energy_model)})


@pytest.mark.parametrize("kind", [DRONE, ROBOT], ids=["drone", "robot"])
def test_a_trip_names_the_curve_that_is_assumed_and_not_one_that_is_stated(kind: SortieType) -> None:
    parcel = order(place=away(north_m=800))
    usual = trip_of(assess_sortie(context(), parcel, kind, SITE, NOON))
    (named,) = said(usual.assumptions)
    assert all(f"{share:.0%} at {celsius:g} °C" in named for celsius, share in LITHIUM_DEFAULT.points[:5])
    mine = stating(kind)
    plain = context()
    types = {**plain.fleet.types, mine.type_id: mine}
    known = replace(plain, fleet=plain.fleet.model_copy(update={"types": types}))
    own = trip_of(assess_sortie(known, parcel, mine, SITE, NOON))
    assert said(own.assumptions) == []
    assert own.usable_wh < usual.usable_wh


def test_an_estimate_names_it_too() -> None:
    assert len(said(estimate(COURIER, EXAMPLE).assumptions)) == 1
    stated = COURIER.model_copy(update={"battery": BatteryFigures(temperature=((-10, 0.5), (25, 1.0)))})
    assert said(estimate(stated, EXAMPLE).assumptions) == []
    assert airframe("courier-x4") == COURIER


def test_a_van_is_counted_by_its_own_curve_which_then_is_no_assumption() -> None:
    """At 0 °C it gives 64 % by hand, where the usual shape gives 87 %."""
    ctx = context(weather=weather(temperature_c=0.0))
    van = next(t for t in ctx.fleet.types.values() if isinstance(t, RouteType))
    usual = van.model_copy(update={"battery": VanBattery(start_soc=1.0)})
    stated = usual.model_copy(
        update={"energy_model": "mine.toml", "energy_data": with_curve(van.energy_model)}
    )
    by_type = [range_of(ctx, usual), range_of(context(weather=weather(temperature_c=0.0)), stated)]
    first, own = (one for one in by_type if isinstance(one, RouteRange))
    assert (len(said(first.assumptions)), said(own.assumptions)) == (1, [])
    assert own.full_wh / first.full_wh == pytest.approx((0.5 + 0.5 * 10 / 35) / 0.87)
