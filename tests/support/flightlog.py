"""A flight log that a machine with known figures has left, by physics of its own: nothing of `fleet.energy` is used."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

COLUMNS = (
    "flight_id", "regime", "duration_s", "mass_kg", "air_density_kg_m3", "energy_wh",
    "speed_mps", "distance_m", "height_m",
)  # fmt: skip
GRAVITY = 9.80665


@dataclass(frozen=True)
class Machine:
    """A multirotor as it truly is: ideal hover power over an efficiency for each regime, and what stays the same."""

    empty_kg: float = 3.7
    disc_m2: float = 0.34
    efficiency: Mapping[str, float] = field(
        default_factory=lambda: {"takeoff": 0.46, "cruise": 0.54, "landing": 0.50}
    )
    avionics_w: float = 15.0
    climb_mps: float = 2.5
    descent_mps: float = 2.0
    speeds_mps: tuple[float, ...] = (4.0, 6.0, 8.0, 10.0, 12.0)
    payloads_kg: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75)
    heights_m: tuple[float, ...] = (25.0, 50.0, 75.0, 100.0)
    outs_m: tuple[float, float] = (200.0, 900.0)
    made: float = 1.0
    """Speed over ground over the one that was told."""
    longer_s: Mapping[str, float] = field(default_factory=dict)
    """What a regime lasts longer than the way over the speed."""

    def power_w(self, regime: str, mass_kg: float, density: float) -> float:
        """Thrust times the air's speed through the discs, over the efficiency, and the avionics."""
        thrust_n = mass_kg * GRAVITY
        through_mps = math.sqrt(thrust_n / (2 * density * self.disc_m2))
        return thrust_n * through_mps / self.efficiency[SAME_AS.get(regime, regime)] + self.avionics_w


SAME_AS = {"climb": "takeoff", "hover": "takeoff", "descent": "landing"}
"""Which efficiency a regime has that has none of its own."""


@dataclass(frozen=True)
class Noise:
    """Standard deviations of the logarithm of energy, for a whole flight and for each row, and of durations in s."""

    flight: float = 0.025
    row: float = 0.015
    seconds: float = 2.0


QUIET = Noise(0.0, 0.0, 0.0)


def rows(
    machine: Machine, flights: int, seed: int, noise: Noise = QUIET, name: str = "F"
) -> Iterator[dict[str, object]]:
    """Deliveries: up and out with the payload, down, drop, up and back without it, landing."""
    rng = Random(seed)
    for number in range(flights):
        payload_kg, speed_mps = rng.choice(machine.payloads_kg), rng.choice(machine.speeds_mps)
        density, height_m = rng.uniform(1.12, 1.25), rng.choice(machine.heights_m)
        out_m, hover_s = rng.uniform(*machine.outs_m), rng.uniform(15, 45)
        off = rng.gauss(0, noise.flight)
        for regime, seconds, loaded, way in (
            ("takeoff", height_m / machine.climb_mps, True, {"height_m": height_m}),
            ("cruise", out_m / speed_mps / machine.made, True, {"distance_m": out_m, "speed_mps": speed_mps}),
            ("descent", height_m / machine.descent_mps, True, {"height_m": height_m}),
            ("hover", hover_s, True, {}),
            ("climb", height_m / machine.climb_mps, False, {"height_m": height_m}),
            (
                "cruise",
                out_m / speed_mps / machine.made,
                False,
                {"distance_m": out_m, "speed_mps": speed_mps},
            ),
            ("landing", height_m / machine.descent_mps, False, {"height_m": height_m}),
        ):
            mass_kg = machine.empty_kg + (payload_kg if loaded else 0.0)
            planned_s = seconds + machine.longer_s.get(regime, 0.0)
            lasted_s = max(planned_s / 2, planned_s + rng.gauss(0, noise.seconds))
            energy_wh = machine.power_w(regime, mass_kg, density) * lasted_s / 3600
            yield {
                "flight_id": f"{name}{number:03d}",
                "regime": regime,
                "duration_s": lasted_s,
                "mass_kg": mass_kg,
                "air_density_kg_m3": density,
                "energy_wh": energy_wh * math.exp(off + rng.gauss(0, noise.row)),
                **way,
            }


def as_csv(found: Iterable[Mapping[str, object]]) -> str:
    """The rows as a file, with every digit."""
    lines = [",".join(str(row.get(name, "")) for name in COLUMNS) for row in found]
    return "\n".join([",".join(COLUMNS), *lines, ""])


def generated(machine: Machine, flights: int = 60, seed: int = 1, noise: Noise = QUIET) -> str:
    """The text of a log."""
    return as_csv(rows(machine, flights, seed, noise))
