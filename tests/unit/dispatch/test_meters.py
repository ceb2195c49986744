"""A meter that stands still or begins anew is no worn pack: gauge and model agree, and the meter is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from fleet.dispatch.monitor.meters import STEADY, Meter
from fleet.protocol.messages import Telemetry
from tests.support.bench import DAY

FULL_WH = 800.0


@dataclass
class Trip:
    """A trip that draws evenly: in truth so much of a full battery in all, of which each instrument tells a part."""

    whole: float = 0.4
    gauge: float = 1.0
    model: float = 1.0
    meter: Meter = field(default_factory=Meter)

    def flies(self, meter_of: list[float]) -> list[float | None]:
        """What is judged at each sample; ``meter_of`` is what the meter says, as a share of all that is drawn."""
        judged = []
        for number, said in enumerate(meter_of):
            drawn = self.whole * number / len(meter_of)
            sample = Telemetry(
                at=DAY,
                lon=0.0,
                lat=0.0,
                soc=1 - drawn * self.gauge,
                energy_used_wh=said * self.whole * FULL_WH,
            )
            judged.append(self.meter.judged(sample, FULL_WH, drawn * self.model))
        return judged


STEPS = 200
HONEST = [number / STEPS for number in range(STEPS)]


def test_an_honest_meter_says_nothing() -> None:
    """Meter and gauge agree."""
    trip = Trip()
    assert set(trip.flies(HONEST)) == {None}
    assert (trip.meter.steady, trip.meter.stuck) == (None, None)


@pytest.mark.parametrize("model", [1.0, 0.2])
def test_a_meter_that_stands_still_is_not_believed(model: float) -> None:
    """Also where the model itself has drawn little: nothing flies on a pack that holds nothing."""
    trip = Trip(model=model)
    assert set(trip.flies([0.3] * STEPS)) == {None}
    assert trip.meter.stuck is not None
    assert trip.meter.steady is None


@pytest.mark.parametrize("at", [10, 60, 120])
def test_a_meter_that_begins_anew_goes_on_from_there(at: int) -> None:
    """As it does when its adapter is started again, also early, where it has said less than at first ever since."""
    trip = Trip()
    assert set(trip.flies([*HONEST[:at], *HONEST[: STEPS - at]])) == {None}
    assert trip.meter.stuck is None


def test_a_worn_pack_still_counts_for_less() -> None:
    """The gauge falls faster than what is drawn explains, by meter and model alike."""
    trip = Trip(gauge=1.6)
    judged = trip.flies(HONEST)
    assert trip.meter.stuck is None
    assert trip.meter.steady == pytest.approx(1 / 1.6, rel=0.01)
    assert judged[-1] is not None
    assert judged[-1] < 1 - HONEST[-1] * 0.4 * 1.6
    assert judged.index(next(one for one in judged if one is not None)) >= STEADY
