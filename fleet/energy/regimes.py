"""The regimes that a flight consists of, and the power of each: P = b1 m^1.5 / sqrt(rho) + b0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np

from fleet.energy.arrays import FloatArray, Floats
from fleet.energy.figures import Figures, Finite, NotNegative


class Regime(StrEnum):
    """A part of a flight. Take-off climbs from the ground and landing ends there; climb and descent begin and end in
    the air, as at a drop."""

    TAKEOFF = "takeoff"
    CLIMB = "climb"
    CRUISE = "cruise"
    HOVER = "hover"
    DESCENT = "descent"
    LANDING = "landing"


UP = frozenset({Regime.TAKEOFF, Regime.CLIMB})
DOWN = frozenset({Regime.DESCENT, Regime.LANDING})
LIFTS = UP | {Regime.HOVER}
"""Regimes in which rotors need no less than in an ideal hover."""
ELSE: Final[Mapping[Regime, str]] = MappingProxyType(
    {Regime.CLIMB: "takeoff", Regime.HOVER: "takeoff", Regime.DESCENT: "landing"}
)
"""Whose coefficients count for a regime that an airframe has none of: those of the published fit."""


def loading(mass_kg: Floats, density_kg_m3: Floats) -> FloatArray:
    """m^1.5 / sqrt(rho), what the power of rotors grows with; of roots alone, which are the same on every machine."""
    mass = np.asarray(mass_kg, dtype=np.float64)
    found: FloatArray = mass * np.sqrt(mass) / np.sqrt(density_kg_m3)
    return found


class RegimePower(Figures):
    """Power of one flight regime: P = b1 * m^1.5 / sqrt(rho) + b0, in W for kg and kg/m3.

    The form of Rodrigues et al., Patterns 3 (2022) 100569.
    """

    b1: NotNegative
    b0: Finite

    def power_w(self, mass_kg: Floats, density_kg_m3: Floats) -> FloatArray:
        """Electrical power in W at the battery."""
        power: FloatArray = self.b1 * loading(mass_kg, density_kg_m3) + self.b0
        return power


class Regimes(Figures):
    """The sets of coefficients: three always, and one for each other regime that was measured apart."""

    takeoff: RegimePower
    cruise: RegimePower
    landing: RegimePower
    climb: RegimePower | None = None
    """None: that of take-off."""
    hover: RegimePower | None = None
    """None: that of take-off, as the published fit has it for a drop."""
    descent: RegimePower | None = None
    """None: that of landing."""

    def set_of(self, regime: Regime) -> str:
        """The name of the set that a regime is flown with."""
        name = regime.value
        return name if getattr(self, name) is not None else ELSE[regime]

    def of(self, regime: Regime) -> RegimePower:
        """The set that a regime is flown with."""
        found: RegimePower = getattr(self, self.set_of(regime))
        return found

    def sets(self) -> Iterator[tuple[str, RegimePower]]:
        """Those that there are, by name."""
        for regime in Regime:
            if (found := getattr(self, regime.value)) is not None:
                yield regime.value, found
