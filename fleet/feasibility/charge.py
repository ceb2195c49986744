"""Is it known how full an asset's battery is: was it told at all, and not too long ago."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from fleet.domain.fleet import FleetSpec
from fleet.domain.state import State
from fleet.energy.gauge import Doubt
from fleet.feasibility.verdict import Verdict, feasible, unknown
from fleet.protocol.values import Reason

COME_FULL = "drones and robots that have not come yet come with full batteries"
SOC_UNKNOWN, SOC_STALE = "soc_unknown", "soc_stale"
BATTERY_SUSPECT = "battery_suspect"
"""The exception about one whose fuel gauge shows what can't be."""


@dataclass(frozen=True, slots=True)
class ToldCharge:
    """What an asset last told of its battery: its state of charge (0 to 1), and how many seconds ago; ``soc`` is none
    where it never did. ``age_s`` is none where age does not matter: the battery is filled before it counts.
    ``expected``: it has not come yet, and is only planned for. ``doubts``: why what it tells is not believed.
    """

    asset_id: str
    soc: float | None
    age_s: float | None = None
    expected: bool = False
    doubts: tuple[Reason, ...] = ()


def ask_charge(fleet: FleetSpec, told: ToldCharge) -> Verdict:
    """Whether a trip may be judged by what was told. What was never told, or longer ago than the fleet's
    ``soc_stale_s``, is UNKNOWN: neither a full battery nor an empty one. One that is only expected comes full where
    the fleet assumes that, and one whose gauge is doubted is UNKNOWN whatever it tells.
    """
    if told.doubts:
        return unknown(*told.doubts)
    if told.expected and fleet.assumptions.assets_come_full:
        return feasible(COME_FULL)
    if told.soc is None:
        detail = f"{told.asset_id} has not told its state of charge"
        return unknown(Reason(code=SOC_UNKNOWN, detail=detail, source=told.asset_id))
    if told.age_s is None or told.age_s <= fleet.soc_stale_s:
        return feasible()
    return unknown(
        Reason(
            code=SOC_STALE,
            detail=f"{told.asset_id} told its state of charge {_long(told.age_s)} ago, which counts for "
            f"{_long(fleet.soc_stale_s)}",
            limit=fleet.soc_stale_s,
            actual=round(told.age_s),
            unit="s",
            source=told.asset_id,
        )
    )


def doubts_of(state: State, asset_id: str) -> tuple[Reason, ...]:
    """Why an asset's gauge is not believed, until a person has closed the exception that says so."""
    opened = (state.exceptions[each] for each in state.unresolved)
    found = (e for e in opened if e.code == BATTERY_SUSPECT and e.asset_id == asset_id)
    return tuple(reason for e in found for reason in e.reasons)


def doubted(doubt: Doubt, asset_id: str) -> Reason:
    """Why a fuel gauge is not believed."""
    finite = isfinite(doubt.actual)
    return Reason(
        code=doubt.code,
        detail=f"the fuel gauge of {asset_id} is not believed: {doubt.detail}",
        limit=round(doubt.limit, 4),
        actual=round(doubt.actual, 4) if finite else str(doubt.actual),
        unit=doubt.unit,
        source=asset_id,
    )


def _long(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
