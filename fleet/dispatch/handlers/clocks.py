"""Assets whose clocks are off: a person sets them right. Nothing that the hub decides depends on them."""

from __future__ import annotations

from fleet.dispatch.desk import Desk
from fleet.dispatch.inputs import ClockOff, ClockRight
from fleet.feasibility.incident import incident

CLOCK_OFF = "clock_off"


def clock_off(desk: Desk, message: ClockOff) -> None:
    """Say so once, until it is right again."""
    way = "fast" if message.off_s > 0 else "slow"
    detail = f"it stamps its telemetry {abs(message.off_s):.0f} s off the hub's time: its clock is {way}"
    desk.raise_once(
        CLOCK_OFF,
        "its times are not believed; set its clock, or look how its adapter reads it",
        asset_id=message.asset_id,
        owner="operator",
        reasons=(incident(CLOCK_OFF, detail, source=message.asset_id),),
    )


def clock_right(desk: Desk, message: ClockRight) -> None:
    """It agrees with the hub again."""
    for found in desk.state.open_exceptions():
        if found.code == CLOCK_OFF and found.asset_id == message.asset_id:
            desk.close_exception(found.exception_id, "its clock is right again")
