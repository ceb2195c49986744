"""What batteries, meters and clocks say that can't be: over the real wire, through the hub, and a hub started anew.

Whatever it is: a person is told once, the vehicle flies no other trip before that is dealt with, where it is stays
known, and the trip that it is on is brought to a safe end.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fleet.dispatch.health import health_of
from fleet.domain.fleet import SortieType
from fleet.feasibility.charge import doubts_of
from fleet.protocol.codec import encode, encode_telemetry
from fleet.protocol.messages import (
    Action,
    AssetReport,
    Assign,
    Attach,
    CancelMission,
    CloseException,
    Command,
    Envelope,
    Factsheet,
    MissionEnded,
    MissionReply,
    Role,
    StepReport,
)
from fleet.protocol.session import PeerSession
from tests.support.bench import ORDERS, Bench, Peer
from tests.support.script import DRONE, ready, sent
from tests.unit.dispatch.test_monitor import guard_of, on_its_way, sample, sets_out

TWO_PACKS = """[types.twin]
based_on = "courier-x4"
packs = 2
[[drone]]
type = "twin"
[[van]]
type = "van-e"
"""
Packs = list[dict[str, Any]]


def pack(number: int, soc: float | None = 0.95, **values: Any) -> dict[str, Any]:
    """What one pack says."""
    return {"pack": number, "soc": soc, "voltage_v": 44.0, **values}


def both(soc: float) -> Packs:
    """Two packs in order."""
    return [pack(1, soc), pack(2, soc)]


def says(bench: Bench, drone: Peer, **values: Any) -> None:
    """A sample with values that no honest peer of ours could send, in the bytes that another might."""
    assert drone.session.welcome is not None
    route = b"t-" + drone.route
    attach = Attach(peer_id=DRONE, token=drone.session.welcome.token)
    bench.core.telemetry(route, encode_telemetry(attach), bench.wall)
    version, kind, body = encode_telemetry(sample(bench, at=bench.now, north_m=2.0, soc=0.95))
    frames = [version, kind, json.dumps(json.loads(body) | values).encode()]
    bench.core.telemetry(route, frames, bench.wall)
    bench.run(0.99)


def reports(bench: Bench, drone: Peer, message: AssetReport | MissionEnded, **values: Any) -> None:
    """The same of a report, which must arrive."""
    seq = drone.session.send(message)
    version, kind, body = encode(Envelope(seq=seq, ack=0, message=message))
    document = json.loads(body)
    document["message"] |= values
    bench.core.control(drone.route, [version, kind, json.dumps(document).encode()], bench.wall)
    bench.run(0.01)


def codes(bench: Bench) -> list[str]:
    """What is open about what the drone tells."""
    return [reason.code for reason in doubts_of(bench.core.state, DRONE)]


def told(drone: Peer) -> list[Action]:
    """What it was told to do."""
    return [c.action for c in drone.of(Command) if isinstance(c, Command)]


class Case(NamedTuple):
    """Something that can't be: how it is told, and which reason is found."""

    tell: Callable[[Bench, Peer], None]
    reason: str
    exception: str = "battery_suspect"
    fleet: str = ""


def in_a_row(*samples: dict[str, Any]) -> Callable[[Bench, Peer], None]:
    """These samples, a second apart."""

    def tell(bench: Bench, drone: Peer) -> None:
        for values in samples:
            says(bench, drone, **values)

    return tell


def frozen(bench: Bench, drone: Peer) -> None:
    """It hovers, and shows the same."""
    for _ in range(150):
        says(bench, drone, soc=0.95)


def clock_back(bench: Bench, drone: Peer) -> None:
    """By an hour, and goes on from there."""
    says(bench, drone)
    for _ in range(3):
        says(bench, drone, at=(bench.now - timedelta(hours=1)).isoformat())


def packs(*samples: Packs, soc: float | None = 0.95) -> Callable[[Bench, Peer], None]:
    """Samples of one with two packs."""
    return in_a_row(*({"soc": soc, "packs": each} for each in (both(0.95), *samples)))


