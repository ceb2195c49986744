"""The figures of a day: what is compared, in which unit, and which way is better."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Better = Literal["less", "more", "neither"]

COMPONENT: Final = "cost_of_"
MODE: Final = "cost_by_"


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: its name in JSON, in words, its unit ("money" stands for the fleet's currency), what is better."""

    name: str
    words: str
    unit: str
    better: Better
    decimals: int = 1


FIXED: Final = (
    Measure("parcels", "parcels", "", "neither"),
    Measure("cost", "cost", "money", "less", 2),
    Measure("cost_per_served", "cost per parcel served", "money", "less", 3),
    Measure("served_share", "served by the day's end", "%", "more"),
    Measure("on_time_share", "on time", "%", "more"),
    Measure("handed_on", "handed on under way", "parcels", "less"),
    Measure("left_to_drivers", "left to drivers after the day", "parcels", "less"),
    Measure("driving_hours", "vans' hours", "h", "less", 2),
    Measure("energy_kwh", "energy of drones and robots", "kWh", "less", 3),
    Measure("co2_kg", "CO2", "kg", "less", 3),
    Measure("failures", "vehicles that failed", "", "less"),
    Measure("breaches", "zones, reserves or custody broken", "", "less"),
)
"""Those that every day has, but for shares of no parcels, and CO2 where the fleet file does not say what is emitted."""

COMPONENTS: Final = {
    "trip": "vans' days, sorties' wear",
    "time": "time",
    "distance": "distance",
    "energy": "energy",
    "parcel": "fees per parcel",
    "co2": "CO2 at its price",
    "credit": "credits for walks to lockers",
}


def measure(name: str) -> Measure:
    """What a figure of this name is."""
    found = next((each for each in FIXED if each.name == name), None)
    if found is not None:
        return found
    if name.startswith(COMPONENT):
        what = name.removeprefix(COMPONENT)
        return Measure(name, f"  of it {COMPONENTS.get(what, what)}", "money", "less", 2)
    what = name.removeprefix(MODE).replace("_", " ")
    return Measure(name, f"  of it by {what}", "money", "neither", 2)


def figures(report: Mapping[str, Any], verdict: Mapping[str, Any], driven_s: float) -> dict[str, float]:
    """The figures of a day from its report and its judge; shares in per cent. One that a day does not have (a share of
    no parcels) is not there."""
    ended, parcels, cost = report["ended"], report["parcels"], report["cost"]
    served = ended["delivered"] + ended["in_locker"]
    found = {
        "parcels": float(parcels),
        "cost": cost["total"],
        **({"cost_per_served": cost["total"] / served} if served else {}),
        **({"served_share": 100 * served / parcels} if parcels else {}),
        **({} if report["on_time_share"] is None else {"on_time_share": 100 * report["on_time_share"]}),
        "handed_on": float(report["handed_on"]["under_way"]),
        "left_to_drivers": float(ended["in_driver_route"]),
        "driving_hours": driven_s / 3600,
        "energy_kwh": report["energy_wh"]["used"] / 1000,
        **({} if report["co2_kg"] is None else {"co2_kg": report["co2_kg"]}),
        "failures": float(sum(one["what"] == "failure" for one in verdict["incidents"])),
        "breaches": float(_breaches(report)),
    }
    return found | dict(_parts(cost))


def _breaches(report: Mapping[str, Any]) -> int:
    broken = sum(report[name] for name in ("zone_breaches", "reserve_breaches", "custody_breaks"))
    return int(broken) + len(report["evidence"].get("crashes", ()))


def _parts(cost: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for component, money in cost["by_component"].items():
        yield f"{COMPONENT}{component}", money
    for mode, money in cost["by_mode"].items():
        yield f"{MODE}{mode}", money


def ordered(names: Mapping[str, object]) -> list[Measure]:
    """The measures of these names: cost first with what it is made of, then service."""
    fixed = [each.name for each in FIXED]
    at = fixed.index("cost") + 0.5

    def place(name: str) -> tuple[float, int, str]:
        if name in fixed:
            return float(fixed.index(name)), 0, name
        return at, 0 if name.startswith(COMPONENT) else 1, name

    return [measure(name) for name in sorted(names, key=place)]
