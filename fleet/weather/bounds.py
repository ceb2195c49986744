"""Conditions between two moments, and of several that count at one: bounds of each value."""

from __future__ import annotations

from collections.abc import Iterable

from fleet.weather.conditions import Conditions
from fleet.weather.winds import Winds, between, even, together


def interpolate(before: Conditions, after: Conditions, share: float) -> Conditions:
    """Conditions between two rows, ``share`` 0..1 of the way. Direction turns the short way round.

    Speed and direction are interpolated each for itself: between opposite winds a vector would show a calm that
    nobody forecast.
    """
    if before == after:
        return before
    winds = between(before.winds, after.winds, share)
    # Rounding may put an equal gust a bit below the wind.
    gust_mps = max(even(before.gust_mps, after.gust_mps, share), winds.strongest_mps)
    return _of(
        winds,
        gust_mps,
        (
            even(before.temperature_c, after.temperature_c, share),
            even(before.highest_c, after.highest_c, share),
        ),
        even(before.precipitation_mm_h, after.precipitation_mm_h, share),
        even(before.visibility_m, after.visibility_m, share),
        _pressures(before.hpa, after.hpa, share),
    )


Pressures = tuple[float, float] | None
"""The lowest and the highest; none where nobody has said."""


def widest(several: Iterable[Pressures]) -> Pressures:
    """The lowest and the highest of those that are known."""
    known = [each for each in several if each is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None


def _pressures(before: Pressures, after: Pressures, share: float) -> Pressures:
    """Where only one of two rows says it, that holds between them."""
    if before is None or after is None:
        return after if before is None else before
    return even(before[0], after[0], share), even(before[1], after[1], share)


def worst_of(several: Iterable[Conditions]) -> Conditions:
    """The worst of each value, with the bounds of all winds and the lowest and the highest temperature: each is a bound
    by itself, they need not occur together. Of one, that."""
    known = list(several)
    if all(one == known[0] for one in known):
        return known[0]
    return _of(
        together(one.winds for one in known),
        max(one.gust_mps for one in known),
        (min(one.temperature_c for one in known), max(one.highest_c for one in known)),
        max(one.precipitation_mm_h for one in known),
        min(one.visibility_m for one in known),
        widest(one.hpa for one in known),
    )


def _of(
    winds: Winds,
    gust_mps: float,
    temperatures_c: tuple[float, float],
    precipitation_mm_h: float,
    visibility_m: float,
    hpa: Pressures,
) -> Conditions:
    coldest_c, warmest_c = temperatures_c
    return Conditions(
        wind_mps=winds.strongest_mps,
        gust_mps=gust_mps,
        wind_from_deg=winds.from_deg,
        temperature_c=coldest_c,
        precipitation_mm_h=precipitation_mm_h,
        visibility_m=visibility_m,
        among=None if winds == Winds(winds.strongest_mps, winds.strongest_mps, winds.from_deg) else winds,
        warmest_c=None if warmest_c == coldest_c else warmest_c,
        hpa=hpa,
    )