NAN = float("nan")
CASES = {
    "more than full": Case(in_a_row({"soc": 1.02}), "soc_out_of_range"),
    "less than empty": Case(in_a_row({"soc": -0.2}), "soc_out_of_range"),
    "no number": Case(in_a_row({"soc": NAN}), "soc_out_of_range"),
    "a rise": Case(in_a_row({"soc": 0.8}, {"soc": 0.9}), "soc_rose"),
    "a fall": Case(in_a_row({"soc": 0.9}, {"soc": 0.1}, {"soc": 0.9}), "soc_fell"),
    "a frozen gauge": Case(frozen, "soc_frozen"),
    "a meter that is no number": Case(in_a_row({"energy_used_wh": NAN}), "meter_out_of_range"),
    "a meter below zero": Case(in_a_row({"energy_used_wh": -3.0}), "meter_out_of_range"),
    "a height that is no number": Case(in_a_row({"alt_amsl_m": NAN}), "value_out_of_range", "sensor_suspect"),
    "a height in centimetres": Case(
        in_a_row({"alt_amsl_m": 12_000.0}), "value_out_of_range", "sensor_suspect"
    ),
    "a height that stands for none": Case(
        in_a_row({"alt_amsl_m": -9999.0}), "value_out_of_range", "sensor_suspect"
    ),
    "a heading of 400": Case(in_a_row({"heading_deg": 400}), "value_out_of_range", "sensor_suspect"),
    "a clock that runs back": Case(clock_back, "clock_backwards", "clock_suspect"),
    "a pack at 0 V": Case(packs([pack(1), pack(2, voltage_v=0.0)]), "pack_failed", fleet=TWO_PACKS),
    "a pack that says so": Case(
        packs([pack(1), pack(2, condition="failed")]), "pack_failed", fleet=TWO_PACKS
    ),
    "a pack that is not healthy": Case(
        packs([pack(1), pack(2, condition="unhealthy")]), "pack_failed", fleet=TWO_PACKS
    ),
    "a pack that is gone": Case(packs([pack(1)]), "pack_missing", fleet=TWO_PACKS),
    "a pack without a gauge": Case(packs([pack(1), pack(2, None)]), "pack_silent", fleet=TWO_PACKS),
    "a pack above full": Case(packs([pack(1), pack(2, 1.2)]), "pack_out_of_range", fleet=TWO_PACKS),
    "packs that disagree": Case(packs([pack(1), pack(2, 0.6)]), "packs_disagree", fleet=TWO_PACKS),
    "a total above its packs": Case(packs(both(0.7), soc=0.95), "packs_disagree", fleet=TWO_PACKS),
    "a pack too many": Case(packs([*both(0.95), pack(3)]), "pack_unknown", fleet=TWO_PACKS),
    "no pack at all": Case(packs([]), "pack_out_of_range", fleet=TWO_PACKS),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    """Each of them in turn."""
    return CASES[request.param]


@pytest.fixture
def out(tmp_path: Path, case: Case) -> tuple[Bench, Peer]:
    """A drone on its way out, full when it left, and a van."""
    if case.fleet:
        return twin(tmp_path)
    bench, drone = on_its_way(Bench(tmp_path))
    ready(bench, "D1/van-1", "D1")
    return bench, drone


def twin(folder: Path, soc: float = 1.0) -> tuple[Bench, Peer]:
    """The same of a drone with two packs, as full as that."""
    bench = Bench(folder, fleet=TWO_PACKS)
    operator, drone = bench.connect("operator-1", Role.OPERATOR), bench.connect(DRONE)
    comes_full(bench, drone, soc=soc, packs=both(soc))
    bench.submit(operator)
    while not drone.of(Assign):
        bench.run(30)
        comes_full(bench, drone, soc=soc, packs=both(soc))
    assign = sent(bench, drone)
    mission_id = assign.mission.mission_id
    bench.say(drone, MissionReply(mission_id=mission_id, revision=0, accepted=True))
    for step_id, state, moved in (("load", "done", ("P-1",)), ("out", "started", ())):
        known: dict[str, Any] = {"step_id": step_id, "state": state, "order_ids": moved}
        bench.say(drone, StepReport(mission_id=mission_id, at=bench.now, **known))
    ready(bench, "D1/van-1", "D1")
    return bench, drone


def comes_full(bench: Bench, drone: Peer, **values: Any) -> None:
    """It stands at home, and is full by every pack."""
    known: dict[str, Any] = {"soc": 1.0, "packs": both(1.0)}
    message = AssetReport(condition="ready", at=bench.now, site_id="S1", **known | values)
    bench.say(drone, message)


def test_the_vehicle_is_suspect_until_a_person_says_otherwise(case: Case, out: tuple[Bench, Peer]) -> None:
    """Told once, also by a hub that was killed in between; the trip goes on or home, the next parcel goes by van;
    closed, the next but one flies."""
    bench, drone = out
    case.tell(bench, drone)
    found = [e for e in bench.core.state.open_exceptions() if e.code == case.exception]
    assert case.reason in {reason.code for e in found for reason in e.reasons}
    assert {(e.owner, e.asset_id) for e in found} == {("operator", DRONE)}
    assert bench.core.live[DRONE].lat == pytest.approx(sample(bench, north_m=2.0).lat)
    count = len(bench.core.state.open_exceptions())
    bench.restart()
    operator, drone = bench.connect("operator-2", Role.OPERATOR), bench.heard_again(drone)
    case.tell(bench, drone)
    assert case.reason in codes(bench)
    alike = [e for e in bench.core.state.exceptions.values() if case.reason in {r.code for r in e.reasons}]
    assert len([e for e in alike if e.code == case.exception]) == 1
    assert len(bench.core.state.open_exceptions()) >= count
    mission_id = guard_of(bench).mission_id
    bench.say(
        drone, MissionEnded(mission_id=mission_id, outcome="failed", code="home", at=bench.now, site_id="S1")
    )
    comes_full(bench, drone)
    (first,) = bench.inputs.orders.orders
    bench.submit_more(operator, first.model_copy(update={"order_id": "P-2"}))
    bench.run(120)
    assert bench.core.state.parcels["P-2"].mode == "van"
    why = next(a for a in bench.core.state.choices["P-2"].alternatives if a.mode == "drone")
    assert case.reason in {r.code for r in why.reasons}
    for number, e in enumerate(list(bench.core.state.open_exceptions())):
        if e.asset_id == DRONE:
            done = CloseException(
                request_id=f"c-{number}", by="ana", exception_id=e.exception_id, outcome="looked at"
            )
            bench.say(operator, done)
    comes_full(bench, drone)
    assert not codes(bench)
    bench.submit_more(operator, first.model_copy(update={"order_id": "P-3"}))
    assert bench.core.state.parcels["P-3"].asset_id == DRONE


def test_it_never_flies_on_what_is_not_believed(case: Case, out: tuple[Bench, Peer]) -> None:
    """It goes on to say what can't be, and hovers: it is called home before a pack would be empty by the model."""
    bench, drone = out
    case.tell(bench, drone)
    budget = guard_of(bench).energy
    assert budget is not None
    seconds = 0
    while not told(drone):
        case.tell(bench, drone)
        bench.run(60)
        seconds += 60
        assert seconds < 3600 * budget.full_wh / budget.out.watts.stay, "longer than a full pack hovers"
    assert told(drone)[0] in (Action.RETURN, Action.LAND, Action.DIVERT)


def stood(folder: Path) -> tuple[Bench, Peer]:
    """A drone with two packs, which a mission is drafted for."""
    bench = Bench(folder, fleet=TWO_PACKS)
    operator, drone = bench.connect("operator-1", Role.OPERATOR), bench.connect(DRONE)
    comes_full(bench, drone)
    ready(bench, "D1/van-1", "D1")
    bench.submit(operator)
    return bench, drone


HALF: Packs = [pack(1, 1.0), pack(2, 1.0, condition="failed")]


def test_a_drone_whose_pack_has_failed_is_not_released(tmp_path: Path) -> None:
    """It says so in a report while it stands: what was drafted for it waits, with the reason, and goes by van."""
    bench, drone = stood(tmp_path)
    comes_full(bench, drone, packs=HALF)
    assert bench.core.state.assets[DRONE].soc == 0.5
    (record,) = bench.core.state.missions.values()
    bench.run((record.release_at - bench.now).total_seconds() + 5)
    assert not drone.of(Assign)
    assert [r.code for r in bench.core.state.missions[record.mission.mission_id].waits] == ["pack_failed"]
    bench.run(45 * 60)
    assert bench.core.state.parcels["P-1"].mode == "van"


def test_a_mission_that_it_was_sent_is_called_off(tmp_path: Path) -> None:
    """It has taken it and not begun: it is asked back, and does not leave."""
    bench, drone = stood(tmp_path)
    mission_id = sent(bench, drone).mission.mission_id
    bench.say(drone, MissionReply(mission_id=mission_id, revision=0, accepted=True))
    comes_full(bench, drone, packs=HALF)
    (asked,) = drone.of(CancelMission)
    assert isinstance(asked, CancelMission)
    assert asked.mission_id == mission_id
    assert "pack 2 of 2" in asked.why
    bench.say(drone, MissionEnded(mission_id=mission_id, outcome="cancelled", at=bench.now))
    bench.run(60)
    assert bench.core.state.parcels["P-1"].mode == "van"


def test_one_that_loads_stays(tmp_path: Path) -> None:
    """The mission has begun, the drone stands on its pad: it is told to return."""
    bench, drone = stood(tmp_path)
    mission_id = sent(bench, drone).mission.mission_id
    bench.say(drone, MissionReply(mission_id=mission_id, revision=0, accepted=True))
    bench.say(drone, StepReport(mission_id=mission_id, step_id="load", state="started", at=bench.now))
    comes_full(bench, drone, packs=HALF)
    assert told(drone) == [Action.RETURN]


def test_a_total_alone_says_nothing_of_several_packs(tmp_path: Path) -> None:
    """Its type has two, and it tells of none: how full they are is not known, and it is not sent out."""
    bench = Bench(tmp_path, fleet=TWO_PACKS)
    operator, drone = bench.connect("operator-1", Role.OPERATOR), bench.connect(DRONE)
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))
    ready(bench, "D1/van-1", "D1")
    bench.submit(operator)
    bench.run(60)
    assert bench.core.state.parcels["P-1"].mode == "van"
    why = next(a for a in bench.core.state.choices["P-1"].alternatives if a.mode == "drone")
    assert [r.code for r in why.reasons] == ["soc_unknown"]
    assert "each of its 2 packs" in why.reasons[0].detail


