"""What a flight and a drive have in common: points with seconds since departure, and energy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple


class Station(NamedTuple):
    """A point of a trip, in degrees and metres above mean sea level, and when it is passed, in s from
    departure.
    """

    lon: float
    lat: float
    alt_amsl_m: float
    seconds: float


class Load(NamedTuple):
    """What is on board on the way out and on the way back, in kg."""

    out_kg: float
    back_kg: float


@dataclass(frozen=True, slots=True)
class Moves:
    """A trip in time, from a departure that is still open.

    ``stations[drop_index]`` is the arrival at the drop. ``energy_wh`` is for the whole trip,
    ``until_drop_wh`` for the part that ends with the drop, ``idle_w`` the power of holding (hovering,
    standing) on the way back.
    """

    stations: tuple[Station, ...]
    drop_index: int
    energy_wh: float
    until_drop_wh: float
    idle_w: float
    log_sd: float = 0.0
    """What is not known of the figures that it was worked out from, as a deviation of the energy's logarithm."""
    assumptions: frozenset[str] = frozenset()

    def at_pace(self, times: float) -> Moves:
        """The same with ways that last so many times as long; the drop does not, and what that makes of the energy is
        counted with the margin (`fleet.feasibility.appetite`)."""
        if times == 1:
            return self
        reached, leaves = (self.stations[self.drop_index + n].seconds for n in (0, 1))
        stays_s = (leaves - reached) * (1 - times)
        stations = (
            one._replace(seconds=one.seconds * times + (stays_s if number > self.drop_index else 0.0))
            for number, one in enumerate(self.stations)
        )
        return replace(self, stations=tuple(stations))

    @property
    def duration_s(self) -> float:
        """From departure to return."""
        return self.stations[-1].seconds
