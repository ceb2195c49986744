"""The weather station of the simulated world: every ten minutes it reports the true air, as its instruments show it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from fleet.protocol.messages import ReportWeather
from fleet.protocol.names import STATION
from fleet.protocol.weather import WeatherRow, WeatherSort
from fleet.sim.stage import Stage

EVERY: Final = timedelta(minutes=10)
GUST_WITHIN: Final = timedelta(minutes=10)
"""A station reports the strongest gust of the last ten minutes (WMO No. 8), so a front that came between two reports
is not missed; its anemometer is looked at once a minute here."""

WIND_SHARE: Final = 0.02
WIND_MPS: Final = 0.1
"""An anemometer's error: a share of the wind, and as much besides (one standard deviation each)."""
DIRECTION_DEG: Final = 2.0
TEMPERATURE_C: Final = 0.2


class Station:
    """Stands in the open, where the drones fly: there is one air in this world."""

    def __init__(self, stage: Stage) -> None:
        self.reports: list[ReportWeather] = []
        self._stage = stage
        stage.agenda.at(stage.now, self._report)

    def _report(self) -> None:
        number = len(self.reports) + 1
        now = self._stage.now
        row = self._observed(number)
        self.reports.append(
            ReportWeather(request_id=f"weather-{number}", source=STATION, issued_at=now, rows=(row,))
        )
        self._stage.agenda.at(now + EVERY, self._report)

    def _observed(self, number: int) -> WeatherRow:
        now, air = self._stage.now, self._stage.air
        wind = air.wind(now)
        chance = self._stage.chance.of("station", number)
        wind_mps = _measured(wind.mps, chance.gauss(0, 1), chance.gauss(0, 1))
        gust_mps = _measured(self._gust_mps(), chance.gauss(0, 1), chance.gauss(0, 1))
        return WeatherRow(
            time=now,
            sort=WeatherSort.OBSERVED,
            wind_mps=wind_mps,
            gust_mps=max(wind_mps, gust_mps),
            wind_from_deg=round(wind.from_deg + chance.gauss(0, DIRECTION_DEG), 0) % 360,
            temperature_c=round(air.temperature_c(now) + chance.gauss(0, TEMPERATURE_C), 1),
            precipitation_mm_h=round(air.precipitation_mm_h(now), 1),
            visibility_m=round(air.visibility_m(now), 0),
        )

    def _gust_mps(self) -> float:
        now, start = self._stage.now, self._stage.spec.start
        minutes = range(round(GUST_WITHIN / timedelta(minutes=1)) + 1)
        moments = (now - timedelta(minutes=m) for m in minutes)
        return max(self._stage.air.wind(at).gust_mps for at in moments if at >= start)


def _measured(true_mps: float, by_share: float, by_amount: float) -> float:
    return round(max(0.0, true_mps * (1 + WIND_SHARE * by_share) + WIND_MPS * by_amount), 1)
