"""How long a pack takes to fill, what is in it when that ends early, and how long to wait for enough.

Everything that times a charge goes by a ``Charging``: the curve of the vehicle's file, the power of the charger that it
stands at, and the cold where the file says what it does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from pydantic import model_validator

from fleet.energy.errors import InvalidInput, require_not_negative, require_positive, require_within
from fleet.energy.figures import Figures, Finite, NotNegative, Positive

FULL = 1 - 1e-6
"""From here on a pack is full: the last millionth of an exponential tail is nothing."""


@dataclass(frozen=True)
class ChargeCurve:
    """Constant power up to ``taper_from``, then falling in a line over SoC to ``tail`` of it when full.

    The fall stands for the constant-voltage phase, in which the current dies away exponentially in time: power linear
    in SoC is just that. Raises `InvalidInput` for shares outside 0..1.
    """

    taper_from: float = 0.8
    tail: float = 0.1
    efficiency: float = 0.93
    """Energy stored over energy delivered by the charger."""

    def __post_init__(self) -> None:
        require_within(0, 0.999, taper_from=self.taper_from)
        require_within(0.001, 0.999, tail=self.tail)
        require_within(0.01, 1, efficiency=self.efficiency)

    def hours_at_full_power(self, soc: float) -> float:
        """Time from empty to this SoC, in units of the time that the whole pack would take at full power."""
        if soc <= self.taper_from:
            return soc
        span = 1 - self.taper_from
        left = self.tail + (1 - self.tail) * (1 - soc) / span
        return self.taper_from + span / (1 - self.tail) * -math.log(left)

    def soc_after(self, time_at_full_power: float) -> float:
        """The inverse: SoC after so much time from empty, at most 1."""
        if time_at_full_power <= self.taper_from:
            return time_at_full_power
        span = 1 - self.taper_from
        left = math.exp(-(time_at_full_power - self.taper_from) * (1 - self.tail) / span)
        return min(1.0, 1 - span * (left - self.tail) / (1 - self.tail))


DEFAULT_CHARGE_CURVE = ChargeCurve()


class ChargeFigures(Figures):
    """What a vehicle's file says of charging: the shape of `ChargeCurve`, and what limits the power.

    ``cold``: pairs of temperature in °C and the share of the power that the pack takes then, linear between them and as
    the nearest one outside; a share of 0 says that it must not be charged. Empty: the cold does not matter.
    """

    taper_from: NotNegative = DEFAULT_CHARGE_CURVE.taper_from
    tail: Positive = DEFAULT_CHARGE_CURVE.tail
    efficiency: Positive = DEFAULT_CHARGE_CURVE.efficiency
    most_w: Positive | None = None
    """The most that the pack takes from a charger; none: whatever the charger gives."""
    cold: tuple[tuple[Finite, NotNegative], ...] = ()
    swap_s: NotNegative | None = None
    """How long it takes to change the pack for another; none: it can't be changed away from the workshop."""

    @model_validator(mode="after")
    def _sound(self) -> ChargeFigures:
        _ = self.curve  # Raises InvalidInput, a ValueError, with the field's name.
        temperatures = [at for at, _ in self.cold]
        if any(later <= before for before, later in pairwise(temperatures)):
            raise ValueError("cold must have rising temperatures")
        if any(share > 1 for _, share in self.cold):
            raise ValueError("cold must have shares from 0 to 1")
        return self

    @property
    def curve(self) -> ChargeCurve:
        """The shape over the state of charge."""
        return ChargeCurve(self.taper_from, self.tail, self.efficiency)

    def cold_share(self, temperature_c: float) -> float:
        """The share of the power that the pack takes at this temperature."""
        if not self.cold:
            return 1.0
        if temperature_c <= self.cold[0][0]:
            return self.cold[0][1]
        for (t0, s0), (t1, s1) in pairwise(self.cold):
            if temperature_c <= t1:
                return s0 + (s1 - s0) * (temperature_c - t0) / (t1 - t0)
        return self.cold[-1][1]

    def charging(self, pack_wh: float, charger_w: float, temperature_c: float | None = None) -> Charging:
        """How a pack of so much, as it is now, is charged at a charger in the cold. ``temperature_c`` none: it is not
        known, and the worst that the file names counts.
        """
        require_positive(pack_wh=pack_wh, charger_w=charger_w)
        worst = min((share for _, share in self.cold), default=1.0)
        share = worst if temperature_c is None else self.cold_share(temperature_c)
        most_w = charger_w if self.most_w is None else min(charger_w, self.most_w)
        return Charging(pack_wh, most_w * share, self.curve)


DEFAULT_CHARGING = ChargeFigures()


@dataclass(frozen=True, slots=True)
class Charging:
    """One pack at one charger: ``power_w`` is what it takes below the taper, 0 where it must not be charged.

    ``pack_wh`` is its capacity as it is now. Times are in s. Each method raises `InvalidInput` for an SoC outside
    0..1.
    """

    pack_wh: float
    power_w: float
    curve: ChargeCurve = DEFAULT_CHARGE_CURVE

    def seconds(self, from_soc: float, to_soc: float) -> float:
        """Time to charge from one SoC up to another; infinite where it can't be. Raises too for a target below."""
        require_within(0, 1, from_soc=from_soc, to_soc=to_soc)
        if to_soc < from_soc:
            raise InvalidInput("to_soc", to_soc, f"at least from_soc, {from_soc:g}")
        share = self.curve.hours_at_full_power(to_soc) - self.curve.hours_at_full_power(from_soc)
        return share * self._whole_s if share > 0 else 0.0

    def soc_after(self, from_soc: float, seconds: float) -> float:
        """SoC after charging for so long: what is there when a charge is cancelled."""
        require_within(0, 1, from_soc=from_soc)
        require_not_negative(seconds=seconds)
        if seconds == 0 or self.power_w <= 0:
            return from_soc
        start = self.curve.hours_at_full_power(from_soc)
        return max(from_soc, self.curve.soc_after(start + seconds / self._whole_s))

    def wait_s(self, from_soc: float, needed_soc: float) -> float:
        """How long to charge until at least so much is in it: 0 where it is, infinite where it never will be."""
        if needed_soc > 1:
            return math.inf
        return 0.0 if needed_soc <= from_soc else self.seconds(from_soc, needed_soc)

    @property
    def _whole_s(self) -> float:
        if self.power_w <= 0:
            return math.inf
        return self.pack_wh / (self.power_w * self.curve.efficiency) * 3600.0


def charge_s(
    from_soc: float,
    to_soc: float,
    charger_w: float,
    pack_wh: float,
    curve: ChargeCurve = DEFAULT_CHARGE_CURVE,
) -> float:
    """Time in s to charge a pack of so much, as it is now. Raises `InvalidInput` for an SoC outside 0..1, a target
    below the start, or a power or capacity not positive.
    """
    require_positive(charger_w=charger_w, pack_wh=pack_wh)
    return Charging(pack_wh, charger_w, curve).seconds(from_soc, to_soc)


def soc_after(
    from_soc: float,
    seconds: float,
    charger_w: float,
    pack_wh: float,
    curve: ChargeCurve = DEFAULT_CHARGE_CURVE,
) -> float:
    """SoC after charging for so long. Raises as `charge_s`."""
    require_positive(charger_w=charger_w, pack_wh=pack_wh)
    return Charging(pack_wh, charger_w, curve).soc_after(from_soc, seconds)
