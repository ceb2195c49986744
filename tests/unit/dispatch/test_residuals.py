"""What trips took over what was predicted: which are compared, with what, what is learned of them, and who is told."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.dispatch.desk import Desk, Settings
from fleet.dispatch.learning import learn
from fleet.dispatch.residuals import by_type, known_tracks, learned_in
from fleet.domain import events as ev
from fleet.domain.apply import apply_all
from fleet.domain.energy import EnergyTrack
from fleet.domain.fleet import SortieType
from fleet.domain.state import State
from fleet.energy.learning import NEW, learnt
from fleet.energy.margin import margin_fraction
from fleet.energy.pace import paced
from fleet.feasibility.appetite import told_of
from fleet.feasibility.capacity import CAPACITY_CHECK
from fleet.feasibility.carried import kept_for_others, learned_before, told_of_absent
from fleet.feasibility.charge import BATTERY_SUSPECT
from fleet.feasibility.context import Context
from fleet.feasibility.vehicles import figures_of, vehicle_of
from fleet.intake.energytracks import KnownTrack, read_tracks, tracks_text
from fleet.intake.errors import IntakeError
from fleet.intake.fleetfile import default_fleet
from fleet.network.geodesic import GeodesicNetwork
from fleet.protocol.lifecycle import AssetEvent
from fleet.protocol.messages import Action
from fleet.protocol.mission import Drop, Item, Load, Mission, Travel, Unload
from fleet.protocol.values import Dimensions, Goods, Place, Reason, TimeWindow, Waypoint
from fleet.store.rows import event_from, event_text
from geofences import FlatTerrain, ZoneSet

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
    dropped: bool = True,
    action: Action | None = None,
) -> Iterator[ev.Event]:
    """A trip as the log has it, half an hour after the one before."""
    name, begun = f"{asset_id}-{number}", START + timedelta(minutes=30 * number)
    made = mission(name, asset_id, energy_wh)
    yield ev.MissionDrafted(at=begun, mission=made, kind="drone", release_at=begun)
    yield ev.MissionReleased(at=begun, mission=made)
    yield ev.MissionAccepted(at=begun, mission_id=name, revision=0)
    yield ev.MissionBegun(at=begun, mission_id=name)
    yield ev.StepBegun(at=begun, mission_id=name, step_id="out")
    if revised:
        changed = made.model_copy(update={"revision": 1})
        yield ev.MissionRevised(at=begun, mission=changed, why="called home")
    if action is not None:
        yield ev.CommandIssued(
            at=begun, command_id=f"c-{name}", asset_id=asset_id, action=action, by="monitor", why="battery"
        )
    yield ev.StepEnded(at=begun, mission_id=name, step_id="drop", ok=dropped)
    over = begun + timedelta(seconds=lasted_s)
    if told:
        yield ev.StepEnded(at=over, mission_id=name, step_id="back", ok=True)
    yield ev.MissionOver(at=over, mission_id=name, outcome=outcome, energy_used_wh=used_wh)
    yield ev.AssetChanged(at=over, asset_id=asset_id, change=AssetEvent.END)


def log(*trips: Iterator[ev.Event], assets: Sequence[str] = ("D-1", "D-2")) -> list[ev.Event]:
    """The trips with what the hub makes of each that is over."""
    context = Context(
        fleet=SPEC,
        sites={},
        lockers={},
        zones=ZoneSet(()),
        terrain=FlatTerrain(0.0, 5.0),
        network=GeodesicNetwork(),
        weather=None,
    )
    desk = Desk(State(), START, {}, Settings(), lambda _: context)
    desk.emit(opened(*assets))
    for name in assets:
        desk.emit(ev.AssetConnected(at=START, asset_id=name, boot_id="b"))
        desk.emit(ev.AssetChanged(at=START, asset_id=name, change=AssetEvent.READY))
    for one in trips:
        for event in one:
            desk.now = event.at
            desk.emit(event)
            if isinstance(event, ev.MissionOver):
                learn(desk, event.mission_id)
    return desk.events


def learned(events: list[ev.Event]) -> list[ev.EnergyLearned]:
    return [event for event in events if isinstance(event, ev.EnergyLearned)]


def passed_over(events: list[ev.Event]) -> list[str]:
    return [event.why for event in events if isinstance(event, ev.EnergyNotLearned)]


def test_a_trip_is_compared_with_what_was_predicted_for_the_time_that_it_took() -> None:
    """660 s instead of 600: a tenth more was to be expected, so 121 Wh are 10 % over and not 21."""
    (flown,) = learned(log(trip(0, 121.0, lasted_s=660)))
    assert (flown.at, flown.asset_id, flown.by) == (START + timedelta(seconds=660), "D-1", "meter")
    assert (flown.planned_wh, flown.used_wh) == (100.0, 121.0)
    assert flown.predicted_wh == pytest.approx(110.0)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"outcome": "failed"}, "not_flown_as_sent"),
        ({"outcome": "cancelled"}, "not_flown_as_sent"),
        ({"revised": True}, "not_flown_as_sent"),
        ({"dropped": False}, "not_flown_as_sent"),
        ({"action": Action.RETURN}, "not_flown_as_sent"),
        ({"action": Action.DIVERT}, "not_flown_as_sent"),
        ({"used_wh": None}, "no_meter"),
        ({"used_wh": 0.0}, "no_meter"),
        ({"energy_wh": None}, "no_meter"),
        ({"told": False}, "not_timed"),
        ({"lasted_s": 250}, "not_timed"),
        ({"lasted_s": 1300}, "not_timed"),
    ],
    ids=str,
)
def test_what_was_not_flown_as_it_was_released_teaches_nothing(other: dict[str, Any], why: str) -> None:
    """Ended otherwise, called back, home with its parcel, without a meter, without times, or absurdly long: said so."""
    given_wh = other.get("used_wh", 121.0)
    rest = {name: value for name, value in other.items() if name != "used_wh"}
    events = log(trip(0, given_wh, **rest))
    assert learned(events) == []
    assert passed_over(events) == [why]
    (one,) = learned_in(events)
    assert (one.skipped, one.raised_by) == ({why: 1}, one.type_margin)
    timed = paced(NEW, PLANNED_S - 30, PLANNED_S - 30) if why == "no_meter" else None
    assert one.track == (None if timed is None else told_of(timed))


def test_a_wait_in_the_air_is_no_reason_not_to_learn() -> None:
    """Told to hold and go on it flies what it was sent to fly, for longer: which is what is counted. Of how fast it is
    that says nothing."""
    (one,) = learned(log(trip(0, 121.0, lasted_s=660, action=Action.HOLD)))
    assert (one.timed, one.track.log_pace, one.track.pace_variance) == (None, 0.0, None)


def test_who_never_left_is_not_spoken_of() -> None:
    """Cancelled on its pad: neither learned from nor passed over."""
    at_once = [event for event in trip(0, 0.0, outcome="cancelled") if not isinstance(event, ev.StepBegun)]
    events = log(iter([e for e in at_once if not isinstance(e, ev.StepEnded)]))
    assert (learned(events), passed_over(events)) == ([], [])


def test_a_suspect_battery_teaches_nothing_until_somebody_has_looked() -> None:
    """Neither the trip on which it became so, nor those while the exception is open; the next one does."""

    def suspect(number: int, *, closed: bool) -> Iterator[ev.Event]:
        """On that trip."""
        for event in trip(number, 110.0):
            yield event
            if isinstance(event, ev.StepBegun):
                yield ev.ExceptionRaised(
                    at=event.at,
                    exception_id=f"x{number}",
                    code=BATTERY_SUSPECT,
                    asset_id="D-1",
                    mission_id=f"D-1-{number}",
                    owner="operator",
                    action="look",
                    reasons=(Reason(code="gauge_frozen", detail="it stands still", source="D-1"),),
                )
                if closed:
                    yield ev.ExceptionClosed(at=event.at, exception_id=f"x{number}", outcome="looked at")

    closed = iter([ev.ExceptionClosed(at=START, exception_id="x2", outcome="looked at")])
    trips = [trip(0, 110.0), suspect(1, closed=True), suspect(2, closed=False), trip(3, 110.0), closed]
    events = log(*trips, trip(4, 110.0))
    assert [one.mission_id for one in learned(events)] == ["D-1-0", "D-1-4"]
    assert passed_over(events) == ["gauge_suspect"] * 3


def test_a_log_that_never_opened_says_nothing() -> None:
    assert learned_in(list(trip(0, 110.0))) == ()
    assert known_tracks([]) == ()


@given(st.lists(st.floats(60, 180), min_size=1, max_size=12))
def test_each_asset_is_learned_from_its_own_trips_in_their_order(used: list[float]) -> None:
    """The same as one by one, whatever another asset does between them; a log that is read again says the same."""
    others = [trip(number, 100.0, asset_id="D-2") for number in range(len(used))]
    mixed = [
        one for pair in zip((trip(n, wh) for n, wh in enumerate(used)), others, strict=True) for one in pair
    ]
    events = log(*mixed)
    first, second = learned_in(events)
    track = NEW
    for wh in used:
        track = learnt(track, wh, PLANNED_WH, RESIDUAL).track  # type: ignore[arg-type]
        track = paced(track, PLANNED_S - 30, PLANNED_S - 30)
    assert (first.asset_id, second.asset_id) == ("D-1", "D-2")
    assert first.track == told_of(track)
    assert second.track is not None
    assert second.track.log_bias == 0
    assert first.type_margin == margin_fraction(SPEC.reserve.epsilon, RESIDUAL)
    assert first.raised_by >= first.type_margin
    again = apply_all(State(), [event_from(event_text(event), 1, n) for n, event in enumerate(events, 1)])
    assert again.assets["D-1"].energy == first.track
    assert [one.track for one in known_tracks(events)] == [first.track, second.track]


def test_an_asset_whose_trips_change_is_told_and_its_margin_grows() -> None:
    """A propeller chips after six trips: one exception with an owner, what it was and what it is counted with; the
    margin holds the next trips. Its neighbour stays as it was."""
    before = [trip(number, 104.0) for number in range(6)]
    after = [trip(number, 125.0) for number in range(6, 16)]
    usual = [trip(number, 100.0 + (-1) ** number, asset_id="D-2") for number in range(16)]
    events = log(*before, *after, *usual)
    first, second = learned_in(events)
    assert first.alarms >= 1
    assert 1 + first.raised_by > 1.25 > 1 + first.type_margin
    assert second.alarms == 0
    (told,) = [event for event in events if isinstance(event, ev.ExceptionRaised)]
    assert (told.code, told.asset_id, told.owner) == ("energy_drift", "D-1", "operator")
    assert "inspect" in told.action
    assert "calibrate" in told.action
    (why,) = told.reasons
    assert float(why.actual or 0) > float(why.limit or 0)


@pytest.mark.parametrize("every", [True, False], ids=["told on each trip", "told once, and still open"])
def test_a_trip_on_which_meter_and_gauge_do_not_agree_teaches_no_energy(*, every: bool) -> None:
    """Either may be wrong: a meter that shows 70 of 100 Wh is no frugal asset. Closed by a person it teaches again;
    how long its ways last is learned all the while."""

    def apart(number: int) -> Iterator[ev.Event]:
        for event in trip(number, 70.0):
            yield event
            if isinstance(event, ev.StepBegun) and (every or number == 0):
                low = Reason(
                    code="capacity_low", detail="apart", limit=800.0, actual=560.0, source="telemetry"
                )
                yield ev.ExceptionRaised(
                    at=event.at,
                    exception_id=f"x{number}",
                    code=CAPACITY_CHECK,
                    asset_id="D-1",
                    mission_id=f"D-1-{number}",
                    owner="operator",
                    action="measure",
                    reasons=(low,),
                )

    def looked_at(number: int) -> Iterator[ev.Event]:
        yield ev.ExceptionClosed(at=START, exception_id="x0", outcome="another meter")
        yield from trip(number, 100.0)

    events = log(apart(0), apart(1), *([] if every else [looked_at(2)]))
    assert passed_over(events) == ["meter_doubted"] * 2
    assert [one.used_wh for one in learned(events)] == ([] if every else [100.0])
    (one,) = learned_in(events)
    assert one.track is not None
    assert (one.track.log_bias, one.track.pace_variance is None) == (0.0, False)


def test_how_far_assets_lie_apart_is_said_by_their_trips_and_not_by_what_was_believed_of_them() -> None:
    """40 assets truly 7.5 % apart, with two trips each: the biases are still drawn together, the trips' means less
    their own scatter are not. Of one asset nothing is said."""
    rng = Random(4)
    assets = [f"D-{number}" for number in range(40)]
    true = {name: rng.gauss(0.02, 0.075) for name in assets}
    trips = [
        trip(number, 100 * math.exp(true[name] + rng.gauss(0, 0.03)), asset_id=name)
        for name in assets
        for number in range(2)
    ]
    found = learned_in(log(*trips, assets=assets))
    ((count, mean, apart),) = by_type(found).values()
    assert count == 40
    assert mean == pytest.approx(0.02, abs=0.03)
    assert apart == pytest.approx(0.075, abs=0.015)
    assert by_type(found[:1])[TYPE.type_id][2] == 0
    assert by_type(()) == {}


def test_of_a_type_that_was_only_declared_the_bias_is_learned_and_no_alarm() -> None:
    """Nobody ever flew for its figures: that all of its assets take 7 % more is what there is to be learned."""
    assert RESIDUAL is not None
    assert RESIDUAL.declared
    events = log(*[trip(number, 107.0 + (-1) ** number) for number in range(20)])
    (one,) = learned_in(events)
    assert one.alarms == 0
    assert one.track is not None
    assert one.track.log_bias == pytest.approx(math.log(1.07), abs=0.01)
    assert [event for event in events if isinstance(event, ev.ExceptionRaised)] == []


def test_the_same_of_a_type_that_was_measured_is_one() -> None:
    """Its flights say where an asset of it lies: twenty that lie two deviations off are no chance."""
    assert RESIDUAL is not None
    measured = RESIDUAL.model_copy(update={"declared": False})
    track, alarms = NEW, 0
    for number in range(20):
        track, _, alarm = learnt(track, 107.0 + (-1) ** number, 100.0, measured)
        alarms += alarm
    assert alarms >= 1


def test_the_next_day_begins_where_this_one_ended(tmp_path: Path) -> None:
    """By the file: to the last digit; told of another type, or against other figures, it is refused with its line."""
    events = log(*[trip(number, 107.3) for number in range(5)])
    file = tmp_path / "tracks.csv"
    file.write_text(tracks_text(known_tracks(events)), encoding="utf-8")
    read = read_tracks(file)
    assert [one.track for one in read] == [learned(events)[-1].track]
    assert learned_before(SPEC, {"D-1": TYPE.type_id}, read) == {"D-1": learned(events)[-1].track}
    assert learned_before(SPEC, {"D-9": TYPE.type_id}, read) == {}
    robot = next(t.type_id for t in SPEC.types.values() if t.kind == "sidewalk_robot")
    with pytest.raises(IntakeError, match=r"tracks.csv:2: type_id: D-1 is of type"):
        learned_before(SPEC, {"D-1": robot}, read)
    heavier = SPEC.model_copy(update={"types": {**SPEC.types, TYPE.type_id: _with_other_figures()}})
    with pytest.raises(IntakeError, match=r"tracks.csv:2: figures: .*others today"):
        learned_before(heavier, {"D-1": TYPE.type_id}, read)


def test_an_asset_that_is_away_for_a_day_keeps_what_was_learned_of_it(tmp_path: Path) -> None:
    """The day's first event has it, and the next day's file with that of those who were there: to the last digit, with
    its own type and figures. Said once, in words that are true."""
    assert isinstance(TYPE, SortieType)
    away = KnownTrack("D-7", "another-type", "f00d", EnergyTrack(log_bias=0.14, variance=0.0004, flights=60))
    here = KnownTrack(
        "D-1", TYPE.type_id, figures_of(TYPE), EnergyTrack(log_bias=0.01, flights=2, variance=0.001)
    )
    known, assets = (away, here), {"D-1": TYPE.type_id}
    kept = kept_for_others(assets, known)
    assert list(kept) == ["D-7"]
    (said,) = told_of_absent(kept)
    assert "D-7" in said
    assert "kept" in said
    day = opened("D-1").model_copy(
        update={"energy": learned_before(SPEC, assets, known), "energy_of_absent": kept}
    )
    again = event_from(event_text(day), 1, 1)
    file = tmp_path / "tracks.csv"
    file.write_text(tracks_text(known_tracks([again])), encoding="utf-8")
    assert [replace(one, row=None) for one in read_tracks(file)] == [here, away]


def _with_other_figures() -> SortieType:
    text = (files("fleet.energy") / "data/airframes/courier-x4.toml").read_text(encoding="utf-8")
    data = text.replace("empty_mass_kg = 9.0", "empty_mass_kg = 9.5")
    assert data != text
    assert isinstance(TYPE, SortieType)
    return TYPE.model_copy(update={"energy_model": "mine.toml", "energy_data": data})


def test_a_file_of_tracks_says_where_it_is_wrong(tmp_path: Path) -> None:
    """Each row and column; a number that is none, a row twice."""
    file = tmp_path / "tracks.csv"
    head = "asset_id,type_id,figures,log_bias,variance,flights,widening,high,low"
    file.write_text(
        f"{head}\nD-1,t,f,nan,,1,1,0,0\nD-2,t,f,0.1,,-1,0.5,0,0\nD-2,t,f,0.1,,1,1,0,0\n", encoding="utf-8"
    )
    with pytest.raises(IntakeError) as caught:
        read_tracks(file)
    said = [(error.line, error.field) for error in caught.value.errors]
    assert said == [(2, "log_bias"), (3, "flights"), (3, "widening"), (4, "asset_id")]
