"""What of a trip's charge has to outlive the hub: kept with the mission whenever it says something new."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from fleet.dispatch.inputs import ChargeFound
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.remaining import HOLDING
from fleet.domain.tripcharge import TripCharge
from fleet.protocol.messages import Telemetry

STAYS_STEP, STAYED_STEP = 0.01, 0.001
"""By so much, as a share of a full battery, a stay that goes on, and those that are over, must differ to be told."""

DRAWN_STEP, UNSEEN_STEP = 0.05, 0.02
"""The same of what the model has drawn: where the gauge is believed, and where the model is."""

TAKEN_STEP = 0.01


class ByModel(NamedTuple):
    """What a trip has drawn by the model as a share of a full battery, and whether that is believed, not its gauge;
    ``shown`` is what that said last (none: nothing, or it is doubted)."""

    drawn: float
    believed: bool
    shown: float | None = None


class TripCharges:
    """What was told of those that are out."""

    def __init__(self) -> None:
        self._told: dict[str, TripCharge] = {}

    def forget(self, asset_id: str) -> None:
        """It is not out any more."""
        self._told.pop(asset_id, None)

    def known(self, asset_id: str, charge: TripCharge | None) -> None:
        """It was told before a restart."""
        if charge is not None:
            self._told[asset_id] = charge

    def news(self, guard: Guard, sample: Telemetry, by_model: ByModel, now: datetime) -> ChargeFound | None:
        """What is to be kept of one under way; none where nothing is new, or with what it left is not known. ``sample``
        is as it was judged."""
        told = self._told.get(guard.asset_id)
        if guard.start_soc is None or (told is not None and not _is_news(told, guard, sample, by_model)):
            return None
        found = TripCharge(
            at=now,
            left_soc=_share(guard.start_soc),
            stays_soc=max(0.0, round(guard.held_soc, 4)),
            drawn=_share(by_model.drawn),
            believed=None if sample.soc is None else _share(sample.soc),
            shown=None if by_model.shown is None else _share(by_model.shown),
            taken=round(guard.taken, 4),
        )
        self._told[guard.asset_id] = found
        return ChargeFound(guard.mission_id, found)


def _is_news(told: TripCharge, guard: Guard, sample: Telemetry, by_model: ByModel) -> bool:
    stays = sample.state == HOLDING or sample.step_id == guard.drop_id
    if guard.held_soc - told.stays_soc > (STAYS_STEP if stays else STAYED_STEP):
        return True
    step = UNSEEN_STEP if by_model.believed else DRAWN_STEP
    # All of a battery is as good as more: who stands for hours tells no more.
    return min(1.0, by_model.drawn) - told.drawn > step or abs(guard.taken - told.taken) > TAKEN_STEP


def _share(of_full: float) -> float:
    return min(1.0, max(0.0, round(of_full, 4)))
