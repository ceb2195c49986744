"""What is asked of a trip in decisions: more of anything never takes less, nor leaves more of a battery."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fleet.domain.fleet import Assumptions, Kept, SortieType, Streets
from fleet.feasibility import Trip, assess_sortie
from tests.unit.feasibility.world import DRONE, NOON, ROBOT, SITE, away, context, order

PAIR = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted)
TINY = 1e-9

FLIGHT: dict[str, tuple[float, float]] = {
    "far_m": (200, 6000),
    "weight_kg": (0.05, 2.5),
    "wind_mps": (0, 9),
    "height_m": (20, 110),
    "drop_s": (0, 600),
    "age": (0, 0.5),
    "floor": (0, 0.3),
    "kept": (0, 0.5),
}
# More stops than these are only assumed to so large a part that the margin shrinks, as a share, by more than something
# certain adds.
DRIVE: dict[str, tuple[float, float]] = {
    "far_m": (100, 1800),
    "weight_kg": (0.05, 2.5),
    "drop_s": (0, 1800),
    "load_s": (0, 1800),
    "climb_m": (0, 60),
    "stops": (0, 8),
    "waiting_s": (0, 600),
    "rolling": (1, 4),
    "age": (0, 0.5),
    "floor": (0, 0.3),
    "kept": (0, 0.5),
}
STREETS = ("climb_m", "stops", "waiting_s", "rolling")
OF_THE_BATTERY = frozenset({"age", "floor", "kept"})
"""These change nothing of the energy, only of what is left."""


def trip(kind: SortieType, told: dict[str, float]) -> Trip | None:
    """The trip in calm air, or in a wind against every leg."""
    changes: dict[str, Any] = {
        "drop_s": told["drop_s"],
        "floor_fraction": told["floor"],
        "state_of_health": 1 - told["age"],
        "reserve": Kept(fraction_of_usable=told["kept"]),
    }
    if kind is DRONE:
        changes["cruise_height_agl_m"] = told["height_m"]
    else:
        streets = Streets.model_validate({name: told[name] for name in STREETS})
        changes |= {"load_s": told["load_s"], "streets": streets}
    assumed = Assumptions(calm_weather=True, assumed_wind_mps=told.get("wind_mps", 0.0))
    ctx = context(weather=None, assumptions=assumed)
    parcel = order(place=away(north_m=told["far_m"]), weight_kg=told["weight_kg"])
    return assess_sortie(ctx, parcel, kind.model_copy(update=changes), SITE, NOON).trip


def asked(of: dict[str, tuple[float, float]], shares: list[list[float]], at: int) -> dict[str, float]:
    return {
        name: low + share[at] * (high - low)
        for (name, (low, high)), share in zip(of.items(), shares, strict=True)
    }


def holds(kind: SortieType, of: dict[str, tuple[float, float]], shares: list[list[float]], what: str) -> None:
    """One of them alone, and all together."""
    least, most = (asked(of, shares, at) for at in (0, 1))
    for more in ({**least, what: most[what]}, most):
        easy, hard = trip(kind, least), trip(kind, more)
        if easy is None or hard is None:
            assert hard is None
            continue
        assert hard.energy_wh >= easy.energy_wh * (1 - TINY)
        assert hard.margin_wh <= easy.margin_wh + 1e-6
    if what in OF_THE_BATTERY:
        plain, same = trip(kind, least), trip(kind, {**least, what: most[what]})
        assert plain is not None
        assert same is not None
        assert same.energy_wh == plain.energy_wh


@given(st.lists(PAIR, min_size=len(FLIGHT), max_size=len(FLIGHT)), st.sampled_from(sorted(FLIGHT)))
def test_a_flight(shares: list[list[float]], what: str) -> None:
    """Farther, heavier, against more wind, higher, with a longer drop, of an older battery with a higher floor and a
    larger reserve."""
    holds(DRONE, FLIGHT, shares, what)


@given(st.lists(PAIR, min_size=len(DRIVE), max_size=len(DRIVE)), st.sampled_from(sorted(DRIVE)))
def test_a_drive(shares: list[list[float]], what: str) -> None:
    """Farther, heavier, with longer waits at either end and at crossings, steeper, with more stops, on worse ground."""
    holds(ROBOT, DRIVE, shares, what)
