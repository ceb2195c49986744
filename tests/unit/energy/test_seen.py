"""What flights show besides power: what takes longer than planned, and the range of what they had."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from fleet.energy import catalog
from fleet.energy.airframe import Timing
from fleet.energy.evaluate import evaluate
from fleet.energy.fit import Fitted, NotCarried, Scaled, fit, hover_fit
from fleet.energy.logs import FlightLog, read_log
from fleet.energy.seen import pace_of
from tests.support.flightlog import Machine, Noise, as_csv, rows

M100 = catalog.airframe("dji-matrice-100")
SLOW = Machine(empty_kg=M100.empty_mass_kg, longer_s={"takeoff": 5.0, "cruise": 8.0, "landing": 7.0})


def log(machine: Machine = SLOW, flights: int = 60) -> FlightLog:
    return read_log(as_csv(rows(machine, flights, 2, Noise(0.02, 0.01, 1.0))), "log.csv")


def fitted(base=M100) -> Fitted:  # type: ignore[no-untyped-def]
    found = fit(base, log(), share=0.3, name="mine", origin="log.csv")
    assert isinstance(found, Fitted), found
    return found


def test_the_time_that_plans_leave_out_is_found() -> None:
    """Spinning up 5 s, corners 8 s, the last metres 7 s, among durations that vary by a second."""
    timing = fitted().airframe.timing
    assert timing.takeoff_s == pytest.approx(5, abs=0.7)
    assert timing.corner_s == pytest.approx(8, abs=0.7)
    assert timing.landing_s == pytest.approx(7, abs=0.7)


def test_with_it_the_plan_alone_is_right_and_without_it_is_not() -> None:
    """On flights that were held out: within 4 and 8 %, where the published figures' base falls short by more."""
    found = fitted()
    with_it = evaluate(found.airframe, log(), only=found.held_out).plan
    without = found.airframe.model_copy(update={"timing": Timing()})
    less = evaluate(without, log(), only=found.held_out).plan
    assert with_it is not None
    assert less is not None
    assert with_it.mean_abs <= 0.04
    assert with_it.p95 <= 0.08
    assert less.mean_abs > 0.04
    assert less.mean < 0


def test_few_plans_leave_the_base_s_times() -> None:
    """Four rows of each regime say nothing."""
    base = M100.model_copy(update={"timing": Timing(takeoff_s=2.0, corner_s=3.0, landing_s=4.0)})
    few = [row for row in log().rows if row.flight_id in ("F000", "F001")]
    assert pace_of(base, few) == (base.climb_mps, base.descent_mps, base.timing, frozenset())


RNG = Random(3)


@pytest.mark.parametrize(
    ("regime", "lasts", "way", "said"),
    [
        ("takeoff", lambda _: RNG.gauss(20, 0.2), None, "times of takeoff do not grow with heights"),
        ("landing", lambda way_m: 7_200 + way_m / 2, None, "landing_s"),
        ("landing", lambda _: 60.0, 1e-6, "times of landing are beyond all measure for heights"),
        ("cruise", lambda way_m: 4_000 + way_m / 8, None, "corner_s"),
        ("cruise", lambda _: 100.0, 1e-6, "cruise_share"),
    ],
)
def test_times_that_are_no_flight_s_carry_no_calibration(
    regime: str, lasts: Callable[[float], float], way: float | None, said: str
) -> None:
    """Take-offs that all last as long, however high they lead; hours of holding; ways of a micrometre."""
    found = []
    for row in rows(SLOW, 60, 2, Noise(0.02, 0.01, 1.0)):
        one = row
        if one["regime"] == regime:
            name = "distance_m" if regime == "cruise" else "height_m"
            way_m = float(str(one[name])) if way is None else way
            lasted_s = lasts(way_m)
            energy_wh = float(str(one["energy_wh"])) * lasted_s / float(str(one["duration_s"]))
            one = row | {name: way_m, "duration_s": lasted_s, "energy_wh": energy_wh, "speed_mps": 8}
        found.append(one)
    refused = fit(M100, read_log(as_csv(found), "log.csv"), share=0.3, name="mine", origin="log.csv")
    assert isinstance(refused, NotCarried)
    assert refused.lacks[0].code == "figure_implausible"
    assert said in refused.lacks[0].detail


def test_a_height_that_is_none_carries_no_calibration() -> None:
    """Of one row, which is too few to tell a rate from: it is no range's end either."""
    given = list(rows(SLOW, 60, 2, Noise(0.02, 0.01, 1.0)))
    found = [
        one | {"height_m": "" if one.get("height_m") is None or at > 0 else 1e-5}
        for at, one in enumerate(given)
    ]
    refused = fit(M100, read_log(as_csv(found), "log.csv"), share=0.02, name="mine", origin="log.csv")
    assert isinstance(refused, NotCarried)
    assert "height_m" in refused.lacks[0].detail


def test_the_ranges_are_those_of_the_flights_that_it_was_fitted_to() -> None:
    """Masses of the four payloads, speeds from 4 to 12 m/s; held-out flights do not widen them."""
    found = fitted()
    known = found.airframe.validity
    train = [row for name in found.train for row in log().flights[name]]
    assert known is not None
    assert known.airspeed_mps is not None
    assert known.mass_kg == pytest.approx((3.715, 4.465))
    assert known.airspeed_mps == pytest.approx((4, 12))
    assert known.density_kg_m3.low == pytest.approx(min(row.air_density_kg_m3 for row in train), abs=1e-4)
    assert {"timing", "validity"} <= set(found.airframe.sources)


def test_a_hover_alone_takes_no_range_over() -> None:
    """The base's flights were another aircraft's."""
    base = fitted().airframe
    hovers = FlightLog("hover", tuple(row for row in log().rows if row.regime == "hover"))
    found = hover_fit(base, hovers, name="scaled", origin="hover")
    assert isinstance(found, Scaled)
    assert found.airframe.validity is None
    assert "validity" not in found.airframe.sources


def test_own_sets_of_the_base_are_fitted_and_dropped_where_no_row_is_theirs() -> None:
    """A hover of its own; a climb of its own, which no flight of this log has apart from take-off."""
    own = {"hover": M100.regimes.takeoff, "descent": M100.regimes.landing}
    base = M100.model_copy(update={"regimes": M100.regimes.model_copy(update=own)})
    found = fitted(base)
    assert {"hover", "descent"} <= set(found.methods)
    hovering = [row for row in log().rows if row.regime == "hover"]
    without = FlightLog("log", tuple(row for row in log().rows if row not in hovering))
    less = fit(base, without, share=0.3, name="mine", origin="log")
    assert isinstance(less, Fitted)
    assert "hover" not in less.methods
    assert less.airframe.regimes.hover is None
