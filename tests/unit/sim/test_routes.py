"""Vans, lockers and the people at the doors."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from fleet.protocol.messages import Action, ReleaseCompartment, ReserveCompartment
from fleet.protocol.mission import BreakDue, Mission
from fleet.protocol.values import Place, TimeWindow
from fleet.sim.geo import distance_m, moved
from fleet.sim.sortie import SortieVehicle
from fleet.sim.world import World
from tests.unit.sim.small_world import (
    BANK,
    DAY,
    DOOR,
    DRONE,
    HOME,
    LOCKER,
    OTHER,
    SIZE,
    START,
    VAN,
    VAN_2,
    Play,
    command,
    route,
    sortie,
    spec,
    stop,
)

FIRST = stop("s1", DOOR, deliver=("P1",))
SECOND = stop("s2", OTHER, deliver=("P2",))


def two_stops(**said: object) -> Mission:
    """A route of two doors."""
    return route((FIRST, SECOND), load=("P1", "P2"), **said)  # type: ignore[arg-type]


def test_a_route_is_driven_to_its_end() -> None:
    """Loads, serves each stop in order, comes back."""
    play = Play()
    play.tell(VAN, two_stops())
    ended = play.run_until(VAN, "mission_ended")
    ids = ["load", "s1", "s2", "unload"]
    assert play.steps(VAN) == [(s, state) for s in ids for state in ("started", "done")]
    assert (ended.outcome, ended.site_id, ended.energy_used_wh) == ("completed", "A", None)
    assert play.verdict["handed_over"] == {"van": 2}
    assert play.verdict["km"]["van"] > 12


def test_a_route_is_driven_over_true_streets_where_they_are_known() -> None:
    """Three legs of 10 km and some 20 minutes each, but for those that the streets do not know: these are estimated."""
    asked: list[datetime] = []

    def roads(start: Place, end: Place, at: datetime) -> tuple[float, float] | None:
        asked.append(at)
        return None if end == OTHER else (10_000.0, 1200.0)

    usual, known = Play(), Play(World(7, spec(), roads=roads))
    for play in (usual, known):
        play.tell(VAN, two_stops())
        play.run_until(VAN, "mission_ended")
    assert len(asked) == 3
    assert asked == sorted(set(asked))
    estimated_km = 1.52 * (distance_m(DOOR, OTHER) / 1000) ** 0.96
    assert known.verdict["km"]["van"] == pytest.approx(20 + estimated_km, abs=0.2)
    assert known.world.now - usual.world.now > timedelta(minutes=20), "usually 7 minutes a leg"


@pytest.mark.parametrize("after", ["load", "s1", "s2"])
@pytest.mark.parametrize("opens_min", [0, 200])
def test_the_driver_has_his_break(after: str, opens_min: int) -> None:
    """Behind the step that the mission says, for its time, once; he who is there before its window waits for that."""
    plain, rested = Play(), Play()
    begins = TimeWindow(start=START + timedelta(minutes=opens_min), end=START + timedelta(hours=9))
    rest = BreakDue(after=after, start=begins.start, end=begins.start + timedelta(minutes=30), begins=begins)
    plain.tell(VAN, two_stops())
    rested.tell(VAN, two_stops().model_copy(update={"driver_break": rest}))
    for play in (plain, rested):
        play.run_until(VAN, "mission_ended", limit_minutes=600)
    ids = ["load", "s1", "s2", "unload"]
    behind = ids[ids.index(after) + 1]
    for step_id in ids[1:]:
        state = "started" if step_id == "unload" else "done"
        usual, at = (
            play.last(VAN, "step_report", step_id=step_id, state=state).at for play in (plain, rested)
        )
        if ids.index(step_id) < ids.index(behind):
            assert at == usual
        elif opens_min == 0:
            assert at - usual == timedelta(minutes=30)
        else:
            assert at >= begins.start + timedelta(minutes=30)
            assert at - usual >= timedelta(minutes=30)


def test_the_driver_waits_for_a_window_and_is_late_when_he_is() -> None:
    """An early driver waits; a late one delivers all the same, and the judge notes it."""
    opens = START + timedelta(hours=2)
    early = stop("s1", DOOR, deliver=("P1",), window=TimeWindow(start=opens, end=opens + timedelta(hours=1)))
    late = stop(
        "s2", OTHER, deliver=("P2",), window=TimeWindow(start=START, end=START + timedelta(minutes=30))
    )
    play = Play()
    play.tell(VAN, route((early, late), load=("P1", "P2")))
    play.run_until(VAN, "mission_ended")
    assert play.last(VAN, "step_report", step_id="s1", state="done").at > opens
    assert [(o["order_id"], o["by_s"] > 3000) for o in play.verdict["outside_windows"]] == [("P2", True)]


def test_travel_times_differ_by_leg_but_not_by_run() -> None:
    """The same leg takes the same time in two worlds of one seed."""
    times = []
    for _ in range(2):
        play = Play()
        play.tell(VAN, two_stops())
        play.run_until(VAN, "mission_ended")
        times.append([m.at for m in play.all(VAN, "step_report")])
    assert times[0] == times[1]
    assert len({b - a for a, b in pairwise(times[0])}) > 4


def test_a_revision_replaces_what_is_not_done() -> None:
    """A stop is added while the driver is on the way to the first; what is done stays done."""
    play = Play()
    play.tell(VAN, route((FIRST, SECOND), load=("P1", "P2", "P3")))
    play.run_until(VAN, "step_report", step_id="s1", state="done")
    third = stop("s3", LOCKER, deliver=("P3",))
    play.tell(VAN, route((FIRST, SECOND, third), load=("P1", "P2", "P3"), revision=1))
    assert play.last(VAN, "mission_reply").accepted
    play.run_until(VAN, "mission_ended")
    assert [s for s, state in play.steps(VAN) if state == "done"] == ["load", "s1", "s2", "s3", "unload"]
    assert play.verdict["parcels"] == {"recipient": 3}


def test_a_revision_turns_a_driver_round_who_is_on_his_way_home() -> None:
    """Until he is at the depot there may be something to do again."""
    play = Play()
    play.tell(VAN, two_stops())
    play.run_until(VAN, "step_report", step_id="s2", state="done")
    play.run(1)
    collect = stop("s3", DOOR, collect=("P9",))
    play.tell(VAN, route((FIRST, SECOND, collect), load=("P1", "P2"), revision=1))
    assert play.last(VAN, "mission_reply").accepted
    play.run_until(VAN, "mission_ended")
    assert play.steps(VAN)[-4:] == [
        ("s3", "started"),
        ("s3", "done"),
        ("unload", "started"),
        ("unload", "done"),
    ]
    assert play.last(VAN, "step_report", step_id="unload", state="done").order_ids == ("P9",)


@pytest.mark.parametrize("stops", [(SECOND,), (stop("s1", DOOR, deliver=("P1", "P2")), SECOND)])
def test_a_revision_that_comes_too_late_is_refused(stops: tuple[object, ...]) -> None:
    """It lacks the stop under way, or changes one that is done."""
    play = Play()
    play.tell(VAN, two_stops())
    begun = len(stops) == 1
    play.run_until(VAN, "step_report", step_id="s1", state="started" if begun else "done")
    play.run(seconds=30)
    play.tell(VAN, route(stops, load=("P1", "P2"), revision=1))  # type: ignore[arg-type]
    reply = play.last(VAN, "mission_reply")
    assert (reply.accepted, reply.code, reply.revision) == (False, "stale_revision", 1)
    assert play.run_until(VAN, "mission_ended").outcome == "completed"
    assert play.verdict["parcels"] == {"recipient": 2}


def test_a_stop_can_lose_a_parcel_until_the_driver_is_there() -> None:
    """What is taken out of a stop on the way there comes back to the depot."""
    play = Play()
    both = stop("s1", DOOR, deliver=("P1", "P2"))
    play.tell(VAN, route((both,), load=("P1", "P2")))
    play.run_until(VAN, "step_report", step_id="s1", state="started")
    play.tell(VAN, route((FIRST,), load=("P1", "P2"), revision=1))
    assert play.last(VAN, "mission_reply").accepted
    play.run_until(VAN, "mission_ended")
    assert play.last(VAN, "step_report", step_id="unload", state="done").order_ids == ("P2",)


def test_locker_stop_fills_reserved_compartments_only() -> None:
    """One was reserved, the other was not: it comes back."""
    play = Play()
    play.tell(BANK, ReserveCompartment(order_id="P1", size=SIZE, window=DAY))
    play.tell(VAN, route((stop("s1", LOCKER, deliver=("P1", "P2"), locker_id=BANK),), load=("P1", "P2")))
    done = play.run_until(VAN, "step_report", step_id="s1", state="done")
    assert done.order_ids == ("P1",)
    assert [(f.order_id, f.code) for f in done.failed] == [("P2", "no_reservation")]
    assert play.last(BANK, "compartment_report", state="deposited").order_id == "P1"
    play.run_until(VAN, "mission_ended")
    assert play.last(VAN, "step_report", step_id="unload", state="done").order_ids == ("P2",)


def test_locker_keeps_no_more_than_it_has() -> None:
    """One small compartment: the second wish is refused, after a release it is granted; repeating changes nothing."""
    play = Play()
    for order_id in ("P1", "P1", "P2"):
        play.tell(BANK, ReserveCompartment(order_id=order_id, size=SIZE, window=DAY))
    assert [m.state for m in play.all(BANK, "compartment_report")] == ["reserved", "reserved", "refused"]
    assert play.last(BANK, "compartment_report").code == "locker_full"
    play.tell(BANK, ReleaseCompartment(order_id="P1"))
    play.tell(BANK, ReserveCompartment(order_id="P2", size=SIZE, window=DAY))
    assert [m.state for m in play.all(BANK, "compartment_report")][-2:] == ["released", "reserved"]


def test_a_compartment_can_be_promised_twice_for_different_hours() -> None:
    """Windows that do not touch each other share it."""
    play = Play()
    noon = START + timedelta(hours=4)
    morning, evening = (
        TimeWindow(start=START, end=noon),
        TimeWindow(start=noon, end=noon + timedelta(hours=4)),
    )
    for order_id, window in (("P1", morning), ("P2", evening), ("P3", DAY)):
        play.tell(BANK, ReserveCompartment(order_id=order_id, size=SIZE, window=window))
    assert [m.state for m in play.all(BANK, "compartment_report")] == ["reserved", "reserved", "refused"]


def test_jammed_locker_refuses_at_the_door() -> None:
    """What was reserved can't be put in: the parcel stays on board."""
    play = Play()
    play.tell(BANK, ReserveCompartment(order_id="P1", size=SIZE, window=DAY))
    play.world._stage.lockers[BANK].jammed = True
    play.tell(VAN, route((stop("s1", LOCKER, deliver=("P1",), locker_id=BANK),), load=("P1",)))
    done = play.run_until(VAN, "step_report", step_id="s1", state="done")
    assert [(f.order_id, f.code) for f in done.failed] == [("P1", "locker_full")]


