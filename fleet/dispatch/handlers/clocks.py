"""Assets whose clocks are off: a person sets them right. Until then their stamps are put right by what they are off."""

from __future__ import annotations

from fleet.dispatch.desk import Desk
from fleet.dispatch.inputs import ClockOff, ClockRight
from fleet.domain.state import ExceptionRecord, State
from fleet.feasibility.incident import measured

CLOCK_OFF = "clock_off"


def clock_off(desk: Desk, message: ClockOff) -> None:
    """Say so once, until it is right again."""
    way = "fast" if message.off_s > 0 else "slow"
    detail = f"it stamps its telemetry {abs(message.off_s):.0f} s off the hub's time: its clock is {way}"
    desk.raise_once(
        CLOCK_OFF,
        "its times are put right by that; set its clock, or look how its adapter reads it",
        asset_id=message.asset_id,
        owner="operator",
        reasons=(
            measured(
                CLOCK_OFF,
                detail,
                limit=message.limit_s,
                actual=round(message.off_s, 3),
                unit="s",
                source=message.asset_id,
            ),
        ),
    )


def clock_right(desk: Desk, message: ClockRight) -> None:
    """It agrees with the hub again."""
    for found in desk.state.open_exceptions():
        if found.code == CLOCK_OFF and found.asset_id == message.asset_id:
            desk.close_exception(found.exception_id, "its clock is right again")


def clocks_off(state: State) -> dict[str, float]:
    """The assets whose clocks are known to be off, and by how many seconds (0 where a log of an earlier release does
    not say so)."""
    found = (e for e in state.open_exceptions() if e.code == CLOCK_OFF and e.asset_id)
    return {e.asset_id or "": _off_s(e) for e in found}


def _off_s(found: ExceptionRecord) -> float:
    told = next((r.actual for r in found.reasons), None)
    return told if isinstance(told, float) else 0.0
