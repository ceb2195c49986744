"""What is known of one multirotor type: masses, speeds, power by flight regime, and how well it was
measured."""

from __future__ import annotations

import tomllib
from typing import Annotated, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from fleet.energy.arrays import FloatArray, Floats
from fleet.energy.errors import VehicleFileError

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


class Figures(BaseModel):
    """Base of all vehicle data: frozen, strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RegimePower(Figures):
    """Power of one flight regime: P = b1 * m^1.5 / sqrt(rho) + b0, in W for kg and kg/m3.

    The form of Rodrigues et al., Patterns 3 (2022) 100569.
    """

    b1: NotNegative
    b0: Finite

    def power_w(self, mass_kg: Floats, density_kg_m3: float) -> FloatArray:
        """Electrical power in W at the battery."""
        power: FloatArray = self.b1 * np.asarray(mass_kg) ** 1.5 / density_kg_m3**0.5 + self.b0
        return power


class Regimes(Figures):
    """The three regimes that have coefficients; a hover, as at the drop, uses those of take-off."""

    takeoff: RegimePower
    cruise: RegimePower
    landing: RegimePower


class Rotors(Figures):
    """What momentum theory needs to say how cruise power changes with airspeed."""

    disc_m2: Positive
    """Area of all rotor discs together."""
    drag_area_m2: NotNegative
    """Drag coefficient times frontal area of the whole aircraft with its parcel."""
    efficiency: Share
    """Ideal power over electrical power, everything between battery and air together."""


class Residual(Figures):
    """How far measured energy lay from the model's: log-normal, standard deviation from so many flights."""

    log_sd: Positive
    flights: Annotated[int, Field(ge=10)]


class WindTolerance(Figures):
    """The strongest wind that the type was built or shown for."""

    max_wind_mps: Positive
    max_gust_mps: Positive


class Airframe(Figures):
    """A multirotor type. ``sources`` says where each figure comes from; an airframe without ``residual`` is
    uncalibrated.

    ``rotors`` is none where cruise power was measured and found the same over the whole airspeed range.
    """

    name: str
    empty_mass_kg: Positive
    """Ready to fly, with its pack and without payload."""
    max_payload_kg: NotNegative
    climb_mps: Positive
    descent_mps: Positive
    cruise_mps: Positive
    """Airspeed at which the cruise coefficients hold."""
    min_airspeed_mps: NotNegative
    max_airspeed_mps: Positive
    pack_wh: Positive
    wind: WindTolerance
    regimes: Regimes
    rotors: Rotors | None = None
    residual: Residual | None = None
    sources: dict[str, str]

    @property
    def calibrated(self) -> bool:
        """Whether its coefficients were held against measured flights."""
        return self.residual is not None

    @model_validator(mode="after")
    def _speeds_in_order(self) -> Airframe:
        if not self.min_airspeed_mps <= self.cruise_mps <= self.max_airspeed_mps:
            raise ValueError("cruise_mps must lie between min_airspeed_mps and max_airspeed_mps")
        return self

    @model_validator(mode="after")
    def _powers_positive(self) -> Airframe:
        # A negative b0 is a fit's right (the Matrice 100's landing has one), negative power is not.
        thickest = 1.5
        for name, regime in self.regimes:
            if regime.power_w(self.empty_mass_kg, thickest) <= 0:
                raise ValueError(f"regimes.{name} gives no positive power at the empty mass")
        return self

    @model_validator(mode="after")
    def _sources_name_figures(self) -> Airframe:
        unsourced = set(type(self).model_fields) - {"name", "sources"} - set(self.sources)
        missing = sorted(name for name in unsourced if getattr(self, name) is not None)
        if missing:
            raise ValueError(f"sources lacks {', '.join(missing)}")
        return self


AnyFigures = TypeVar("AnyFigures", bound=Figures)


def parse_figures(model: type[AnyFigures], text: str, source: str) -> AnyFigures:
    """Read one vehicle's TOML text. Raises `VehicleFileError` naming ``source`` and the field."""
    try:
        return model.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise VehicleFileError(source, "", f"not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise VehicleFileError(source, field, first["msg"]) from error
