"""Beyond what was measured the margin is wider; within, nothing changes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.energy import catalog
from fleet.energy.airframe import Range, Residual, Validity
from fleet.energy.beyond import airspeeds, beyond, widening
from fleet.energy.errors import InvalidInput
from fleet.energy.margin import margin_fraction
from fleet.feasibility.estimate import Question, estimate

KNOWN = Validity(mass_kg=Range(3.7, 4.2), density_kg_m3=Range(1.1, 1.25), airspeed_mps=Range(4, 12))
RESIDUAL = Residual(log_sd=0.0312, flights=68)


def found(mass_kg: float = 4.0, density: float = 1.2, airspeed_mps: float = 8.0) -> dict[str, float]:
    out = beyond(KNOWN, masses_kg=(3.7, mass_kg), density_kg_m3=density, airspeeds_mps=(airspeed_mps,))
    return {one.name: one.share for one in out}


def test_each_figure_by_its_share_of_the_end_that_it_lies_beyond() -> None:
    """A tenth too heavy, a tenth too thin, a quarter too fast; a tenth of anything adds 0.02."""
    assert found() == {}
    assert found(mass_kg=4.62) == pytest.approx({"mass_kg": 0.1})
    assert found(density=0.99) == pytest.approx({"density_kg_m3": 0.1})
    assert found(airspeed_mps=15.0) == pytest.approx({"airspeed_mps": 0.25})
    assert found(3.33, 1.375, 3.0) == pytest.approx(
        {"mass_kg": 0.1, "density_kg_m3": 0.1, "airspeed_mps": 0.25}
    )
    out = beyond(KNOWN, masses_kg=(4.62,), density_kg_m3=1.375, airspeeds_mps=(8.0,))
    assert widening(out) == pytest.approx(0.04)
    assert beyond(None, masses_kg=(99.0,), density_kg_m3=9.0, airspeeds_mps=(99.0,)) == ()


def test_of_several_heights_the_farthest_counts() -> None:
    """Once, whichever comes first; one of nothing was never climbed."""
    known = KNOWN.model_copy(update={"height_m": Range(40, 80)})

    def of(*heights_m: float) -> list[float]:
        out = beyond(known, masses_kg=(4.0,), density_kg_m3=1.2, airspeeds_mps=(8.0,), heights_m=heights_m)
        return [one.actual for one in out]

    assert of(100.0, 100.0) == of(100.0) == of(90.0, 100.0, 60.0) == of(100.0, 90.0) == [100.0]
    assert of(0.0, 60.0) == of(0.0) == []
    assert of(30.0, 100.0) == [30.0], "a quarter too low asks for more than a quarter too high"


def test_an_airspeed_range_that_is_not_known_asks_nothing() -> None:
    """Where power was the same at all speeds of the airframe."""
    known = KNOWN.model_copy(update={"airspeed_mps": None})
    assert beyond(known, masses_kg=(4.0,), density_kg_m3=1.2, airspeeds_mps=(99.0,)) == ()


@given(st.floats(3.7, 8), st.floats(3.7, 8), st.floats(1e-6, 0.5))
def test_the_further_beyond_the_wider_and_never_narrower_than_within(
    a: float, b: float, epsilon: float
) -> None:
    """Except at a probability of a half, where the median is asked for."""
    near, far = sorted((a, b))
    margins = [
        margin_fraction(
            epsilon,
            RESIDUAL,
            widening(beyond(KNOWN, masses_kg=(m,), density_kg_m3=1.2, airspeeds_mps=(8.0,))),
        )
        for m in (4.0, near, far)
    ]
    assert margins[0] == margin_fraction(epsilon, RESIDUAL)
    assert margins == sorted(margins)


def test_a_margin_with_more_that_is_not_known_by_hand() -> None:
    """Squares add: 0.03 and 0.04 are 0.05; for one never calibrated as well."""
    many = Residual(log_sd=0.03, flights=10**9)
    assert margin_fraction(1e-3, many, 0.04) == pytest.approx(math.exp(3.0902 * 0.05) - 1, rel=1e-4)
    assert margin_fraction(1e-3, None, 0.3) > margin_fraction(1e-3, None)
    with pytest.raises(InvalidInput, match="more_log_sd"):
        margin_fraction(1e-3, many, -0.1)


@pytest.mark.parametrize("ends", [(4.2, 3.7), (0.0, 4.0), (3.7, math.inf), (math.nan, 4.0)])
def test_a_range_that_is_none_is_refused(ends: tuple[float, float]) -> None:
    """The ends exchanged, zero, or no numbers."""
    with pytest.raises(ValueError, match="mass_kg"):
        Validity(mass_kg=Range(*ends), density_kg_m3=Range(1.1, 1.2))


def test_with_the_speed_over_ground_held_the_wind_makes_the_airspeed() -> None:
    """12 m/s against 5.5 are 17.5 through the air, which nobody has measured; with the airspeed held it is 12."""
    out = beyond(
        KNOWN, masses_kg=(4.0,), density_kg_m3=1.2, airspeeds_mps=airspeeds(12.0, 5.5, holds_ground=True)
    )
    assert [(one.name, one.actual) for one in out] == [("airspeed_mps", 17.5)]
    assert airspeeds(12.0, 5.5, holds_ground=False) == (12.0,)
    assert airspeeds(4.0, 5.5, holds_ground=True) == (0.0, 9.5)
    frame = catalog.airframe("dji-matrice-100").model_copy(
        update={"validity": KNOWN, "max_airspeed_mps": 20.0}
    )
    ground, air = (
        estimate(frame, Question(0.2, 500, 12, 60, wind_mps=5.5, wind_from_deg=0, speed_held=held))
        for held in ("ground", "air")
    )
    assert ground.margin_share > air.margin_share
    assert any("airspeed_mps 17.5" in one for one in ground.assumptions)
