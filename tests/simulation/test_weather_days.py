"""Days whose weather is not the forecast's: a storm that only the station knows of brings drones home."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fleet.demo import DemoOptions, build_day, incoming_of
from fleet.domain.events import ExceptionRaised, MissionReleased, WeatherReported
from fleet.progress import settled
from fleet.protocol.lifecycle import ParcelStatus
from fleet.sim import TrueWeather
from fleet.sim.station import EVERY
from fleet.simulate import Simulated, simulate
from fleet.store.rows import event_text

pytestmark = pytest.mark.slow

STORM_AFTER, STORM_MPS = timedelta(minutes=50), 11.0


def stormy(folder: Path, seed: int) -> Simulated:
    """A small day in which the wind rises within ten minutes, and the weather file knows nothing of it."""
    setup, world = build_day(folder, DemoOptions(seed=seed, parcels=14, hours=3, iterations=10))
    calm = world.weather[0]
    storm = calm.model_copy(update={"wind_mps": STORM_MPS, "gust_mps": 1.3 * STORM_MPS})
    rows = [calm.model_copy(update={"time": setup.at + STORM_AFTER})]
    rows += [
        storm.model_copy(update={"time": setup.at + STORM_AFTER + timedelta(hours=h)}) for h in range(9)[1:]
    ]
    rows.insert(1, storm.model_copy(update={"time": setup.at + STORM_AFTER + EVERY}))
    true = world.model_copy(update={"weather": (calm, *(TrueWeather(**r.model_dump()) for r in rows))})
    return simulate(
        setup,
        setup.files.read(),
        true,
        incoming=incoming_of(setup),
        incidents="none",
        over=settled,
        latest=timedelta(hours=3),
    )


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """One stormy day."""
    return stormy(tmp_path_factory.mktemp("storm"), 1)


def test_drones_that_are_out_come_home_and_the_exception_names_the_wind(day: Simulated) -> None:
    """Within one report of the storm; robots, whose limits are wider, go on."""
    found = [e for e in day.events if isinstance(e, ExceptionRaised) and e.code == "weather_limit"]
    assert found
    assert {r.code for e in found for r in e.reasons} <= {"wind_too_strong", "gusts_too_strong"}
    assert all("drone" in (e.asset_id or "") for e in found)


def test_no_drone_leaves_in_the_storm(day: Simulated) -> None:
    """From the report on that shows it."""
    seen = next(
        e.at for e in day.events if isinstance(e, WeatherReported) and e.rows[-1].wind_mps > STORM_MPS - 1
    )
    left = [e.mission.asset_id for e in day.events if isinstance(e, MissionReleased) and e.at > seen]
    assert left
    assert not [a for a in left if "drone" in a]


def test_the_parcels_are_brought_by_others(day: Simulated) -> None:
    """Nothing is lost, and nothing of custody is broken."""
    ends = {p.status for p in day.state.parcels.values()}
    assert ends <= {
        ParcelStatus.DELIVERED,
        ParcelStatus.COLLECTED,
        ParcelStatus.IN_LOCKER,
        ParcelStatus.RETURNED,
    }
    assert day.verdict["ok"], day.verdict


def test_the_same_storm_gives_the_same_events(day: Simulated, tmp_path: Path) -> None:
    """To the letter."""
    again = stormy(tmp_path, 1)
    assert [event_text(e) for e in again.events] == [event_text(e) for e in day.events]
