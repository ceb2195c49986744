"""What trips took over what was predicted, from a day's events: which are compared, with what, and what they say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.dispatch.residuals import by_type, flown_in, learned_in
from fleet.domain import events as ev
from fleet.energy.learning import NEW, learnt
from fleet.energy.margin import margin_fraction
from fleet.feasibility.charge import BATTERY_SUSPECT
from fleet.feasibility.vehicles import vehicle_of
from fleet.intake.fleetfile import default_fleet
from fleet.protocol.mission import Drop, Item, Load, Mission, Travel, Unload
from fleet.protocol.values import Dimensions, Goods, Place, TimeWindow, Waypoint

START = datetime(2026, 11, 24, 9, tzinfo=UTC)
HOME, THERE = Place(lon=-9.14, lat=38.72), Place(lon=-9.13, lat=38.73)
SPEC = default_fleet().spec
TYPE = next(one for one in SPEC.types.values() if one.kind == "drone")
RESIDUAL = vehicle_of(TYPE).residual  # type: ignore[arg-type]
PLANNED_WH, PLANNED_S = 100.0, 600.0


def opened(*assets: str) -> ev.DayOpened:
    records = tuple(
        ev.AssetRecord(asset_id=name, type_id=TYPE.type_id, kind="drone", site_id="S") for name in assets
    )
    day = START + timedelta(hours=12)
    return ev.DayOpened(
        at=START, until=day, fleet=SPEC, sites=(), lockers=(), assets=records, zones_version="v"
    )


def mission(mission_id: str, asset_id: str, energy_wh: float | None = PLANNED_WH) -> Mission:
    """Ten minutes: five out, a drop of half a minute, the rest back."""
    begins, drops, leaves, ends = (START + timedelta(seconds=s) for s in (0, 285, 315, PLANNED_S))

    def way(step_id: str, a: Place, b: Place, t0: datetime, t1: datetime) -> Travel:
        path = tuple(Waypoint(lon=p.lon, lat=p.lat, alt_amsl_m=60.0, at=t) for p, t in ((a, t0), (b, t1)))
        return Travel(step_id=step_id, path=path, corridor_m=20)

    size = Dimensions(length_m=0.2, width_m=0.2, height_m=0.1)
    return Mission(
        mission_id=mission_id,
        asset_id=asset_id,
        items=(Item(order_id="o", weight_kg=1, size=size, goods=Goods.STANDARD),),
        steps=(
            Load(step_id="load", site_id="S", order_ids=("o",)),
            way("out", HOME, THERE, begins, drops),
            Drop(
                step_id="drop",
                order_id="o",
                place=THERE,
                service_s=30,
                window=TimeWindow(start=START, end=START + timedelta(hours=1)),
            ),
            way("back", THERE, HOME, leaves, ends),
            Unload(step_id="unload", site_id="S"),
        ),
        start_at=START,
        expires_at=START + timedelta(hours=2),
        home=HOME,
        energy_wh=energy_wh,
        reserve_wh=20.0,
    )


def trip(
    number: int,
    used_wh: float | None,
    *,
    asset_id: str = "D-1",
    lasted_s: float = PLANNED_S,
    outcome: Any = "completed",
    revised: bool = False,
    energy_wh: float | None = PLANNED_WH,
    told: bool = True,
) -> Iterator[ev.Event]:
    """A trip as the log has it, half an hour after the one before."""
    name, begun = f"{asset_id}-{number}", START + timedelta(minutes=30 * number)
    made = mission(name, asset_id, energy_wh)
    yield ev.MissionReleased(at=begun, mission=made)
    yield ev.StepBegun(at=begun, mission_id=name, step_id="out")
    if revised:
        changed = made.model_copy(update={"revision": 1})
        yield ev.MissionRevised(at=begun, mission=changed, why="called home")
    over = begun + timedelta(seconds=lasted_s)
    if told:
        yield ev.StepEnded(at=over, mission_id=name, step_id="back", ok=True)
    yield ev.MissionOver(at=over, mission_id=name, outcome=outcome, energy_used_wh=used_wh)


def log(*trips: Iterator[ev.Event], assets: Sequence[str] = ("D-1", "D-2")) -> list[ev.Event]:
    return [opened(*assets), *(event for one in trips for event in one)]


def test_a_trip_is_compared_with_what_was_predicted_for_the_time_that_it_took() -> None:
    """660 s instead of 600: a tenth more was to be expected, so 121 Wh are 10 % over and not 21."""
    (flown,) = flown_in(log(trip(0, 121.0, lasted_s=660)))
    assert (flown.at, flown.asset_id, flown.type_id) == (
        START + timedelta(seconds=660),
        "D-1",
        TYPE.type_id,
    )
    assert (flown.planned_wh, flown.used_wh) == (100.0, 121.0)
    assert flown.predicted_wh == pytest.approx(110.0)
    assert flown.log_ratio == pytest.approx(math.log(1.1))


@pytest.mark.parametrize(
    "other",
    [
        {"outcome": "failed"},
        {"outcome": "cancelled"},
        {"revised": True},
        {"used_wh": None},
        {"used_wh": 0.0},
        {"energy_wh": None},
        {"told": False},
        {"lasted_s": 250},
        {"lasted_s": 1300},
        {"asset_id": "nobody"},
    ],
    ids=str,
)
def test_what_was_not_flown_as_it_was_released_teaches_nothing(other: dict[str, Any]) -> None:
    """Ended otherwise, called back, without a meter, without times, or absurdly long; an asset that the day has not."""
    given_wh = other.pop("used_wh", 121.0)
    assert list(flown_in(log(trip(0, given_wh, **other)))) == []


def test_a_suspect_battery_teaches_nothing_until_somebody_has_looked() -> None:
    """Neither the trip on which it became so, nor those while the exception is open; the next one does."""

    def raised(number: int) -> Iterator[ev.Event]:
        yield ev.ExceptionRaised(
            at=START,
            exception_id="x",
            code=BATTERY_SUSPECT,
            asset_id="D-1",
            mission_id=f"D-1-{number}",
            owner="operator",
            action="look",
        )

    closed = iter([ev.ExceptionClosed(at=START, exception_id="x", outcome="looked at")])
    trips = [
        trip(0, 110.0),
        raised(1),
        trip(1, 110.0),
        trip(2, 110.0),
        closed,
        trip(1, 110.0),
        trip(3, 110.0),
    ]
    assert [one.mission_id for one in flown_in(log(*trips))] == ["D-1-0", "D-1-3"]


def test_a_log_that_never_opened_says_nothing() -> None:
    assert learned_in(list(trip(0, 110.0))) == ()


@given(st.lists(st.floats(60, 180), min_size=1, max_size=12))
def test_each_asset_is_learned_from_its_own_trips_in_their_order(used: list[float]) -> None:
    """The same as one by one, whatever another asset does between them."""
    others = [trip(number, 100.0, asset_id="D-2") for number in range(len(used))]
    mixed = [
        one for pair in zip((trip(n, wh) for n, wh in enumerate(used)), others, strict=True) for one in pair
    ]
    first, second = learned_in(log(*mixed))
    track = NEW
    for wh in used:
        track = learnt(track, wh, PLANNED_WH, RESIDUAL).track  # type: ignore[arg-type]
    assert (first.asset_id, second.asset_id) == ("D-1", "D-2")
    assert first.track == pytest.approx(track)
    assert second.track.log_bias == 0
    assert first.type_margin == margin_fraction(SPEC.reserve.epsilon, RESIDUAL)
    assert first.raised_by >= first.type_margin


def test_an_asset_that_takes_an_eighth_more_is_told_and_its_margin_grows() -> None:
    """Within eight trips, by one alarm or more; its neighbour stays as it was."""
    hungry = [trip(number, 112.5) for number in range(8)]
    usual = [trip(number, 100.0 + (-1) ** number, asset_id="D-2") for number in range(8)]
    first, second = learned_in(log(*hungry, *usual))
    assert first.alarms >= 1
    assert 1 + first.raised_by > 1.125 > 1 + first.type_margin
    assert second.alarms == 0
    ((count, mean, apart),) = by_type((first, second)).values()
    assert count == 2
    assert mean == pytest.approx((first.track.log_bias + second.track.log_bias) / 2)
    assert apart == pytest.approx(abs(first.track.log_bias - second.track.log_bias) / math.sqrt(2))
