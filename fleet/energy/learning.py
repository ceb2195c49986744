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
from collections.abc import Iterable
from typing import NamedTuple

from fleet.energy.airframe import Residual
from fleet.energy.errors import require_not_negative, require_positive
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
DECLARED_LOG_SD = 0.05
"""How far a type's figures may lie from its assets where they were declared and never measured (assumption: what one
hover test leaves open), or as far as the deviation that was declared. Only learning counts with it: such a type's
assets show what they take, and that is no alarm. The margin before the first flight is the declared one."""


ASSUMED_APART = 0.03
"""How far assets of a type are taken to lie apart where nobody has said (assumption: that of one flight's residual)."""


class Track(NamedTuple):
    """What is known of one asset. A new one has the defaults.

    ``log_bias`` is what is added to the logarithm of the type's prediction, ``variance`` how unsure that is (none: no
    flight yet), ``widening`` by how much the residual's deviation is raised, ``high`` and ``low`` the sums of the
    CUSUM. ``log_pace`` is how much longer than by the model its ways last, ``pace_variance`` how unsure that is
    (`fleet.energy.pace`).
    """

    log_bias: float = 0.0
    variance: float | None = None
    flights: int = 0
    widening: float = 1.0
    high: float = 0.0
    low: float = 0.0
    log_pace: float = 0.0
    pace_variance: float | None = None


NEW = Track()


class Appetite(NamedTuple):
    """What decisions need of a track: the logarithm that the asset is counted as hungrier than its type, and the
    deviation of what is not known of it besides the residual; how many times as long as by the model its ways last, and
    what part of ``log_bias`` that it lasts longer makes."""

    log_bias: float = 0.0
    log_sd: float = 0.0
    pace: float = 1.0
    slow: float = 0.0


AS_ITS_TYPE = Appetite()
"""An asset of which nothing more has to be allowed for than of its type."""


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
    known = _variance_before(track, residual) + residual.drift_log_sd**2
    expected = known + residual.flown_sd**2
    off = log_ratio - track.log_bias
    surprise = off / math.sqrt(expected)
    gain = known / expected
    bounded = min(max(surprise, -WILD_SD), WILD_SD) * math.sqrt(expected)
    high, low = max(0.0, track.high + surprise - SLACK), max(0.0, track.low - surprise - SLACK)
    alarm = max(high, low) > LIMIT
    doubt = max(apart(residual), LEAST_DOUBT) ** 2 if alarm else 0.0
    widened = math.sqrt(FORGETS * track.widening**2 + (1 - FORGETS) * surprise**2)
    after = track._replace(
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
    return apart(residual) ** 2 if track.variance is None else track.variance


def apart(residual: Residual) -> float:
    """How far assets of the type lie apart, as it was said, or as it is assumed where nobody has."""
    return ASSUMED_APART if residual.between_log_sd is None else residual.between_log_sd


def _variance_before(track: Track, residual: Residual) -> float:
    """The same for the filter: of a type whose figures were only declared the first flights tell much."""
    if track.variance is None and residual.declared:
        return max(apart(residual), residual.log_sd, DECLARED_LOG_SD) ** 2
    return variance_of(track, residual)


def bias_of(track: Track, residual: Residual) -> float:
    """The bias that is counted with: all of it upwards, downwards no more than assets of the type are known to
    differ."""
    return max(track.log_bias, _most_frugal(residual))


def _most_frugal(residual: Residual) -> float:
    return -FRUGAL_SD * (residual.between_log_sd or 0.0)


def appetite_of(track: Track, residual: Residual | None) -> Appetite:
    """What decisions count with: the bias, and all that is not known of this asset. Nothing for a type that was never
    calibrated: nothing can be told from flights that no model predicts."""
    if residual is None:
        return AS_ITS_TYPE
    wanders = 0.0 if track.variance is None else residual.drift_log_sd**2
    own = (track.widening**2 - 1) * residual.log_sd**2 + variance_of(track, residual) + wanders
    return Appetite(bias_of(track, residual), math.sqrt(own))


def least_of(appetites: Iterable[Appetite]) -> Appetite:
    """No more than any of these: what does not pass with it passes with none of them."""
    known = tuple(appetites)
    return Appetite(*(min(each) for each in zip(*known, strict=True)))


def least_possible(residual: Residual | None) -> Appetite:
    """No more than that of any asset of the type, whatever will be learned of it."""
    return AS_ITS_TYPE if residual is None else Appetite(_most_frugal(residual))


def raised_with(
    epsilon: float, appetite: Appetite, residual: Residual | None, more_log_sd: float = 0.0
) -> float:
    """By which share the type's prediction is raised for an asset with this appetite: rises with both of its parts."""
    margin = margin_fraction(epsilon, residual, math.hypot(appetite.log_sd, more_log_sd))
    return math.exp(appetite.log_bias) * (1 + margin) - 1


def raised_by(epsilon: float, track: Track, residual: Residual | None, more_log_sd: float = 0.0) -> float:
    """By which share the type's prediction is raised for this asset, so that its next flight takes more with
    probability ``epsilon``, as modelled: its bias, and a margin for all that is not known.

    For a new asset of a type whose assets are said to be alike (`between_log_sd` 0) this is `margin_fraction`, and for
    a type that was never calibrated always. Raises `InvalidInput` as that does.
    """
    require_not_negative(more_log_sd=more_log_sd)
    return raised_with(epsilon, appetite_of(track, residual), residual, more_log_sd)


def _log_ratio(used_wh: float, predicted_wh: float) -> float:
    require_positive(used_wh=used_wh, predicted_wh=predicted_wh)
    return math.log(used_wh / predicted_wh)
