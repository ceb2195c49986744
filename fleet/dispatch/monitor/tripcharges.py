"""What of a trip's charge has to outlive the hub: kept with the mission whenever it says something new."""

from __future__ import annotations

from datetime import datetime

from fleet.dispatch.inputs import ChargeFound
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.remaining import HOLDING
from fleet.domain.tripcharge import TripCharge
from fleet.protocol.messages import Telemetry

STAYS_STEP, STAYED_STEP, DRAWN_STEP = 0.01, 0.001, 0.02
"""By so much, as a share of a full battery, a stay that goes on, those that are over, and what the model has drawn must
differ to be told anew."""


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

    def news(self, guard: Guard, sample: Telemetry, drawn: float | None, now: datetime) -> ChargeFound | None:
        """What is to be kept of one under way; none where nothing is new, or with what it left is not known. ``drawn``
        is what the model says that its trip has drawn, none where its gauge is believed."""
        told, stays_soc = self._told.get(guard.asset_id), guard.held_soc
        stays = sample.state == HOLDING or sample.step_id == guard.drop_id
        step = STAYS_STEP if stays else STAYED_STEP
        if guard.start_soc is None or (told is not None and not _is_news(told, stays_soc - step, drawn)):
            return None
        found = TripCharge(
            at=now,
            left_soc=min(1.0, max(0.0, guard.start_soc)),
            stays_soc=max(0.0, round(stays_soc, 4)),
            drawn=None if drawn is None else min(1.0, round(drawn, 4)),
        )
        self._told[guard.asset_id] = found
        return ChargeFound(guard.mission_id, found)


def _is_news(told: TripCharge, least_soc: float, drawn: float | None) -> bool:
    if least_soc > told.stays_soc:
        return True
    if drawn is None:
        return False
    return told.drawn is None or min(1.0, drawn) - told.drawn > DRAWN_STEP  # all of it is as good as more