def test_a_pack_that_fails_on_the_way_out_brings_it_home(tmp_path: Path) -> None:
    """What the other holds is counted, and is enough for the whole trip; it comes home all the same. One sample alone
    calls nobody home."""
    bench, drone = twin(tmp_path)
    half = {"soc": 0.95, "packs": [pack(1), pack(2, condition="failed")]}
    in_a_row({"packs": both(0.95)}, half, {"packs": both(0.95)}, half)(bench, drone)
    assert bench.core.live[DRONE].soc == pytest.approx(0.475)
    assert told(drone) == []
    in_a_row(half, half, half)(bench, drone)
    assert told(drone) == [Action.RETURN]
    open_codes = {e.code for e in bench.core.state.open_exceptions()}
    assert "pack_lost" in open_codes


@pytest.mark.parametrize(("soc", "is_short"), [(0.9, False), (0.5, True)], ids=["enough", "not enough"])
def test_on_the_way_home_what_the_other_pack_holds_decides(
    tmp_path: Path, soc: float, is_short: bool
) -> None:
    """With the drop done, and enough for home as long as both packs are well: on with what is left where that is enough
    with its reserve; else somebody is told."""
    bench, drone = twin(tmp_path, soc + 0.1)
    back = guard_of(bench).back
    assert back is not None
    begins = back.path[1]
    here = {"lon": begins.lon, "lat": begins.lat, "alt_amsl_m": begins.alt_amsl_m, "step_id": back.step_id}
    for _ in range(4):
        says(bench, drone, packs=both(soc), soc=soc, **here)
    open_codes = {e.code for e in bench.core.state.open_exceptions()}
    assert "energy_short" not in open_codes
    for _ in range(4):
        says(bench, drone, packs=[pack(1, soc), pack(2, soc, condition="failed")], soc=soc, **here)
    open_codes = {e.code for e in bench.core.state.open_exceptions()}
    assert ("energy_short" in open_codes) is is_short
    assert "pack_lost" not in open_codes
    assert told(drone) == []
    assert "pack_failed" in codes(bench)


