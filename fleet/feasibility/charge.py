"""Is it known how full an asset's battery is: was it told at all, and not too long ago."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from fleet.domain.fleet import FleetSpec
from fleet.domain.state import State
from fleet.energy.gauge import CLOCK_BACKWARDS, Doubt
from fleet.feasibility.verdict import Verdict, feasible, unknown
from fleet.protocol.values import Reason

COME_FULL = "drones and robots that have not come yet come with full batteries"
SOC_UNKNOWN, SOC_STALE = "soc_unknown", "soc_stale"
BATTERY_SUSPECT, CLOCK_SUSPECT = "battery_suspect", "clock_suspect"
"""The exceptions about one whose fuel gauge shows what can't be, and whose clock was set back: how old what it tells
is, nobody knows then."""
SENSOR_SUSPECT = "sensor_suspect"
"""The exception about one that measures something else that can't be."""
SUSPECTS = frozenset({BATTERY_SUSPECT, CLOCK_SUSPECT, SENSOR_SUSPECT})
"""Whoever has one of these open is neither planned nor released."""
CHARGE_ENDED = "charge_ended_early"
"""The exception, and the reason, about a battery that is not charged as was counted on."""


@dataclass(frozen=True, slots=True)
class ToldCharge:
    """What an asset last told of its battery: its state of charge (0 to 1), and how many seconds ago; ``soc`` is none
    where it never did. ``age_s`` is none where age does not matter: the battery is filled before it counts.
    ``expected``: it has not come yet, and is only planned for. ``doubts``: why what it tells is not believed.
    ``packs``: how many its type has, where it must tell of each.
    """

    asset_id: str
    soc: float | None
    age_s: float | None = None
    expected: bool = False
    doubts: tuple[Reason, ...] = ()
    packs: int | None = None


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
        of = f" of each of its {told.packs} packs" if told.packs is not None and told.packs > 1 else ""
        detail = f"{told.asset_id} has not told its state of charge{of}"
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
    """Why what an asset tells is not believed, until a person has closed the exceptions that say so."""
    return _open_reasons(state, asset_id, SUSPECTS)


def gauge_doubts_of(state: State, asset_id: str) -> tuple[Reason, ...]:
    """Of these, why what it tells of its battery is not."""
    return _open_reasons(state, asset_id, SUSPECTS - {SENSOR_SUSPECT})


def _open_reasons(state: State, asset_id: str, codes: frozenset[str]) -> tuple[Reason, ...]:
    opened = (state.exceptions[each] for each in state.unresolved)
    ours = [e for e in opened if e.code in codes and e.asset_id == asset_id]
    # They lie in no order that is the same in another run.
    return tuple(r for e in sorted(ours, key=lambda e: (e.at, e.exception_id)) for r in e.reasons)


OF_BATTERY: Mapping[str, str] = {
    "soc": "soc_out_of_range",
    "energy_used_wh": "meter_out_of_range",
    "packs": "pack_out_of_range",
}
"""What an asset measures of its battery, and the reason where that can't be."""


def no_measurement(asset_id: str, field: str, shown: str, problem: str) -> Reason:
    """Why something that an asset measures is not believed: no such value can be."""
    return Reason(
        code=OF_BATTERY.get(field, "value_out_of_range"),
        detail=f"{asset_id} tells {field} as {shown}, which can't be ({problem})",
        actual=shown,
        source=f"{asset_id}: {field}",
    )


def doubted(doubt: Doubt, asset_id: str) -> Reason:
    """Why a fuel gauge is not believed, or a clock."""
    finite, what = isfinite(doubt.actual), "clock" if doubt.code == CLOCK_BACKWARDS else "fuel gauge"
    return Reason(
        code=doubt.code,
        detail=f"the {what} of {asset_id} is not believed: {doubt.detail}",
        limit=round(doubt.limit, 4),
        actual=round(doubt.actual, 4) if finite else str(doubt.actual),
        unit=doubt.unit,
        source=asset_id,
    )


def ended_early(asset_id: str, soc: float, charged: float, said: str) -> Reason:
    """Why a charge is over before the battery is charged: the asset says so."""
    return Reason(
        code=CHARGE_ENDED,
        detail=f"{asset_id} stopped charging at {soc:.0%}: {said}",
        limit=charged,
        actual=round(soc, 4),
        unit="of full",
        source=asset_id,
    )


def as_charged(asset_id: str, soc: float, expected: float) -> Reason:
    """Why a charge is not believed to go on: what is told rises less than the curve of the vehicle's file says."""
    return Reason(
        code=CHARGE_ENDED,
        detail=f"{asset_id} says that it charges, and has {soc:.0%} where its curve has {expected:.0%}",
        limit=round(expected, 4),
        actual=round(soc, 4),
        unit="of full",
        source=asset_id,
    )


def _long(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
