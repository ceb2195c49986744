"""An asset's own bias, learned from flight to flight: how far it lies from its type, how sure that is, and alarms.

What is learned is the logarithm of energy used over predicted, which wanders: a pack ages, a propeller wears. Each
flight is an observation of it with the type's residual as noise (a Kalman filter of a random walk, ours;
`docs/energy.md` derives it). Three things keep it careful:

- an asset counts as hungry as it was seen to be, but as frugal only as the type's assets are known to differ
  (`Residual.between_log_sd`): nothing is gained where nobody has said that they do;
- what was not yet seen of an asset, and what may have changed since, is in its margin, which is never smaller than the
  type's own;
- flights that lie where they should not be widen the margin at once, and an alarm (a CUSUM, Page 1954) makes the filter
  doubt what it knew.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from fleet.energy.airframe import Residual
from fleet.energy.errors import require_finite, require_not_negative, require_positive, require_within
from fleet.energy.margin import margin_fraction

MOST_BIAS = 0.30
"""Bound of the logarithm: an asset that takes a third more than its type is not one of it."""
FRUGAL_SD = 2.0
"""How many deviations between assets one may count as more frugal than its type."""
WILD_SD = 3.0
"""One flight moves the bias by no more than if it lay so many deviations off: a meter may be wrong for once."""
SLACK, LIMIT = 0.5, 5.0
"""Of the CUSUM, in deviations: a shift of one deviation is told after about ten flights, and of none that is after some
hundreds there is a false alarm (Page 1954; Montgomery, Statistical Quality Control)."""
FORGETS = 0.9
"""How much of the widening stays from flight to flight."""
WIDEST = 5.0
"""Bound of the widening, in deviations of the residual."""
LEAST_DOUBT = 0.03
"""What an alarm adds at least to the deviation of the bias."""


class Track(NamedTuple):
    """What is known of one asset. A new one has the defaults.

    ``log_bias`` is what is added to the logarithm of the type's prediction, ``variance`` how unsure that is (none: no
    flight yet), ``widening`` by how much the residual's deviation is raised, ``high`` and ``low`` the sums of the
    CUSUM.
    """

    log_bias: float = 0.0
    variance: float | None = None
    flights: int = 0
    widening: float = 1.0
    high: float = 0.0
    low: float = 0.0


NEW = Track()


class Learnt(NamedTuple):
    """The track after a flight, how far the flight lay from what was expected, in deviations, and whether that is an
    alarm."""

    track: Track
    surprise: float
    alarm: bool


def learnt(track: Track, used_wh: float, predicted_wh: float, residual: Residual) -> Learnt:
    """The track after a flight that used so much, where the type's model predicted so much for what was flown.

    Only flights that were flown to their end, on a meter that is not doubted, are to be learned from; ``predicted_wh``
    is the model's median for what was flown, so that wind and waiting are no bias of the asset. Raises `InvalidInput`
    for energies that are not above zero.
    """
    log_ratio = _log_ratio(used_wh, predicted_wh)
    known = variance_of(track, residual) + residual.drift_log_sd**2
    expected = known + residual.flown_sd**2
    off = log_ratio - track.log_bias
    surprise = off / math.sqrt(expected)
    gain = known / expected
    bounded = min(max(surprise, -WILD_SD), WILD_SD) * math.sqrt(expected)
    high, low = max(0.0, track.high + surprise - SLACK), max(0.0, track.low - surprise - SLACK)
    alarm = max(high, low) > LIMIT
    doubt = max(residual.between_log_sd, LEAST_DOUBT) ** 2 if alarm else 0.0
    widened = math.sqrt(FORGETS * track.widening**2 + (1 - FORGETS) * surprise**2)
    after = Track(
        log_bias=min(max(track.log_bias + gain * bounded, -MOST_BIAS), MOST_BIAS),
        variance=known * (1 - gain) + doubt,
        flights=track.flights + 1,
        widening=min(max(1.0, widened), WIDEST),
        high=0.0 if alarm else high,
        low=0.0 if alarm else low,
    )
    return Learnt(after, surprise, alarm)


def variance_of(track: Track, residual: Residual) -> float:
    """How unsure the bias is: before any flight as much as assets of the type differ."""
    return residual.between_log_sd**2 if track.variance is None else track.variance


def bias_of(track: Track, residual: Residual) -> float:
    """The bias that is counted with: all of it upwards, downwards no more than assets of the type are known to
    differ."""
    return max(track.log_bias, -FRUGAL_SD * residual.between_log_sd)


def raised_by(epsilon: float, track: Track, residual: Residual | None, more_log_sd: float = 0.0) -> float:
    """By which share the type's prediction is raised for this asset, so that its next flight takes more with
    probability ``epsilon``, as modelled: its bias, and a margin for all that is not known.

    For a new asset of a type whose assets are not known to differ this is `margin_fraction`, and for a type that was
    never calibrated always: nothing can be told from flights that no model predicts. Raises `InvalidInput` as that
    does.
    """
    if residual is None:
        return margin_fraction(epsilon, residual, more_log_sd)
    require_not_negative(more_log_sd=more_log_sd)
    wanders = 0.0 if track.variance is None else residual.drift_log_sd**2
    own = math.sqrt((track.widening**2 - 1) * residual.log_sd**2 + variance_of(track, residual) + wanders)
    margin = margin_fraction(epsilon, residual, math.hypot(own, more_log_sd))
    return math.exp(bias_of(track, residual)) * (1 + margin) - 1


def of_truth(log_bias: float) -> Track:
    """The track of an asset whose bias is known: what learning can at best come to."""
    require_finite(log_bias=log_bias)
    require_within(-MOST_BIAS, MOST_BIAS, log_bias=log_bias)
    return Track(log_bias, 0.0, flights=1)


def _log_ratio(used_wh: float, predicted_wh: float) -> float:
    require_positive(used_wh=used_wh, predicted_wh=predicted_wh)
    return math.log(used_wh / predicted_wh)
