"""What the fleet has learned of an asset's own energy: numbers only; `fleet.energy.learning` says what they mean."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fleet.domain.event import Event
from fleet.protocol.values import Code, Identifier, NonNegative, Positive, Value

Finite = Annotated[float, Field(allow_inf_nan=False)]

Meter = Literal["meter", "gauge"]
"""What told the energy that a trip took: the asset's meter, or its state of charge before and after."""


class EnergyTrack(Value):
    """How an asset's trips lay beside its type's model so far.

    ``log_bias`` is added to the logarithm of a prediction, ``variance`` is how unsure it is (none: no trip yet),
    ``flights`` how many trips taught it; ``widening`` raises the residual's deviation, ``high`` and ``low`` are the
    sums that an alarm is told by. ``log_pace`` is the logarithm of how much longer than by its type's model its ways
    last, ``pace_variance`` how unsure that is (none: no trip yet).
    """

    log_bias: Finite = 0.0
    variance: NonNegative | None = None
    flights: Annotated[int, Field(ge=0)] = 0
    widening: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.0
    high: NonNegative = 0.0
    low: NonNegative = 0.0
    log_pace: Annotated[Finite, Field(exclude_if=lambda log: log == 0)] = 0.0
    pace_variance: Annotated[NonNegative | None, Field(exclude_if=lambda it: it is None)] = None


class KeptTrack(Value):
    """What earlier days have taught of an asset that is not there today: of which type it was, against which figures
    it was learned, and where it stands. It is kept for the day on which it is back."""

    type_id: Identifier
    figures: Identifier
    track: EnergyTrack


class Timed(Value):
    """How long the ways of a trip lasted, and would have by the type's model without anything that was learned, in
    s."""

    lasted_s: Positive
    expected_s: Positive


class EnergyLearned(Event):
    """A trip was flown as it was sent: what it took, as ``by`` told, beside what its type's model says of what was
    flown. ``surprise`` is how far that lay from what was expected of this asset, in deviations; ``alarm``: its trips
    are not what they were. ``timed`` is what its times taught, ``track`` what is known of the asset from now on."""

    type: Literal["energy_learned"] = "energy_learned"
    asset_id: Identifier
    mission_id: Identifier
    planned_wh: Positive
    predicted_wh: Positive
    used_wh: Positive
    by: Meter = "meter"
    surprise: Finite
    alarm: bool = False
    timed: Annotated[Timed | None, Field(exclude_if=lambda it: it is None)] = None
    track: EnergyTrack


class EnergyNotLearned(Event):
    """A trip of a machine is over that tells nothing of what the asset takes, and why. Where its times can still be
    learned from, ``timed`` has them and ``track`` what is known of the asset from now on."""

    type: Literal["energy_not_learned"] = "energy_not_learned"
    asset_id: Identifier
    mission_id: Identifier
    why: Code
    timed: Annotated[Timed | None, Field(exclude_if=lambda it: it is None)] = None
    track: Annotated[EnergyTrack | None, Field(exclude_if=lambda it: it is None)] = None
