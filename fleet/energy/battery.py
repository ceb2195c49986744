"""What a pack gives."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import model_validator

from fleet.energy.errors import (
    InvalidInput,
    require_increasing,
    require_positive,
    require_within,
)
from fleet.energy.figures import Figures, Finite


@dataclass(frozen=True)
class TemperatureCurve:
    """Share of a pack's energy that it gives at a temperature; linear between points.

    Outside its points nothing is known and asking raises `InvalidInput`.
    """

    points: tuple[tuple[float, float], ...]
    """Pairs of cell temperature in °C and share in 0..1."""
    source: str

    def __post_init__(self) -> None:
        if len(self.points) < 2:
            raise InvalidInput("points", self.points, "two points or more")
        require_increasing("points", (temperature for temperature, _ in self.points))
        for _, share in self.points:
            require_within(0, 1, share=share)

    def share(self, temperature_c: float) -> float:
        """The share at this temperature."""
        require_within(self.points[0][0], self.points[-1][0], temperature_c=temperature_c)
        above = next(i for i, (at, _) in enumerate(self.points) if at >= temperature_c)
        (t0, s0), (t1, s1) = self.points[max(above - 1, 0)], self.points[max(above, 1)]
        return s0 + (s1 - s0) * (temperature_c - t0) / (t1 - t0)

    def nearest_share(self, temperature_c: float) -> float:
        """The same; outside its points that of the nearest one, for who flies already and must be told something."""
        return self.share(min(max(temperature_c, self.points[0][0]), self.points[-1][0]))

    def least_at(self, coldest_c: float, warmest_c: float) -> float:
        """The temperature between two at which it gives least; the coldest of several."""
        return min(self._bends(coldest_c, warmest_c), key=self.nearest_share)

    def most_at(self, coldest_c: float, warmest_c: float) -> float:
        """The temperature between two at which it gives most."""
        return max(self._bends(coldest_c, warmest_c), key=self.nearest_share)

    def _bends(self, coldest_c: float, warmest_c: float) -> tuple[float, ...]:
        """Both, and those between them at which its slope changes: where its extremes are."""
        return (coldest_c, *(at for at, _ in self.points if coldest_c < at < warmest_c), warmest_c)


LITHIUM_DEFAULT = TemperatureCurve(
    points=((-20.0, 0.60), (-10.0, 0.75), (0.0, 0.87), (10.0, 0.95), (20.0, 1.0), (50.0, 1.0)),
    source="assumption: usual shape for lithium-ion packs at flight currents; replace by the maker's curve",
)


class BatteryFigures(Figures):
    """What a vehicle's file says of its pack. ``temperature``: pairs of cell temperature in °C and the share of its
    energy that it gives then (`TemperatureCurve`); none stated: `LITHIUM_DEFAULT`, an assumption."""

    temperature: tuple[tuple[Finite, Finite], ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> BatteryFigures:
        if self.temperature:
            TemperatureCurve(self.temperature, "vehicle file")  # Raises InvalidInput, a ValueError.
        return self

    def curve(self, source: str) -> TemperatureCurve:
        """The curve that was stated, from this source, or the one that is assumed."""
        return TemperatureCurve(self.temperature, source) if self.temperature else LITHIUM_DEFAULT


NO_FIGURES = BatteryFigures()


@dataclass(frozen=True)
class Battery:
    """One pack as it is now. ``floor`` is the share that is never drawn, for the cells' sake.

    Raises `InvalidInput` for a share outside 0..1 or a capacity that is not positive.
    """

    nominal_wh: float
    state_of_health: float = 1.0
    floor: float = 0.1
    curve: TemperatureCurve = LITHIUM_DEFAULT

    def __post_init__(self) -> None:
        require_positive(nominal_wh=self.nominal_wh)
        require_within(0, 1, state_of_health=self.state_of_health, floor=self.floor)

    def usable_wh(self, temperature_c: float, soc: float = 1.0) -> float:
        """Energy down to the floor: nominal * health * f(temperature) * (SoC - floor), never below zero.

        From full this is nominal * health * f(temperature) * (1 - floor). Raises `InvalidInput` for an SoC
        outside 0..1 or a temperature that the curve does not cover.
        """
        require_within(0, 1, soc=soc)
        full_wh = self.nominal_wh * self.state_of_health * self.curve.share(temperature_c)
        return full_wh * max(soc - self.floor, 0.0)


def usable_wh(nominal_wh: float, state_of_health: float, temperature_c: float, floor: float) -> float:
    """Usable energy of a full pack with the default temperature curve; see `Battery.usable_wh`."""
    return Battery(nominal_wh, state_of_health, floor).usable_wh(temperature_c)
