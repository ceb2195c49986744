"""What is known of one multirotor type: masses, speeds, power by flight regime, and how well it was
measured."""

from __future__ import annotations

import math
import tomllib
from typing import Annotated, Literal, NamedTuple, TypeVar

import numpy as np
from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from fleet.energy.battery import NO_FIGURES, BatteryFigures
from fleet.energy.charging import DEFAULT_CHARGING, ChargeFigures
from fleet.energy.errors import VehicleFileError
from fleet.energy.figures import (
    Area,
    Deviation,
    DragArea,
    Figures,
    Kilograms,
    LowSpeed,
    MaybeDeviation,
    Payload,
    Positive,
    Seconds,
    Share,
    Speed,
    WattHours,
)
from fleet.energy.momentum import ideal_power
from fleet.energy.regimes import LIFTS, Regimes

STANDARD_KG_M3 = 1.225
SPEEDS = 41
"""Between the slowest and the fastest, at which the power of cruises is looked at: it is smooth between them."""
WEIGHING = 0.02
"""Masses may be off by as much."""

Held = Literal["air", "ground"]
"""Which speed an autopilot keeps in wind: that through the air, or that over ground."""


class Rotors(Figures):
    """What momentum theory needs to say how cruise power changes with airspeed."""

    disc_m2: Area
    """Area of all rotor discs together."""
    drag_area_m2: DragArea
    """Drag coefficient times frontal area of the whole aircraft with its parcel."""
    efficiency: Share
    """Ideal power over electrical power, everything between battery and air together."""


class Residual(Figures):
    """How far measured energy lay from the model's: log-normal, standard deviation from so many flights."""

    log_sd: Deviation
    """From the plan, where that was measured, else with the durations given."""
    flights: Annotated[int, Field(ge=10)]
    flown_log_sd: Deviation | None = None
    """With the durations given, where ``log_sd`` is from the plan: what is known of a flight when it is over. None: the
    same."""
    between_log_sd: MaybeDeviation | None = None
    """How far assets of the type lie apart: the standard deviation of the logarithm of their means. None: nobody has
    said."""
    drift_log_sd: MaybeDeviation = 0.005
    """How far an asset's own mean wanders from one flight to the next (assumption: a tenth in some 400 flights)."""
    plan_assumed: bool = False
    """The flights had no plans: how far their times lie from what a plan says is in ``log_sd`` as an assumption."""
    declared: bool = False
    """Nobody has flown for it: deviation and number of flights are those of another type, or what its maker says."""

    @property
    def flown_sd(self) -> float:
        """The deviation of what was flown from the model, once its durations are known."""
        return self.log_sd if self.flown_log_sd is None else self.flown_log_sd


class WindTolerance(Figures):
    """The strongest wind that the type was built or shown for."""

    max_wind_mps: Speed
    max_gust_mps: Speed

    @model_validator(mode="after")
    def _gusts_are_the_stronger(self) -> WindTolerance:
        if self.max_gust_mps < self.max_wind_mps:
            raise ValueError(
                "max_gust_mps must not be below max_wind_mps: gusts are stronger than the mean wind"
            )
        return self


class Line(NamedTuple):
    """A time over a way: the way over a rate, and seconds besides."""

    rate: Speed
    """In m/s of a climb or descent; of a cruise, the share of its speed over ground."""
    seconds: Seconds


class Timing(Figures):
    """What a flight lasts longer than its distances and heights over its speeds.

    Where flights could not tell a slow rate from lost seconds (all as high or as long as each other), the airframe's
    rates are the slow ones, and an ``…_or`` is the other reading: of both the one that lasts longer counts, which is
    the first on longer ways than were flown and the second on shorter ones.
    """

    takeoff_s: Seconds = 0.0
    """Spinning up and leaving the ground, of each climb from it."""
    cruise_share: Share = 1.0
    """How much of the speed over ground that is planned is made."""
    corner_s: Seconds = 0.0
    """Slowing down and turning at the end of each leg."""
    landing_s: Seconds = 0.0
    """The slow last metres, of each descent to the ground."""
    takeoff_or: Line | None = None
    corner_or: Line | None = None
    landing_or: Line | None = None

    @property
    def unsure(self) -> bool:
        """Whether some way has two readings."""
        return any(one is not None for one in (self.takeoff_or, self.corner_or, self.landing_or))


