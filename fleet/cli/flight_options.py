"""The options of a check that say what an aircraft may do besides following its path: errors, and how it comes down.

Both are lists such as ``ballistic,wind=8,span=1.2``; the names are those of ``_VOLUMES`` and ``_ERRORS``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any

import numpy as np
import typer

from fleet.cli.output import BadInput
from fleet.intake.suggest import did_you_mean
from geofences.checks.flight import Uncertainty, check_flight
from geofences.checks.ground import protecting
from geofences.checks.heights import part_boxes
from geofences.checks.result import CheckResult
from geofences.checks.rules import ON_THE_GROUND
from geofences.checks.sora import Ballistic, Descent, Glide, Margins, OneToOne, Operation, Parachute, margins
from geofences.geometry.track import Waypoint, track_of
from geofences.model.altitude import Terrain
from geofences.model.words import known_reasons
from geofences.zones.zoneset import ZoneSet

Buffer = Annotated[
    str | None,
    typer.Option(
        "--buffer",
        metavar="HOW[,KEY=VALUE…]",
        help="Contingency volume and ground risk buffer (SORA): one-to-one, ballistic, parachute or glide.",
    ),
]
Errors = Annotated[
    str | None,
    typer.Option(
        "--uncertainty",
        metavar="KEY=VALUE[,…]",
        help="How far off its path it may be, and how fast that grows.",
    ),
]
FallsOn = Annotated[
    list[str] | None,
    typer.Option(
        "--falls-on",
        metavar="REASON",
        help="Zones with this reason lie outside the ground risk buffer (POPULATION, SENSITIVE, EMERGENCY).",
    ),
]

_VOLUMES = {
    "wind": "wind_mps",
    "span": "span_m",
    "bank": "bank_deg",
    "reaction": "reaction_s",
    "gnss": "gnss_m",
    "holding": "holding_m",
    "map": "map_m",
    "height-error": "height_error_m",
    "height": "height_m",
}
_ERRORS = {
    "sideways": "sideways_m",
    "vertical": "vertical_m",
    "sideways-rate": "sideways_mps",
    "vertical-rate": "vertical_mps",
}
_NEEDED = ("wind", "span")


@dataclass(frozen=True, slots=True)
class _Method:
    """A way to come down: what it needs besides, and how it is made of that. A glider does not hover."""

    keys: tuple[str, ...]
    make: Callable[..., Descent]
    hovers: bool = True


_METHODS: Mapping[str, _Method] = {
    "one-to-one": _Method((), OneToOne),
    "ballistic": _Method((), Ballistic),
    "parachute": _Method(("opens", "sinks"), Parachute),
    "glide": _Method(("ratio",), Glide, hovers=False),
}


@dataclass(frozen=True, slots=True)
class FlightRules:
    """What the check is to count with: for the zones, and for those below that nothing may fall on."""

    uncertainty: Uncertainty
    margins: Margins | None
    below: ZoneSet | None

    def said(self) -> dict[str, Any] | None:
        """The volumes, rounded, for the answer; none where there are none."""
        if self.margins is None:
            return None
        return {
            "contingency_m": round(self.margins.contingency_m, 1),
            "contingency_up_m": round(self.margins.contingency_up_m, 1),
            "top_m": round(self.margins.top_m, 1),
            "ground_risk_buffer_m": round(self.margins.buffer_m, 1),
        }


def flight_rules(
    buffer: str | None,
    errors: str | None,
    falls_on: Sequence[str] | None,
    path: Sequence[Waypoint],
    speed_mps: float,
    terrain: Terrain,
    zones: ZoneSet,
) -> FlightRules:
    """What the options say of this path. Raises ``BadInput`` that names the option."""
    uncertainty = _uncertainty(errors)
    if buffer is None:
        if falls_on:
            raise BadInput("--falls-on: needs --buffer, which says how far anything falls")
        return FlightRules(uncertainty, None, None)
    protected = _reasons(falls_on or ON_THE_GROUND)
    found = _margins(buffer, path, speed_mps, terrain)
    return FlightRules(uncertainty, found, protecting(zones, protected, terrain))


def checked(
    zones: ZoneSet,
    path: Sequence[Waypoint],
    terrain: Terrain,
    rules: FlightRules,
    held: frozenset[str],
    areas: frozenset[str] | None,
    time_margin_s: float = 0.0,
) -> CheckResult:
    """The check with these rules. Raises ``BadInput`` for volumes that are too large to be checked."""
    try:
        return check_flight(
            zones,
            path,
            terrain,
            uncertainty=rules.uncertainty,
            margins=rules.margins,
            below=rules.below,
            held=held,
            areas=areas,
            time_margin_s=time_margin_s,
        )
    except ValueError as error:
        raise BadInput(f"--buffer, --uncertainty: {error}") from None


def _reasons(falls_on: Collection[str]) -> frozenset[str]:
    try:
        return known_reasons(falls_on, "--falls-on")
    except ValueError as error:
        raise BadInput(str(error)) from None


def _uncertainty(text: str | None) -> Uncertainty:
    if text is None:
        return Uncertainty()
    said = _numbers("--uncertainty", text.split(","), _ERRORS)
    try:
        return Uncertainty(**{_ERRORS[name]: value for name, value in said.items()})
    except ValueError as error:
        raise BadInput(f"--uncertainty: {error}") from None


def _margins(text: str, path: Sequence[Waypoint], speed_mps: float, terrain: Terrain) -> Margins:
    name, *rest = text.split(",")
    method = _METHODS.get(name)
    if method is None:
        hint = did_you_mean(name, _METHODS) or f"; write one of {', '.join(_METHODS)}"
        raise BadInput(f"--buffer: there is no such way to come down{hint} (found {name!r})")
    said = _numbers("--buffer", rest, [*_VOLUMES, *method.keys])
    for key in (*_NEEDED, *method.keys):
        if key not in said:
            raise BadInput(f"--buffer: {key}=… is missing")
    height_m = said.pop("height", None)
    of_method = [said.pop(key) for key in method.keys]
    stated = {_VOLUMES[key]: value for key, value in said.items()}
    height = _height_m(path, terrain) if height_m is None else height_m
    try:
        operation = Operation(height_m=height, airspeed_mps=speed_mps, hovers=method.hovers, **stated)
        return margins(operation, method.make(*of_method))
    except ValueError as error:
        raise BadInput(f"--buffer: {error}") from None


def _numbers(option: str, parts: Sequence[str], known: Mapping[str, str] | Sequence[str]) -> dict[str, float]:
    said: dict[str, float] = {}
    for part in parts:
        key, _, text = part.partition("=")
        if key not in known:
            hint = did_you_mean(key, list(known)) or f"; known are {', '.join(known)}"
            raise BadInput(f"{option}: {key!r} is not known{hint}")
        try:
            said[key] = float(text)
        except ValueError:
            raise BadInput(f"{option}: {key} must be a number (found {text!r})") from None
    return said


def _height_m(path: Sequence[Waypoint], terrain: Terrain) -> float:
    """The highest that the path may be above ground. Raises ``BadInput`` where that is not known."""
    track = track_of(path)
    highest = 0.0
    for piece in range(len(track.alt0)):
        _, boxes = part_boxes(track, piece, terrain.step_m, 0.0)
        ground = float(np.min(terrain.ground_within_many(boxes).low))
        highest = max(highest, max(track.alt0[piece], track.alt1[piece]) - ground)
    if not isfinite(highest):
        raise BadInput(
            "--buffer: how high it flies above ground is not known: give --terrain, or height=… in metres"
        )
    return highest