def test_what_a_pack_has_lost_stays_lost(tmp_path: Path) -> None:
    """It says again that all is well, or says nothing more of its packs: neither raises what is believed."""
    bench, drone = twin(tmp_path)
    in_a_row({"packs": both(0.95)}, *[{"packs": [pack(1), pack(2, condition="failed")]}] * 4)(bench, drone)
    for values in ({"packs": both(0.95)}, {"soc": 0.95}, {"soc": None}):
        in_a_row(values, values, values)(bench, drone)
        monitor = bench.core._monitor
        found, doubts = monitor._gauges.check(guard_of(bench), bench.core.live[DRONE], bench.now)
        assert doubts
        assert found.soc is not None
        assert found.soc <= 0.5


def test_a_report_whose_charge_can_t_be_still_arrives(tmp_path: Path) -> None:
    """That it charges is believed, its charge is not, and it is suspect; the hub does not ask for the report again."""
    bench, drone = stood(tmp_path)
    reports(bench, drone, AssetReport(condition="charging", at=bench.now, site_id="S1"), soc=1.5)
    asset = bench.core.state.assets[DRONE]
    assert (asset.status.value, asset.soc) == ("charging", 1.0)
    assert codes(bench) == ["soc_out_of_range"]
    bench.run(5)
    assert drone.session.outstanding == 0


