"""A day many times in the simulated world: what a tiny one costs, the same again, on two cores, and paired fleets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import variance
from typing import Any

import pytest

from fleet.app import Files
from fleet.cli.whatif import cases_of, files_case
from fleet.progress import LATEST, settled
from fleet.protocol.lifecycle import ParcelStatus
from fleet.protocol.mission import Stop
from fleet.sim.spec import Uncertainty
from fleet.simulate import simulate
from fleet.whatif.day import Figures, beginning, run_day
from fleet.whatif.result import Tally, as_data
from fleet.whatif.runs import run_all
from fleet.whatif.scenario import Case, Study

HEADER = (
    "order_id,client,direction,recipient,address,lon,lat,weight_kg,length_m,width_m,height_m,goods,value_eur,"
    "min_age,ready_at,due_from,due_by,service,service_minutes,crew,locker_ok,notes\n"
)
ROW = (
    "{name},acme,delivery,Ann,Main St 1,{lon},{lat},1.2,0.3,0.2,0.1,standard,12.5,,2026-11-24T07:00:00+00:00,"
    "2026-11-24T08:00:00+00:00,2026-11-24T12:00:00+00:00,standard,3,1,false,\n"
)
DEPOTS = (
    "depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes\n"
    "D1,Depot,0.0,0.0,{vans},{pads},0,{pads},07:00,13:00\n"
)
LOCKERS = "locker_id,name,lon,lat,small,medium,large,drone_port\n"
WEATHER = "time,wind_mps,gust_mps,wind_from_deg,temperature_c,precipitation_mm_h,visibility_m\n" + "".join(
    f"2026-11-24T{hour:02d}:00:00+00:00,2,3,290,15,0,10000\n" for hour in range(24)
)
FLEET = '[[van]]\ntype = "van-e"\n[[drone]]\ntype = "courier-x4"\n'
"""Drivers who are alone: the default fleet has some crews of two."""

DEGREE_M = 6_371_008.8 * 3.141592653589793 / 180


def files(folder: Path, metres: list[float], *, vans: int = 1, pads: int = 0) -> Files:
    """A depot on the equator, and doors so far to its east, one kilogram each."""
    texts = {
        "orders": HEADER
        + "".join(ROW.format(name=f"P{n}", lon=m / DEGREE_M, lat=0.0) for n, m in enumerate(metres)),
        "depots": DEPOTS.format(vans=vans, pads=pads),
        "lockers": LOCKERS,
        "weather": WEATHER,
    }
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / "fleet.toml").write_text(FLEET, encoding="utf-8")
    named = {name: folder / f"{name}.csv" for name in texts}
    return Files.model_validate({**named, "fleet": folder / "fleet.toml"})


def case(folder: Path, metres: list[float], **more: int) -> Case:
    return files_case(files(folder, metres, **more), None, iterations=0, seed=0)


def test_a_tiny_day_costs_what_one_counts_by_hand(tmp_path: Path) -> None:
    """One van, one door at the middle of the band in which a car drives 1.6 times the straight distance: a day of
    45.00, 2 x 447.2 m x 1.6 at 0.28 a km, and the time from loading to the end at 24.00 an hour. That time is made of
    loading (1200 s x 0.93), two legs of 94 s, one stop of 75 + 180 s and unloading (180 s), each by chance."""
    middle_m = (200 * 1000) ** 0.5
    study = Study((case(tmp_path, [middle_m]),), days=3)
    for day in range(3):
        found = run_day(study, 0, day)
        assert found["cost_of_trip"] == 45.00
        assert found["cost_of_distance"] == pytest.approx(2 * middle_m * 1.6 / 1000 * 0.28, abs=0.006)
        assert found["cost_of_time"] == pytest.approx(24 * found["driving_hours"], abs=0.006)
        assert found["driving_hours"] * 3600 == pytest.approx(1116 + 2 * 94 + 255 + 180, rel=0.25)
        parts = [money for name, money in found.items() if name.startswith("cost_of_")]
        assert found["cost"] == pytest.approx(sum(parts), abs=0.02)
        assert found["cost"] == pytest.approx(found["cost_by_van"])
        assert (found["parcels"], found["served_share"], found["on_time_share"]) == (1, 100, 100)
        assert found["cost_per_served"] == found["cost"]


def test_a_day_without_parcels_is_a_day(tmp_path: Path) -> None:
    """With one parcel and a demand that varies much, there is none on some days: they cost nothing and have no
    shares."""
    study = Study((case(tmp_path, [500.0]),), days=40, demand=1.0)
    empty = next(found for day in range(40) if (found := run_day(study, 0, day))["parcels"] == 0)
    assert empty["cost"] == 0
    assert "served_share" not in empty


def done(study: Study, workers: int = 1) -> Tally:
    tally = Tally(study)
    for one in run_all(study, workers):
        tally.take(one)
    assert not tally.failed
    return tally


DOUBTS = Uncertainty(travel=0.3, wind_mps=1.0, failures=20.0)
DOORS = [800.0, 1500.0, 2500.0, 3000.0, 3500.0, 4200.0]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_same_seed_tells_the_same_in_any_number_of_processes(tmp_path: Path) -> None:
    """Down to the last figure of the last day."""
    first = case(tmp_path, DOORS[::2], pads=1)
    study = Study(cases_of(first, None, ["drone +1"]), days=2, seed=5, demand=0.3, uncertainty=DOUBTS)
    alone, spread = done(study), done(study, workers=2)
    assert json.dumps(as_data(alone)) == json.dumps(as_data(spread))
    other = Study((first,), days=1, seed=6, demand=0.3, uncertainty=DOUBTS)
    assert done(other).of(0) != alone.of(0)[:1]


def cost(days: list[Figures]) -> list[float]:
    return [day["cost"] for day in days]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_same_days_tell_fleets_apart_that_days_of_their_own_do_not(tmp_path: Path) -> None:
    """Vans that cost a tenth less an hour: on the same days the difference varies by far less than the costs do, and
    is told apart after eight days. Pairing a fleet's days with another day's of the other loses that."""
    first = case(tmp_path, DOORS)
    cheaper = tmp_path / "cheaper.toml"
    cheaper.write_text(f"{FLEET}[rates.van]\nper_hour = 21.60\n", encoding="utf-8")
    study = Study(cases_of(first, cheaper, ()), days=8, demand=0.4, uncertainty=Uncertainty(travel=0.3))
    tally = done(study)
    assert [day["parcels"] for day in tally.of(0)] == [day["parcels"] for day in tally.of(1)]
    ours, theirs = cost(tally.of(0)), cost(tally.of(1))
    paired = variance([b - a for a, b in zip(ours, theirs, strict=True)])
    shifted = variance([b - a for a, b in zip(ours, theirs[1:] + theirs[:1], strict=True)])
    assert paired < (variance(ours) + variance(theirs)) / 5
    assert paired < shifted / 5
    found = tally.differences()["cost"]
    assert found.told_apart
    assert found.mean.value < 0
    assert found.pairing is not None
    assert found.pairing > 5


def fleet(folder: Path, *words: str) -> list[str]:
    named = [
        word
        for name in ("orders", "depots", "lockers", "weather")
        for word in (f"--{name}", f"{folder}/{name}.csv")
    ]
    return [sys.executable, "-m", "fleet", "simulate", *named, "--iterations", "0", *words]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_tells_of_the_days_that_are_over(tmp_path: Path, workers: int) -> None:
    """The result stands on stdout with how many days it is of, nobody goes on, and the code is that of Ctrl-C."""
    files(tmp_path, [800.0])
    command = fleet(tmp_path, "--runs", "200", "--workers", str(workers), "--json")
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as child:
        assert child.stderr is not None
        line = ""
        while not line.startswith("20 of 200"):
            line = child.stderr.readline()
            assert line, "it ended by itself"
        os.killpg(child.pid, signal.SIGINT)
        out, errors = child.communicate(timeout=120)
    told: dict[str, Any] = json.loads(out)
    assert child.returncode == 130
    assert 20 <= told["days_done"] < 200
    assert told["fleets"][0]["figures"]["cost"]["days"] == told["days_done"] == len(told["days"])
    assert "interrupted" in errors
    assert _nobody_of(child.pid)


def _nobody_of(group: int) -> bool:
    """Whether every process of a group ends within a while."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_parcels_of_one_building_come_in_one_stop(tmp_path: Path) -> None:
    """Three at a door: the van is sent to one stop with all of them, and all are handed over there."""
    first = case(tmp_path, [900.0, 900.0, 900.0])
    begun = beginning(first)
    day = simulate(
        first.setup,
        begun.inputs,
        begun.world,
        incoming=begun.incoming,
        incidents="none",
        over=settled,
        latest=LATEST,
    )
    stops = [s for m in day.state.missions.values() for s in m.mission.steps if isinstance(s, Stop)]
    assert [sorted(stop.deliver) for stop in stops] == [["P0", "P1", "P2"]]
    assert {parcel.status for parcel in day.state.parcels.values()} == {ParcelStatus.DELIVERED}
    assert day.verdict["ok"]
    assert day.verdict["handed_over"] == {"van": 3}
