"""The SORA semantic model around a flight: contingency volume and ground risk buffer.

Flight geography, where one means to fly; around it the contingency volume, in which an abnormal flight is brought back
(together they are the operational volume); around that the ground risk buffer, in which the aircraft comes down when
the flight is ended. JARUS SORA 2.5, main body and Annex A, defines them and asks for a buffer of at least 1:1 unless
a smaller one is shown to do. The formulas are those of the German authority's published guide (Luftfahrt-Bundesamt,
"Dimensionierung von Flight Geography, Contingency Volume und Ground Risk Buffer"); its symbols are named below.
Its speed V0 is one over ground: here airspeed and wind are added, as if the wind blew from behind all the time.
"""

import math
from dataclasses import dataclass, fields
from typing import Protocol

GRAVITY = 9.81

_UP_AT_45_DEG = 0.7071
"""An aircraft that climbs away unnoticed does so at 45 degrees."""

_TURN_HEIGHT_SHARE = 0.3
"""A fixed wing pulls up along a circle: so much of V0 squared by g."""


@dataclass(frozen=True, slots=True)
class Operation:
    """How one flies; lengths in metres. What it errs by has the guide's least values unless it is stated.

    Raises `ValueError` for what no flight has.
    """

    height_m: float
    """The top of the flight geography above ground, H_FG."""
    airspeed_mps: float
    wind_mps: float
    span_m: float
    """The aircraft's largest dimension, CD."""
    hovers: bool = True
    """Whether it stops in the air; else it turns back."""
    bank_deg: float = 30.0
    """How far it tilts to brake (at most 45), or rolls to turn back (at most 30 for a fixed wing)."""
    reaction_s: float = 1.0
    gnss_m: float = 3.0
    holding_m: float = 3.0
    map_m: float = 1.0
    height_error_m: float = 4.0
    """H_delta: 4 m by satellites, 1 m by the barometer."""

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if not (math.isfinite(value) and value >= 0.0):
                raise ValueError(f"{one.name} must be a number of 0 or more, got {value}")
        steepest = 45.0 if self.hovers else 30.0
        if not 0.0 < self.bank_deg <= steepest:
            raise ValueError(f"bank_deg must be above 0 and at most {steepest:g}, got {self.bank_deg}")
        if self.reaction_s < 1.0:
            raise ValueError(f"reaction_s must be 1 or more, got {self.reaction_s}")

    @property
    def ground_speed_mps(self) -> float:
        """V0, with the wind from behind."""
        return self.airspeed_mps + self.wind_mps


class Descent(Protocol):
    """How the aircraft comes down when its flight is ended."""

    def buffer_m(self, operation: Operation, top_m: float) -> float:
        """How far from where the flight was ended it may hit the ground, from `top_m` above it (S_GRB)."""
        ...


@dataclass(frozen=True, slots=True)
class OneToOne:
    """As far as it was high: SORA's simple rule, which needs no proof."""

    def buffer_m(self, operation: Operation, top_m: float) -> float:
        """H_CV + CD / 2."""
        return top_m + operation.span_m / 2.0


@dataclass(frozen=True, slots=True)
class Ballistic:
    """Thrown: it keeps its speed over ground and falls without drag. For what does not glide."""

    def buffer_m(self, operation: Operation, top_m: float) -> float:
        """V0 sqrt(2 H_CV / g) + CD / 2."""
        return operation.ground_speed_mps * math.sqrt(2.0 * top_m / GRAVITY) + operation.span_m / 2.0


@dataclass(frozen=True, slots=True)
class Parachute:
    """It flies on while the parachute opens, and drifts with the wind below it."""

    opens_s: float
    sinks_mps: float

    def __post_init__(self) -> None:
        if not (0.0 <= self.opens_s < math.inf and 0.0 < self.sinks_mps < math.inf):
            raise ValueError(f"a parachute opens in 0 s or more and sinks at more than 0 m/s, got {self}")

    def buffer_m(self, operation: Operation, top_m: float) -> float:
        """V0 t_P + V_wind H_CV / V_Z."""
        return operation.ground_speed_mps * self.opens_s + operation.wind_mps * top_m / self.sinks_mps


@dataclass(frozen=True, slots=True)
class Glide:
    """It glides, engine off, as far as its lift to drag ratio carries it; the wind carries it along meanwhile."""

    ratio: float

    def __post_init__(self) -> None:
        if not 0.0 < self.ratio < math.inf:
            raise ValueError(f"a glide ratio is above 0, got {self.ratio}")

    def buffer_m(self, operation: Operation, top_m: float) -> float:
        """E H_CV, and the wind's way in the time that the glide takes at the airspeed."""
        if operation.airspeed_mps == 0.0:
            raise ValueError("what glides has an airspeed above 0")
        return self.ratio * top_m * operation.ground_speed_mps / operation.airspeed_mps


@dataclass(frozen=True, slots=True)
class Margins:
    """How far the volumes reach beyond the flight geography, in metres."""

    contingency_m: float
    """Sideways, S_CV."""
    contingency_up_m: float
    """Upward: H_CV less H_FG."""
    top_m: float
    """The top of the operational volume above ground, H_CV."""
    buffer_m: float
    """The ground risk buffer sideways beyond the contingency volume, S_GRB."""

    @property
    def ground_m(self) -> float:
        """From the flight geography to where nothing of the aircraft comes down."""
        return self.contingency_m + self.buffer_m


def margins(operation: Operation, descent: Descent) -> Margins:
    """The contingency volume and the ground risk buffer of an operation."""
    sideways = (
        operation.gnss_m
        + operation.holding_m
        + operation.map_m
        + _reaction_m(operation)
        + _manoeuvre_m(operation)
    )
    upward = operation.height_error_m + _reaction_m(operation) * _UP_AT_45_DEG + _manoeuvre_up_m(operation)
    top = operation.height_m + upward
    return Margins(sideways, upward, top, descent.buffer_m(operation, top))


def _reaction_m(operation: Operation) -> float:
    """S_RZ: V0 t."""
    return operation.ground_speed_mps * operation.reaction_s


def _manoeuvre_m(operation: Operation) -> float:
    """S_CM: to brake V0² / (2 g tan θ), to turn back V0² / (g tan φ), the radius of the turn."""
    radius_m = operation.ground_speed_mps**2 / (GRAVITY * math.tan(math.radians(operation.bank_deg)))
    return radius_m / 2.0 if operation.hovers else radius_m


def _manoeuvre_up_m(operation: Operation) -> float:
    """H_CM: all motion becomes height, V0² / (2 g); a fixed wing pulls up along a circle."""
    share = 0.5 if operation.hovers else _TURN_HEIGHT_SHARE
    return share * operation.ground_speed_mps**2 / GRAVITY
