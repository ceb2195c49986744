"""How long an asset's ways last over what its type's model says, learned from trip to trip beside its energy.

The logarithm of lasted over expected time wanders as the energy's bias does, and is learned by the same filter
(`fleet.energy.learning`). What a trip took for as long as it lasted is the energy's side; that it lasted longer is this
one: the two are factors of one product and hold nothing of each other (`docs/energy.md`).
"""

from __future__ import annotations

import math

from fleet.energy.errors import require_positive
from fleet.energy.learning import WILD_SD, Track

TRIP_LOG_SD = 0.05
"""How far the ways of one trip last from what the model says in their weather (assumption: gusts, crossings)."""
APART_LOG_SD = 0.05
"""How far assets of a type lie apart, before any trip (assumption: half of the first trip's residual is its own)."""
DRIFT_LOG_SD = 0.01
"""How much an asset's pace changes from trip to trip (assumption)."""
MOST_LOG_PACE = 0.5
"""Bound of the logarithm: an asset that takes two thirds longer than its type is not one of it."""
SURE_SD = 1.0
"""An asset counts as faster than its type's model only beyond so many deviations of what is known."""
STEP = 0.025
"""Times count in such steps, so that assets that are alike are planned together: what is rounded away is less than one
trip differs from the next by."""


def paced(track: Track, lasted_s: float, expected_s: float) -> Track:
    """The track after a trip whose ways lasted so long, where the type's model says so long for them, without anything
    that was learned. Raises `InvalidInput` for times that are not above zero."""
    require_positive(lasted_s=lasted_s, expected_s=expected_s)
    before = APART_LOG_SD**2 if track.pace_variance is None else track.pace_variance
    known = before + DRIFT_LOG_SD**2
    expected = known + TRIP_LOG_SD**2
    gain, most = known / expected, WILD_SD * math.sqrt(expected)
    off = min(max(math.log(lasted_s / expected_s) - track.log_pace, -most), most)
    log_pace = min(max(track.log_pace + gain * off, -MOST_LOG_PACE), MOST_LOG_PACE)
    return track._replace(log_pace=log_pace, pace_variance=known * (1 - gain))


def slow_log(track: Track) -> float:
    """The logarithm of how much longer than by the model its ways are taken to last, where energy is counted: one that
    is faster saves nothing."""
    return max(0.0, track.log_pace)


def pace_of(track: Track) -> float:
    """How many times as long as by the model its ways last, where times are counted: below 1 only as far as that is
    sure. In steps."""
    sure = SURE_SD * math.sqrt(track.pace_variance or 0.0)
    counted = track.log_pace if track.log_pace > 0 else min(0.0, track.log_pace + sure)
    return 1 + STEP * round(math.expm1(counted) / STEP)
