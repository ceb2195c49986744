"""The energy meter of each asset that is out, beside its gauge: a worn pack, a slow gauge, or a meter that stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import NamedTuple

from fleet.dispatch.inputs import Finding
from fleet.dispatch.monitor.guard import Guard
from fleet.energy.capacity import LEAST_SHARE, measured
from fleet.feasibility.capacity import CAPACITY_CHECK, capacity_apart
from fleet.feasibility.charge import SENSOR_SUSPECT
from fleet.feasibility.incident import measured as measured_reason
from fleet.protocol.messages import Telemetry
from fleet.protocol.values import Reason

STEADY = 20
"""In so many samples in a row meter and gauge have not agreed before it counts."""

LEAST_OF_MODEL, LEAST_OF_GAUGE = 0.5, 0.25
"""A meter that shows a smaller part of what the model, or the gauge, says was drawn is no sign of a worn pack: it
stands still, or has begun anew unseen. No pack that carries a flight holds a quarter of what it should."""


class Base(NamedTuple):
    """What gauge, meter and model said first under way: shares of a full battery but for the meter, in Wh."""

    soc: float
    used_wh: float
    drawn: float


@dataclass(slots=True)
class Meter:
    """Of one mission, changed with each sample. ``last_wh`` is what the meter said last, ``holds`` what meter and gauge
    say that a full battery holds, in samples in a row in which they do not agree, ``stuck`` what the
    gauge and the meter said was drawn, in Wh, when the meter was believed no more."""

    base: Base | None = None
    last_wh: float = 0.0
    holds: list[float] = field(default_factory=list)
    stuck: tuple[float, float] | None = None

    def judged(self, sample: Telemetry, full_wh: float, drawn: float) -> float | None:
        """The state of charge by the less of what meter and gauge leave, once they have not agreed for a while; none
        where the gauge counts. Both count from the first sample under way: a meter may have begun anywhere, and begins
        anew when its adapter does. ``drawn`` is what the trip has drawn by the model."""
        soc, used_wh = sample.soc, sample.energy_used_wh
        if soc is None or used_wh is None or self.stuck is not None:
            return None
        if self.base is None or used_wh < self.last_wh:
            self.base, self.holds = Base(soc, used_wh, drawn), []
        self.last_wh = used_wh
        by_meter = (used_wh - self.base.used_wh) / full_wh
        if _stands(by_meter, self.base.soc - soc, drawn - self.base.drawn):
            self.stuck, self.holds = ((self.base.soc - soc) * full_wh, used_wh - self.base.used_wh), []
            return None
        found = measured(self.base.soc, soc, used_wh - self.base.used_wh, full_wh)
        self.holds = [*self.holds, found.holds][-STEADY:] if found.apart else []
        return found.soc if len(self.holds) == STEADY else None

    @property
    def steady(self) -> float | None:
        """What both have said for a while that a full battery holds, as a share of what it should; none where they
        agree."""
        return median(self.holds) if len(self.holds) == STEADY else None


def _stands(by_meter: float, by_gauge: float, by_model: float) -> bool:
    """Whether it is the meter that is wrong: of three, gauge and model agree that far more was drawn."""
    if by_gauge < LEAST_SHARE:
        return False
    return by_meter < LEAST_OF_MODEL * min(by_model, by_gauge) or by_meter < LEAST_OF_GAUGE * by_gauge


def capacity(guard: Guard, sample: Telemetry, now: datetime) -> Finding | None:
    """Meter and gauge do not agree on what its battery holds: a person has it measured, and until then it counts for
    the less of the two."""
    del sample, now
    if guard.holds is None:
        return None
    reason = capacity_apart(guard.asset_id, guard.sortie, guard.holds)
    return Finding(guard.asset_id, guard.mission_id, CAPACITY_CHECK, None, (reason,))


def meter(guard: Guard, sample: Telemetry, now: datetime) -> Finding | None:
    """Its meter stands still: a person looks at it, and the gauge counts alone."""
    del sample, now
    if guard.meter is None:
        return None
    return Finding(guard.asset_id, guard.mission_id, SENSOR_SUSPECT, None, (guard.meter,))


def why_stuck(asset_id: str, kept: Meter) -> Reason | None:
    """Why the meter of this trip is not believed; none where it is."""
    if kept.stuck is None:
        return None
    by_gauge, by_meter = kept.stuck
    return measured_reason(
        "meter_stuck",
        f"the meter of {asset_id} is not believed: it shows {by_meter:.0f} Wh drawn, its gauge {by_gauge:.0f} Wh",
        limit=round(by_gauge, 1),
        actual=round(by_meter, 1),
        unit="Wh",
        source="telemetry",
    )
