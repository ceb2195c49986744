"""To which part of its trip a sample belongs that does not say so: it is judged all the same, and a person is told."""

from __future__ import annotations

from fleet.dispatch.inputs import Finding
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.separation.flights import BREAKS_OFF
from fleet.feasibility.incident import incident
from fleet.protocol.messages import Telemetry

TELEMETRY_UNPLACED = "telemetry_unplaced"
"""The exception about one under way whose samples name no step of its mission."""

UNPLACED_ROW = 5
"""So many samples in a row name none before a person is told: at the end of a step one or two may."""

GROUNDED = frozenset({"idle", "charging", "loading", "landed"})
"""What says itself that it is not on its way."""


def is_unplaced(guard: Guard, sample: Telemetry) -> bool:
    """Whether it is out by its own reports, and the sample names no step of its mission, nor says that it breaks it
    off."""
    if guard.record.left_at is None or guard.record.back_at is not None or sample.state in GROUNDED:
        return False
    if sample.mission_id != guard.mission_id:
        return True
    return (
        sample.step_id not in guard.step_ids
        and sample.state not in BREAKS_OFF
        and not _stays_off(guard, sample)
    )


def _stays_off(guard: Guard, sample: Telemetry) -> bool:
    """It holds while it breaks its trip off: then it is at no step."""
    return sample.step_id is None and sample.state == "holding" and (bool(guard.doing) or guard.record.astray)


def placed(guard: Guard, sample: Telemetry) -> Telemetry:
    """The sample as one of its mission, at the step that it is at by its reports, else at the next that is not over."""
    if not is_unplaced(guard, sample):
        return sample
    step_id = None
    if sample.state not in BREAKS_OFF:
        left = guard.record.remaining
        step_id = guard.record.current or (left[0].step_id if left else None)
    return sample.model_copy(update={"mission_id": guard.mission_id, "step_id": step_id})


class Unplaced:
    """How many samples of each asset in a row were such."""

    def __init__(self) -> None:
        self._row: dict[str, int] = {}

    def forget(self, asset_id: str) -> None:
        """It is not out any more."""
        self._row.pop(asset_id, None)

    def check(self, guard: Guard, sample: Telemetry, is_one: bool) -> Finding | None:
        """That its samples can't be placed, once it is no matter of a moment; ``sample`` is the one as it came."""
        if not is_one:
            if self._row:
                self._row.pop(guard.asset_id, None)
            return None
        row = self._row[guard.asset_id] = self._row.get(guard.asset_id, 0) + 1
        if row < UNPLACED_ROW:
            return None
        said = (
            f"step {sample.step_id!r}, which mission {guard.mission_id} does not have"
            if sample.mission_id == guard.mission_id
            else f"mission {sample.mission_id!r}, and it is on {guard.mission_id}"
        )
        why = incident(
            TELEMETRY_UNPLACED,
            f"its samples name {said}; they are judged at the step of its reports: have its adapter name the mission "
            "and the step that it is at",
            source=guard.asset_id,
        )
        return Finding(guard.asset_id, guard.mission_id, TELEMETRY_UNPLACED, None, (why,))