def test_a_trip_is_over_though_its_meter_says_nonsense(tmp_path: Path) -> None:
    """What it used is not known; that it is at home is."""
    bench, drone = twin(tmp_path)
    mission_id = guard_of(bench).mission_id
    ended = MissionEnded(mission_id=mission_id, outcome="failed", code="home", at=bench.now, site_id="S1")
    reports(bench, drone, ended, energy_used_wh=NAN)
    assert bench.core.state.missions[mission_id].energy_used_wh is None
    assert bench.core.state.assets[DRONE].mission_id is None
    assert codes(bench) == ["meter_out_of_range"]


@pytest.mark.parametrize("changes", [{"lat": 200.0}, {"lon": NAN, "soc": 0.1}])
def test_a_sample_that_does_not_say_where_it_is(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Nothing of it is believed, and who sent it is suspect; as to where it is, it has not been heard."""
    bench, drone = on_its_way(Bench(tmp_path))
    says(bench, drone)
    before = bench.core.live[DRONE]
    for _ in range(30):
        says(bench, drone, **changes)
    assert bench.core.live[DRONE] is before
    assert codes(bench)[0] == "value_out_of_range"
    assert "no_samples" in {e.code for e in bench.core.state.open_exceptions()}


WORN = 799.2 * 0.7
"""What a pack of the default drone's holds that has aged by 30 %."""


def came(bench: Bench, pack_wh: float | None) -> Peer:
    """A drone that says when it comes what its pack holds, and is full."""
    sheet = Factsheet(type_id="courier-x4", model="x", software="1", pack_wh=pack_wh)
    session = PeerSession(DRONE, Role.ASSET, f"boot-{pack_wh}-{bench.wall}", factsheet=sheet)
    bench.peers[DRONE] = Peer(session, b"none", [])
    drone = bench.connect(DRONE)
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))
    return drone