class Range(NamedTuple):
    """From the least to the most."""

    low: float
    high: float


class Validity(Figures):
    """What the flights that an airframe was fitted to had; beyond it nobody has measured, and the margin grows."""

    mass_kg: Range
    density_kg_m3: Range
    airspeed_mps: Range | None = None
    """None: not known, or the power was found the same over the airframe's whole range."""
    height_m: Range | None = None
    """Of climbs from the ground and descents to it. None: the flights had no plans."""
    leg_m: Range | None = None
    """Lengths of cruises. None: the flights had no plans."""

    @model_validator(mode="after")
    def _ranges_in_order(self) -> Validity:
        for name, known in self:
            if known is not None and not 0 < known.low <= known.high < math.inf:
                raise ValueError(f"{name} must be two numbers above zero, the least first")
        return self


class Airframe(Figures):
    """A multirotor type. ``sources`` says where each figure comes from; an airframe without ``residual`` is
    uncalibrated.

    ``rotors`` is none where cruise power was measured and found the same over the whole airspeed range.
    """

    name: str
    empty_mass_kg: Kilograms
    """Ready to fly, with its pack and without payload."""
    max_payload_kg: Payload
    climb_mps: Speed
    descent_mps: Speed
    cruise_mps: Speed
    """Airspeed at which the cruise coefficients hold."""
    min_airspeed_mps: LowSpeed
    max_airspeed_mps: Speed
    pack_wh: WattHours
    wind: WindTolerance
    regimes: Regimes
    disc_m2: Positive | None = None
    """Area of all rotor discs together, where ``rotors`` does not say it: bounds what a calibration may find."""
    rotors: Rotors | None = None
    speed_held: Held = "air"
    timing: Timing = Timing()
    validity: Validity | None = None
    residual: Residual | None = None
    charging: ChargeFigures = DEFAULT_CHARGING
    battery: BatteryFigures = NO_FIGURES
    sources: dict[str, str]

    @property
    def calibrated(self) -> bool:
        """Whether its coefficients were held against measured flights."""
        return self.residual is not None

    @property
    def discs_m2(self) -> float | None:
        """Area of all rotor discs together; none where it is not known."""
        return self.disc_m2 if self.rotors is None else self.rotors.disc_m2

    @property
    def holds_ground(self) -> bool:
        """Whether its autopilot keeps the speed over ground, so that wind changes the airspeed and not the time."""
        return self.speed_held == "ground"

    @model_validator(mode="after")
    def _speeds_in_order(self) -> Airframe:
        if not self.min_airspeed_mps <= self.cruise_mps <= self.max_airspeed_mps:
            raise ValueError("cruise_mps must lie between min_airspeed_mps and max_airspeed_mps")
        return self

    @model_validator(mode="after")
    def _powers_positive(self) -> Airframe:
        # A negative b0 is a fit's right (the Matrice 100's landing has one), negative power is not.
        thickest = 1.5
        for name, regime in self.regimes.sets():
            if regime.power_w(self.empty_mass_kg, thickest) <= 0:
                raise ValueError(f"regimes.{name} gives no positive power at the empty mass")
        return self

    @model_validator(mode="after")
    def _hovers_possible(self) -> Airframe:
        """Where the rotors' area is known, climbs and hovers take what rotors without a loss would, at the least
        (T v_h, Glauert 1935): a slip of the unit would else let flights start that can't come home."""
        if self.discs_m2 is None:
            return self
        for name, regime in self.regimes.sets():
            if name not in LIFTS:
                continue
            for mass_kg in (self.empty_mass_kg, self.empty_mass_kg + self.max_payload_kg):
                power_w = float(regime.power_w(mass_kg, STANDARD_KG_M3))
                ideal_w = float(ideal_power(mass_kg, 0.0, STANDARD_KG_M3, self.discs_m2, 0.0))
                if power_w < ideal_w:
                    raise ValueError(
                        f"regimes.{name} gives {power_w:.0f} W at {mass_kg:g} kg; rotors of {self.discs_m2:g} m2 "
                        f"without a loss take {ideal_w:.0f} W"
                    )
        return self

    @model_validator(mode="after")
    def _cruises_possible(self) -> Airframe:
        """Cruise power at all airspeeds and loads: positive in any air, and in the standard's at sea level what rotors
        without a loss would take, at the least. A slip of the pen would else give energy back."""
        if self.rotors is None:
            return self
        for density in (0.3, STANDARD_KG_M3, 1.5):
            for mass_kg in (self.empty_mass_kg, self.empty_mass_kg + self.max_payload_kg):
                speeds = np.linspace(self.min_airspeed_mps, self.max_airspeed_mps, SPEEDS)
                ideal_w, reference_w = (
                    ideal_power(mass_kg, speed, density, self.rotors.disc_m2, self.rotors.drag_area_m2)
                    for speed in (speeds, self.cruise_mps)
                )
                at_cruise_w = self.regimes.cruise.power_w(mass_kg, density)
                power_w = at_cruise_w + (ideal_w - reference_w) / self.rotors.efficiency
                least_w = ideal_w if density == STANDARD_KG_M3 else np.zeros(SPEEDS)
                if (below := np.flatnonzero(power_w <= least_w)).size:
                    at = int(below[0])
                    raise ValueError(
                        f"regimes.cruise and rotors give no positive power, or less than rotors without a loss take "
                        f"({power_w[at]:.0f} W of {max(0.0, ideal_w[at]):.0f} W at {speeds[at]:.3g} m/s, "
                        f"{mass_kg:g} kg, {density:g} kg/m3)"
                    )
        return self

    @model_validator(mode="after")
    def _measured_what_it_is(self) -> Airframe:
        """Ranges of flights that can't have been this airframe's are a slip of the unit."""
        if self.validity is None:
            return self
        speeds = self.validity.airspeed_mps
        held = [
            ("mass_kg", self.validity.mass_kg, self.empty_mass_kg, self.empty_mass_kg + self.max_payload_kg),
            ("density_kg_m3", self.validity.density_kg_m3, 0.3, 1.5),
            *(
                []
                if speeds is None
                else [("airspeed_mps", speeds, self.min_airspeed_mps, self.max_airspeed_mps)]
            ),
        ]
        for name, known, least, most in held:
            if known.high < least * (1 - WEIGHING) or known.low > most * (1 + WEIGHING):
                raise ValueError(
                    f"validity.{name} must have some of {least:g} to {most:g}, the airframe's own "
                    f"(found {known.low:g} to {known.high:g})"
                )
        return self


AnyFigures = TypeVar("AnyFigures", bound=Figures)


def parse_figures(model: type[AnyFigures], text: str, source: str) -> AnyFigures:
    """Read one vehicle's TOML text. Raises `VehicleFileError` naming ``source`` and the field."""
    try:
        return model.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise VehicleFileError(source, (), f"not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        # A whole table as what was found says nothing; of a figure it is what is looked for in the file.
        found = None if isinstance(first["input"], dict) else first["input"]
        raise VehicleFileError(source, first["loc"], _words(first), found) from error


def _words(error: ErrorDetails) -> str:
    """What is wrong, without the class of error that the validator puts before words of ours."""
    return error["msg"].removeprefix("Value error, ")
