"""The options of a check that say whom it is for: what the operator is allowed, where it must stay, what drives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from fleet.cli.output import BadInput, warn
from fleet.feasibility.approvals import Use, has_count, use_met
from fleet.intake.authorisations import told_of_unfit
from fleet.intake.fleetfile import FleetFile as FleetFileRead
from fleet.intake.fleetfile import read_fleet
from fleet.intake.suggest import did_you_mean
from geofences.checks.authorisation import authorised, zones_of
from geofences.checks.permits import check_drive
from geofences.checks.result import CheckResult, Conflict
from geofences.geometry.track import MOST_WITHIN_S, Waypoint
from geofences.model.zone import ON_APPROVAL, Restriction, Surface
from geofences.zones.zoneset import ZoneSet

FleetFile = Annotated[
    Path | None,
    typer.Option("--fleet", metavar="FILE", help="A fleet file, whose authorisations are held."),
]
Vehicles = Annotated[
    list[str] | None,
    typer.Option(
        "--vehicle", metavar="NAME", help="The type or kind that goes, where approvals are for some."
    ),
]
Held = Annotated[
    list[str] | None,
    typer.Option("--hold", metavar="ZONE", help="A zone whose approval is held, without limits."),
]
Areas = Annotated[
    list[str] | None,
    typer.Option(
        "--area",
        metavar="ID",
        help="An operating area to stay inside of; without it, all that the files have.",
    ),
]
Drives = Annotated[
    Literal["sidewalk", "street"] | None,
    typer.Option("--drive", help="A robot's way on this, held against permit areas instead of airspace."),
]
Weight = Annotated[
    float | None, typer.Option("--weight-kg", metavar="KG", help="With --drive: the robot's weight, loaded.")
]
TimeMargin = Annotated[
    float,
    typer.Option(
        "--time-margin-s", metavar="S", help="By how many seconds all times may be wrong, early or late."
    ),
]


def time_margin(seconds: float) -> float:
    """What ``--time-margin-s`` says. Raises ``BadInput`` for what is no margin."""
    if not 0.0 <= seconds <= MOST_WITHIN_S:
        raise BadInput(f"--time-margin-s: must be 0 to {MOST_WITHIN_S:.0f}, a day (found {seconds:g})")
    return seconds


@dataclass(frozen=True, slots=True)
class Operator:
    """The zones as they hold for the operator, and what a path is held to besides."""

    zones: ZoneSet
    held: frozenset[str]
    areas: frozenset[str] | None
    published: ZoneSet
    fleet: FleetFileRead | None
    vehicles: frozenset[str]

    def counted(self, met_in: Callable[[ZoneSet], Sequence[Conflict]]) -> list[dict[str, Any]]:
        """The approvals for a number of flights that a flight counts for, and on which of their days; ``met_in`` tells
        what it meets in some zones."""
        if self.fleet is None:
            return []
        found = (
            use_met(one, met_in(zones_of(self.published, one)), self.fleet.spec)
            for one in self.fleet.authorisations
            if has_count(one) and not (one.vehicles and one.vehicles.isdisjoint(self.vehicles))
        )
        return [_counted(use) for use in found if use is not None]


def _counted(use: Use) -> dict[str, Any]:
    one = use.approval
    return {
        "authorisation": one.reference,
        "zone": one.zone_id,
        "max_at_once": one.max_at_once,
        "max_per_day": one.max_per_day,
        "days": [day.isoformat() for day in sorted(use.days)],
    }


def told_of_count(counted: Mapping[str, Any]) -> str:
    """One of them in words."""
    most = [
        f"{counted[name]} {unit}"
        for name, unit in (("max_at_once", "at once"), ("max_per_day", "a day"))
        if counted[name] is not None
    ]
    days = ", ".join(counted["days"])
    return (
        f"it counts for authorisation {counted['authorisation']!r} of {counted['zone']} on {days}, "
        f"which allows {' and '.join(most)}; how many others go is known in plans and runs only"
    )


def operator(
    zones: ZoneSet,
    fleet: Path | None,
    vehicles: Sequence[str] | None,
    held: Sequence[str] | None,
    areas: Sequence[str] | None,
) -> Operator:
    """What the options say of these zones. Raises ``BadInput`` that names the option."""
    read = None if fleet is None else read_fleet(fleet)
    approvals = () if read is None else read.authorisations
    if vehicles and fleet is None:
        raise BadInput("--vehicle: needs --fleet, whose authorisations are for some vehicles")
    if read is not None:
        _check_vehicles(read, vehicles or ())
    _judge(zones, "--hold", held or (), ON_APPROVAL, "can't be entered by approval")
    only = frozenset({Restriction.OPERATING_AREA})
    _judge(zones, "--area", areas or (), only, "is no operating area (restriction OPERATING_AREA)")
    for told in told_of_unfit(zones, approvals):
        warn(told)
    names = frozenset(vehicles or ())
    ours = authorised(zones, approvals, names)
    inside = None if areas is None else frozenset(areas)
    return Operator(ours, frozenset(held or ()), inside, zones, read, names)


def _check_vehicles(read: FleetFileRead, names: Sequence[str]) -> None:
    """Raise ``BadInput`` for what is neither a type nor a kind of the fleet: no approval is for it."""
    known = sorted({*read.spec.types, *(each.kind for each in read.spec.types.values())})
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or f"; known are {', '.join(known)}"
            raise BadInput(
                f"--vehicle: there is no such type or kind in the fleet file{hint} (found {name!r})"
            )


def _judge(
    zones: ZoneSet, option: str, ids: Sequence[str], kinds: frozenset[Restriction], otherwise: str
) -> None:
    """Raise ``BadInput`` for an id that no zone has, or none of these kinds."""
    for one in ids:
        found = zones.find(one)
        if not found:
            known = [zone.zone_id for zone in zones.zones if zone.restriction in kinds]
            raise BadInput(f"{option}: there is no zone {one!r}{did_you_mean(one, known)}")
        if not any(zone.restriction in kinds for zone in found):
            raise BadInput(f"{option}: zone {one!r} ({found[0].restriction.value}) {otherwise}")


def driven(
    zones: ZoneSet,
    path: Sequence[Waypoint],
    surface: str,
    weight_kg: float | None,
    others: Sequence[str],
    time_margin_s: float = 0.0,
) -> CheckResult:
    """A robot's way against the permit areas. Raises ``BadInput`` where options of aircraft are given too."""
    if others:
        raise BadInput(f"--drive: {', '.join(others)} are for what flies")
    if weight_kg is None or not (isfinite(weight_kg) and weight_kg > 0):
        raise BadInput("--weight-kg: must be stated with --drive, and above 0: permits have limits of weight")
    return check_drive(zones, path, Surface(surface), weight_kg, time_margin_s=time_margin_s)