def test_absent_recipient_is_there_the_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The failed attempt is reported; a later stop of the same route brings it."""
    play = Play()
    answers = iter([False, True])
    monkeypatch.setattr(play.world._stage.people, "opens", lambda _order_id: next(answers))
    play.tell(VAN, route((FIRST,), load=("P1",)))
    done = play.run_until(VAN, "step_report", step_id="s1", state="done")
    assert [(f.order_id, f.code) for f in done.failed] == [("P1", "recipient_absent")]
    again = stop("again", DOOR, deliver=("P1",))
    play.tell(VAN, route((FIRST, again), load=("P1",), revision=1))
    play.run_until(VAN, "mission_ended")
    assert play.verdict["parcels"] == {"recipient": 1}


def test_a_van_takes_parcels_from_another_site_and_from_a_stranded_drone() -> None:
    """From a site what stands there; from a drone in a field what it carries."""
    play = Play()
    play.tell(DRONE, sortie("P1"))
    play.run_until(DRONE, "step_report", step_id="out", state="started")
    play.run(2)
    play.tell(DRONE, command(Action.LAND))
    place = play.run_until(DRONE, "mission_ended").place
    stops = (
        stop("c1", OTHER, collect=("P2",), site_id="B"),
        stop("c2", place, collect=("P1",)),
        stop("d1", DOOR, deliver=("P1", "P2")),
    )
    play.tell(VAN, route(stops))
    play.run_until(VAN, "mission_ended")
    assert play.verdict["parcels"] == {"recipient": 2}
    assert play.verdict["ok"]


def test_a_van_does_not_take_what_is_not_there() -> None:
    """The stranded drone is elsewhere: not found, not delivered, noted once."""
    play = Play()
    play.tell(DRONE, sortie("P1"))
    play.run_until(DRONE, "step_report", step_id="out", state="started")
    play.run(2)
    play.tell(DRONE, command(Action.LAND))
    play.run_until(DRONE, "mission_ended")
    stops = (stop("c2", OTHER, collect=("P1",)), stop("d1", DOOR, deliver=("P1",)))
    play.tell(VAN, route(stops))
    play.run_until(VAN, "mission_ended")
    codes = [f.code for m in play.all(VAN, "step_report") for f in m.failed]
    assert codes == ["not_found", "not_found"]
    assert len(play.verdict["custody_breaks"]) == 1


def test_van_hold_return_and_breakdown() -> None:
    """A van stops where its leg ends, drives home when told, and leaves its parcels to another when it breaks down."""
    play = Play()
    play.tell(VAN, two_stops())
    play.run_until(VAN, "step_report", step_id="s1", state="started")
    play.tell(VAN, command(Action.HOLD))
    play.run(60)
    assert play.steps(VAN)[-1] == ("s1", "started")
    assert play.world._stage.movers[VAN].body.where()[:2] == (DOOR.lon, DOOR.lat)
    play.tell(VAN, command(Action.RESUME))
    play.run_until(VAN, "step_report", step_id="s2", state="started")
    play.run(2)
    play.world._stage.movers[VAN].break_down("breakdown", "flat tyre")
    play.run(1)
    ended = play.last(VAN, "mission_ended")
    assert (ended.outcome, ended.on_board) == ("failed", ("P2",))
    play.tell(
        VAN_2, route((stop("c", ended.place, collect=("P2",)), SECOND), mission_id="R2", asset_id=VAN_2)
    )
    play.run_until(VAN_2, "step_report", step_id="s2", state="started")
    play.run(1)
    play.tell(VAN_2, command(Action.RETURN))
    ended = play.run_until(VAN_2, "mission_ended")
    assert (ended.outcome, ended.code, ended.site_id) == ("cancelled", "returned_on_command", "A")
    assert play.last(VAN_2, "step_report", step_id="unload", state="done").order_ids == ("P2",)


def test_pick_up_is_handed_in_at_the_depot() -> None:
    """A parcel that nobody has seen yet is with its sender."""
    play = Play()
    play.tell(VAN, route((stop("c", moved(HOME, 900, 0), collect=("P1",)),)))
    play.run_until(VAN, "mission_ended")
    assert play.last(VAN, "step_report", step_id="c", state="done").order_ids == ("P1",)
    assert play.verdict["parcels"] == {"site": 1}


def test_no_sortie_vehicle_is_a_van() -> None:
    """The van has no battery that anybody plans with."""
    play = Play()
    assert not isinstance(play.world._stage.movers[VAN], SortieVehicle)
    assert play.world.factsheet(VAN).pack_wh is None
    assert play.world.factsheet(DRONE).pack_wh == 799.2


def test_a_locker_answers_for_the_reservation_that_it_was_asked_about() -> None:
    """A release of an earlier one frees nothing; one that holds a parcel is not given back."""
    play = Play()
    for request in (1, 2):
        play.tell(BANK, ReserveCompartment(order_id="P1", size=SIZE, window=DAY, request=request))
    play.tell(BANK, ReleaseCompartment(order_id="P1", request=1))
    assert "P1" in play.world._stage.lockers[BANK].kept
    play.tell(VAN, route((stop("s1", LOCKER, deliver=("P1",), locker_id=BANK),), load=("P1",)))
    play.run_until(VAN, "step_report", step_id="s1", state="done")
    play.tell(BANK, ReleaseCompartment(order_id="P1", request=2))
    said = [(m.state, m.request, m.code) for m in play.all(BANK, "compartment_report")]
    assert said == [
        ("reserved", 1, None),
        ("reserved", 2, None),
        ("released", 1, None),
        ("deposited", 2, None),
        ("refused", 2, "occupied"),
    ]
