"""Is what a pack gives known at all temperatures that it may come into."""

from __future__ import annotations

from fleet.energy.battery import Battery
from fleet.feasibility.verdict import Verdict, unknown
from fleet.protocol.values import Reason


def strange_temperature(battery: Battery, coldest_c: float, warmest_c: float) -> Verdict | None:
    """UNKNOWN where nobody has said what a pack gives at all temperatures between these."""
    coldest, hottest = battery.curve.points[0][0], battery.curve.points[-1][0]
    if coldest <= coldest_c and warmest_c <= hottest:
        return None
    temperature_c = coldest_c if coldest_c < coldest else warmest_c
    return unknown(
        Reason(
            code="battery_temperature_unknown",
            detail=f"what the battery gives is known from {coldest:g} to {hottest:g} °C only",
            limit=coldest if temperature_c < coldest else hottest,
            actual=temperature_c,
            unit="°C",
            source=battery.curve.source,
        )
    )