def test_a_worn_pack_is_counted_as_worn(tmp_path: Path) -> None:
    """It says itself what it holds: planned, released and watched by that, also by a hub that was started anew; what it
    does not say, or more than its type's, is its type's."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    came(bench, WORN)
    kind = bench.inputs.context.fleet.types["courier-x4"]
    assert isinstance(kind, SortieType)
    bench.restart()
    assert health_of(bench.core.state, DRONE, kind) == pytest.approx(0.7)
    drone = came(bench, WORN)
    bench.submit(bench.connect("operator-2", Role.OPERATOR))
    del operator
    sets_out(bench, drone)
    assert guard_of(bench).energy is not None
    assert guard_of(bench).energy.full_wh < 0.7 * 799.2 + 1e-6  # type: ignore[union-attr]
    for told_wh in (799.2, 799.2 * 1.1, None):
        other = Bench(tmp_path)
        came(other, told_wh)
        assert health_of(other.core.state, DRONE, kind) == kind.state_of_health


def test_a_trip_that_only_a_new_pack_could_make_is_not_planned(tmp_path: Path) -> None:
    """Far out: a new pack reaches it and comes home, this one does not."""
    far = ORDERS.replace("-8.01,41.01", "-8.03,41.03")
    modes = {}
    for pack_wh in (799.2, 799.2 * 0.45):
        bench = Bench(tmp_path, orders=far)
        operator = bench.connect("operator-1", Role.OPERATOR)
        came(bench, pack_wh)
        ready(bench, "D1/van-1", "D1")
        bench.submit(operator)
        bench.run(60)
        modes[pack_wh] = bench.core.state.parcels["P-1"].mode
    assert list(modes.values()) == ["drone", "van"]


@pytest.mark.parametrize("pack_wh", [0.0, 12.0, 5000.0])
def test_a_pack_that_is_not_its_type_s_makes_it_suspect(tmp_path: Path, pack_wh: float) -> None:
    """Nothing of it is counted on: neither that it is so small, nor so big."""
    bench = Bench(tmp_path)
    came(bench, pack_wh)
    assert codes(bench) == ["pack_of_another_type"]


def test_a_type_that_the_fleet_file_has_lost_is_as_when_the_day_began(tmp_path: Path) -> None:
    """A hub is started anew on a fleet file without it: the drone that is out is watched on, and its trip counted."""
    bench, drone = twin(tmp_path)
    (tmp_path / "fleet.csv").write_text("", encoding="utf-8")
    bench.inputs = bench.files.read()
    assert "twin" not in bench.inputs.context.fleet.types
    bench.restart()
    drone = bench.heard_again(drone)
    in_a_row({"packs": both(0.95)}, {"packs": [pack(1), pack(2, condition="failed")]})(bench, drone)
    assert codes(bench) == ["pack_failed"]
    assert guard_of(bench).sortie.packs == 2
    assert not bench.core.faults
    bench.submit_more(
        bench.connect("operator-2", Role.OPERATOR),
        bench.inputs.orders.orders[0].model_copy(update={"order_id": "P-2"}),
    )
    bench.run(60)
    assert bench.core.state.parcels["P-2"].mode == "van"


def falls(bench: Bench, drone: Peer, holds_wh: float, shown: float, steps: int = 40) -> None:
    """It hovers on, and draws 1 % of 779 Wh with each sample; a full pack holds so much in truth, and the gauge shows
    that share of what is gone."""
    for step in range(steps):
        used_wh = 7.79 * step
        soc = 1.0 - shown * used_wh / holds_wh
        says(bench, drone, soc=soc, energy_used_wh=used_wh)


@pytest.mark.parametrize(
    ("holds_wh", "shown", "reason"),
    [(779.0, 1.0, None), (779.0, 0.6, "gauge_slow"), (545.0, 1.0, "capacity_low")],
    ids=["as it should", "a slow gauge", "a worn pack"],
)
def test_meter_and_gauge_that_do_not_agree_ask_for_a_check(
    tmp_path: Path, holds_wh: float, shown: float, reason: str | None
) -> None:
    """Told once, kept by a hub that was started anew; the trip is watched by the less of the two, and the next one is
    planned by what was measured."""
    bench, drone = on_its_way(Bench(tmp_path))
    falls(bench, drone, holds_wh, shown)
    found = [e for e in bench.core.state.exceptions.values() if e.code == "capacity_check"]
    assert [r.code for e in found for r in e.reasons] == ([] if reason is None else [reason])
    kind = bench.inputs.context.fleet.types["courier-x4"]
    assert isinstance(kind, SortieType)
    bench.restart()
    health = health_of(bench.core.state, DRONE, kind)
    assert health == (pytest.approx(545 / 779, abs=0.02) if reason == "capacity_low" else 1.0)
    if reason is None:
        return
    assert found[0].owner == "operator"
    drone = bench.heard_again(drone)
    falls(bench, drone, holds_wh, shown, steps=30)
    assert len([e for e in bench.core.state.exceptions.values() if e.code == "capacity_check"]) == 1
    operator = bench.connect("operator-2", Role.OPERATOR)
    done = CloseException(request_id="c", by="ana", exception_id=found[0].exception_id, outcome="new pack")
    bench.say(operator, done)
    assert health_of(bench.core.state, DRONE, kind) == 1.0


def test_a_slow_gauge_does_not_keep_a_drone_out(tmp_path: Path) -> None:
    """By it there would be enough; by the meter there is not: it is called home."""
    bench, drone = on_its_way(Bench(tmp_path))
    falls(bench, drone, 779.0, 0.3, steps=75)
    assert bench.core.live[DRONE].soc == pytest.approx(1 - 0.3 * 0.74)
    assert told(drone)[:1] == [Action.RETURN]


def test_a_battery_that_is_filled_until_it_leaves_counts_from_then(tmp_path: Path) -> None:
    """It was released at 62 %, and left at 90: what it used is counted from there, and nothing is doubted."""
    bench, drone = stood(tmp_path)
    mission_id = sent(bench, drone).mission.mission_id
    bench.say(drone, MissionReply(mission_id=mission_id, revision=0, accepted=True))
    assert guard_of(bench).start_soc == 1.0
    standing = {"mission_id": None, "step_id": None, "state": "charging"}
    for soc in (0.62, 0.75, 0.9):
        says(bench, drone, soc=soc, packs=both(soc), **standing)
    assert guard_of(bench).start_soc == pytest.approx(0.9)
    bench.say(
        drone,
        StepReport(mission_id=mission_id, step_id="load", state="done", at=bench.now, order_ids=("P-1",)),
    )
    bench.say(drone, StepReport(mission_id=mission_id, step_id="out", state="started", at=bench.now))
    says(bench, drone, soc=0.89, packs=both(0.89))
    assert guard_of(bench).start_soc == pytest.approx(0.9)
    assert not codes(bench)
