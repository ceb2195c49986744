"""The hub's core with scripted peers: numbers, acknowledgements, reboots, and peers that talk nonsense."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from fleet.dispatch.decide import Decision
from fleet.dispatch.effects import Answer, Send
from fleet.dispatch.handlers.orders import MOST_TOLD
from fleet.hub.core import CoreSettings
from fleet.hub.trouble import Severity
from fleet.protocol.codec import MAX_CONTROL_FRAME, decode_control, encode, limit_of
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.messages import (
    Action,
    AssetReport,
    Assign,
    Busy,
    CancelMission,
    Command,
    CommandReply,
    Envelope,
    Hello,
    MissionReply,
    Refused,
    Reply,
    Role,
    StepReport,
    StopAll,
    SubmitOrders,
)
from fleet.protocol.mission import Travel
from fleet.protocol.session import PeerSession, SessionState
from fleet.protocol.values import Waypoint
from fleet.store import Batch, MemoryStore, SqlStore
from tests.support.bench import DAY, Bench, Peer

DRONE, VAN = "S1/drone-1", "D1/van-1"


def report(soc: float = 1.0) -> AssetReport:
    """A drone that stands at its site."""
    at = DAY + timedelta(days=2)  # later than any hub's time here: it counts from when it comes
    return AssetReport(condition="ready", at=at, soc=soc, site_id="S1")


def said(bench: Bench, kind: str) -> int:
    """How many events of a type are stored."""
    return sum(getattr(s.event, "type", "") == kind for s in bench.store.events())


def in_flight(bench: Bench) -> tuple[Peer, Assign]:
    """A drone that has taken its mission and loaded the parcel."""
    operator, drone = bench.connect("operator-1", Role.OPERATOR), bench.connect(DRONE)
    bench.say(drone, report())
    bench.submit(operator)
    for _ in range(200):
        if drone.of(Assign):
            break
        bench.run(30)
    assign = drone.of(Assign)[0]
    assert isinstance(assign, Assign)
    mission_id = assign.mission.mission_id
    bench.say(drone, MissionReply(mission_id=mission_id, revision=0, accepted=True))
    bench.say(drone, step(assign, "load", "started"), step(assign, "load", "done", "P-1"))
    return drone, assign


def step(assign: Assign, step_id: str, state: str, *order_ids: str) -> StepReport:
    """A report on one step of a mission."""
    return StepReport(
        mission_id=assign.mission.mission_id,
        step_id=step_id,
        state=state,  # type: ignore[arg-type]
        at=DAY,
        order_ids=order_ids,
    )


def hello(peer_id: str, boot_id: str, role: Role = Role.ASSET) -> list[bytes]:
    """The frames of a hello."""
    return encode(Envelope(message=Hello(peer_id=peer_id, role=role, boot_id=boot_id, versions=(1,))))


def refusals(bench: Bench, route: bytes) -> list[str]:
    """What the hub refuses on a connection."""
    frames = [decode_control(f).message for r, f in bench.core.output(bench.wall) if r == route]
    return [m.code for m in frames if isinstance(m, Refused)]


def test_a_message_that_comes_twice_counts_once(tmp_path: Path) -> None:
    """A frame that is sent again under its number is not decided on again."""
    bench = Bench(tmp_path)
    drone = bench.connect(DRONE)
    drone.session.send(report())
    (envelope,) = drone.session.poll(bench.wall)
    for _ in range(3):
        bench.core.control(drone.route, encode(envelope), bench.wall)
        bench.run(0.01)
    assert said(bench, "asset_changed") == 1


def test_nothing_is_acknowledged_or_sent_before_it_is_stored(tmp_path: Path) -> None:
    """Between the decision and the commit, no frame says that the message was taken."""
    bench = Bench(tmp_path, settings=CoreSettings())
    drone = bench.connect(DRONE)
    drone.session.send(report())
    for envelope in drone.session.poll(bench.wall):
        bench.core.control(drone.route, encode(envelope), bench.wall)
    bench.core.work(bench.wall)
    assert bench.core.take() is not None
    before = [decode_control(frames) for _, frames in bench.core.output(bench.wall + 1.5)]
    assert {e.ack for e in before} == {0}
    bench.core.committed()
    assert {decode_control(frames).ack for _, frames in bench.core.output(bench.wall + 1.5)} == {1}


@pytest.mark.parametrize("role", [Role.ASSET, Role.OPERATOR])
def test_a_peer_that_gives_up_while_its_hello_waits_for_the_disk(tmp_path: Path, role: Role) -> None:
    """A disk that is full for longer than a peer waits costs that peer its connection, and the hub nothing."""
    bench = Bench(tmp_path)
    peer_id = DRONE if role is Role.ASSET else "operator-1"
    bench.core.control(b"gone", hello(peer_id, "boot-1", role), bench.wall)
    bench.core.work(bench.wall)
    assert bench.core.take() is not None
    bench.wall += 60
    assert list(bench.core.output(bench.wall)) == []
    assert peer_id not in bench.core.live
    bench.core.committed()
    assert list(bench.core.output(bench.wall)) == []
    bench.connect(peer_id, role, boot_id="boot-2")


def test_of_the_hellos_that_wait_for_the_disk_the_newest_of_each_peer_is_answered(tmp_path: Path) -> None:
    """While nothing can be stored a peer tries again and again: afterwards the hub has one hello to answer, not all."""
    bench = Bench(tmp_path)
    bench.core.control(b"busy", hello("operator-1", "boot-1", Role.OPERATOR), bench.wall)
    bench.core.work(bench.wall)
    assert bench.core.take() is not None
    for number in range(100):
        bench.core.control(b"try-%d" % number, hello(DRONE, "boot-1"), bench.wall)
        bench.core.work(bench.wall)
    bench.core.committed()
    list(bench.core.output(bench.wall))
    bench.core.work(bench.wall)
    batch = bench.core.take()
    assert batch is not None
    assert [boot.peer_id for boot in batch.boots] == [DRONE]
    bench.core.committed()
    welcomed = [route for route, frames in bench.core.output(bench.wall) if frames[1] == b"welcome"]
    assert welcomed == [b"try-99"]


def test_a_key_that_ends_while_a_hello_waits_for_the_disk(tmp_path: Path) -> None:
    """Whoever is shut out in between is told so, and not welcomed."""
    bench = Bench(tmp_path)
    bench.core.control(b"ended", hello(DRONE, "boot-1"), bench.wall)
    bench.core.work(bench.wall)
    assert bench.core.take() is not None
    bench.core.sessions.void(lambda _key: False, bench.wall)
    bench.core.committed()
    assert refusals(bench, b"ended") == ["key_ended"]
    assert DRONE not in bench.core.live


def test_an_unknown_asset_is_refused(tmp_path: Path) -> None:
    """An asset that belongs to another fleet gets no session."""
    bench = Bench(tmp_path)
    bench.core.control(b"stranger", hello("X/drone-9", "boot-1"), bench.wall)
    bench.core.work(bench.wall)
    assert refusals(bench, b"stranger") == ["wrong_peer"]


def test_nobody_takes_the_name_of_an_asset(tmp_path: Path) -> None:
    """An operator's tool under an asset's id would be sent that asset's missions, and shut the asset out."""
    bench = Bench(tmp_path)
    bench.core.control(b"impostor", hello(DRONE, "boot-1", Role.OPERATOR), bench.wall)
    bench.core.work(bench.wall)
    assert refusals(bench, b"impostor") == ["wrong_role"]
    bench.connect(DRONE)


def test_a_report_on_another_assets_mission_is_ignored_with_an_exception(tmp_path: Path) -> None:
    """A peer speaks for its own missions only."""
    bench = Bench(tmp_path)
    _, assign = in_flight(bench)
    van = bench.connect(VAN)
    bench.say(van, step(assign, "drop", "done", "P-1"))
    assert [e.code for e in bench.core.state.open_exceptions()] == ["foreign_mission"]
    assert bench.core.state.parcels["P-1"].custodian.id == DRONE


def test_a_report_that_contradicts_the_record_is_not_believed(tmp_path: Path) -> None:
    """A drone can't begin a mission that it has not been sent; the hub says so and goes on."""
    bench = Bench(tmp_path)
    operator, drone = bench.connect("operator-1", Role.OPERATOR), bench.connect(DRONE)
    bench.say(drone, report())
    bench.submit(operator)
    (mission_id,) = [m for m, a in bench.core.state.live_missions.items() if a == DRONE]
    assert bench.core.state.missions[mission_id].status is MissionStatus.DRAFTED
    bench.say(drone, MissionReply(mission_id=mission_id, revision=0, accepted=True))
    assert bench.core.state.missions[mission_id].status is MissionStatus.DRAFTED
    assert [e.code for e in bench.core.state.open_exceptions()] == ["contradiction"]


def test_a_parcel_that_does_not_exist_does_not_stop_the_hub(tmp_path: Path) -> None:
    """A report that names an unknown parcel is not believed, acknowledged once, and followed by others."""
    bench = Bench(tmp_path)
    drone, assign = in_flight(bench)
    bench.say(drone, step(assign, "unload", "done", "no-such-parcel"))
    assert [e.code for e in bench.core.state.open_exceptions()] == ["contradiction"]
    assert drone.session.outstanding == 0
    bench.say(drone, step(assign, "out", "started"))
    assert bench.core.state.missions[assign.mission.mission_id].current == "out"


def test_a_full_inbox_hands_back_with_busy(tmp_path: Path) -> None:
    """What does not fit is not lost: the peer is told when to send it again, and it comes through."""
    bench = Bench(tmp_path, settings=CoreSettings(inbox_limit=1))
    drone = bench.connect(DRONE)
    bench.say(drone, report(0.5), report(0.6), report(0.7))
    assert drone.session.outstanding > 0
    bench.run(20)
    assert drone.session.outstanding == 0
    assert said(bench, "asset_changed") == 3
    assert bench.core.state.assets[DRONE].soc == 0.7


def test_while_nothing_can_be_stored_nothing_is_taken(tmp_path: Path) -> None:
    """Every message that must arrive is handed back, and comes through once the store is well."""
    bench = Bench(tmp_path)
    operator, drone = bench.connect("operator-1", Role.OPERATOR), bench.connect(DRONE)
    bench.core.inbox.trouble = Severity.FAILING
    bench.say(drone, report(0.5))
    bench.submit(operator)
    bench.run(10)
    assert (said(bench, "asset_changed"), said(bench, "order_placed")) == (0, 0)
    assert (drone.session.outstanding, operator.session.outstanding) == (1, 1)
    assert bench.core.inbox.busy >= 2
    bench.core.inbox.trouble = None
    bench.run(10)
    assert (said(bench, "asset_changed"), said(bench, "order_placed")) == (1, 1)
    assert len(operator.of(Reply)) == 1


@pytest.mark.parametrize("versions", [(1,), (1, 2)])
def test_who_comes_while_nothing_can_be_stored_is_told_so(tmp_path: Path, versions: tuple[int, ...]) -> None:
    """Also over a connection without a session, in a version that it speaks; it is let in once the store is well."""
    bench = Bench(tmp_path)
    drone = bench.connect(DRONE)
    drone.session.send(report())
    for envelope in drone.session.poll(bench.wall):
        bench.core.control(drone.route, encode(envelope, drone.session.version), bench.wall)
    bench.core.work(bench.wall)
    batch = bench.core.take()  # it is on its way, and the disk takes it only in the end
    assert batch is not None
    bench.core.inbox.trouble = Severity.FAILING
    tool = PeerSession("fleet-1", Role.OPERATOR, "boot-1", versions=versions)
    for envelope in tool.connect(bench.wall):
        bench.core.control(b"tool", encode(envelope), bench.wall)
    bench.core.work(bench.wall)
    told = [frames for route, frames in bench.core.output(bench.wall) if route == b"tool"]
    assert [frames[0] for frames in told] == [str(max(versions)).encode()]
    assert tool.receive(decode_control(told[0]), bench.wall) == []
    assert tool.told_busy is not None
    assert tool.told_busy.code == ("store_failing" if 2 in versions else None)
    bench.core.inbox.trouble = None
    bench.store.commit(batch)
    bench.core.committed()
    bench.peers["fleet-1"] = Peer(tool, b"tool")
    bench.run(1)
    assert tool.state is SessionState.WELCOMED
    assert tool.told_busy is None


def test_however_much_is_wrong_with_a_batch_the_answer_fits_the_wire(tmp_path: Path) -> None:
    """Thousands of orders with something wrong in each, in one request: it is refused, with as many reasons as help."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    (order,) = bench.inputs.orders.orders
    worst = {"weight_kg": 1e300, "service_minutes": 1e300, "value_minor": 10**300}
    orders = tuple(order.model_copy(update={**worst, "order_id": f"{n:0>128}"}) for n in range(4000))
    bench.say(operator, SubmitOrders(request_id="r-1", orders=orders))
    (reply,) = operator.of(Reply)
    assert isinstance(reply, Reply)
    assert (reply.ok, len(reply.reasons)) == (False, MOST_TOLD)


def test_an_answer_that_is_too_long_for_the_wire_is_set_aside(tmp_path: Path) -> None:
    """A fault of ours, which ends neither the hub nor the session of who has asked."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    answer = Answer("operator-1", Reply(request_id="r-1", ok=True, detail="x" * MAX_CONTROL_FRAME))
    bench.core._carry_out(Decision(bench.core.state, (), (answer,)), bench.now)
    bench.run(1)
    assert [e.code for e in bench.core.state.open_exceptions()] == ["hub_fault"]
    assert operator.session.state is SessionState.WELCOMED


def test_the_longest_reason_that_an_operator_can_give_reaches_everybody(tmp_path: Path) -> None:
    """It just fits a stop-all and would not fit the commands that this becomes: they have its beginning."""
    bench = Bench(tmp_path)
    drone, _ = in_flight(bench)
    operator = bench.connect("o", Role.OPERATOR)
    said = StopAll(request_id="r", by="o", action=Action.HOLD, why="")
    room = limit_of("stop_all") - len(encode(Envelope(seq=1, ack=1, message=said))[2])
    why = "x" * room
    bench.say(operator, said.model_copy(update={"why": why}))
    (command,) = drone.of(Command)
    assert isinstance(command, Command)
    assert command.action is Action.HOLD
    assert (command.why[:-1], command.why[-1]) == (why[: len(command.why) - 1], "…")
    assert [c.why for c in bench.core.state.commands.values()] == [why]
    (reply,) = operator.of(Reply)
    assert isinstance(reply, Reply)
    assert reply.ok


def test_an_instruction_that_is_too_long_for_the_wire_is_set_aside(tmp_path: Path) -> None:
    """In the outbox it would end the hub, again after each restart; what comes behind it arrives."""
    bench = Bench(tmp_path)
    _, assign = in_flight(bench)
    place = assign.mission.home
    there = Waypoint(lon=place.lon, lat=place.lat, alt_amsl_m=50)
    travel = Travel(step_id="far", path=(there,) * 10_000, corridor_m=10)
    mission = assign.mission.model_copy(update={"steps": (travel,)})
    bench.core._carry_out(Decision(bench.core.state, (), (Send(DRONE, Assign(mission=mission)),)), bench.now)
    bench.run(1)
    bench.restart()
    again = bench.connect(DRONE)
    bench.order_about(DRONE, "later")
    bench.run(1)
    codes = [e.code for e in bench.core.state.open_exceptions()]
    assert [code for code in codes if code != "no_samples"] == [
        "hub_fault"
    ]  # this drone never tells where it is
    assert [m.why for m in again.of(CancelMission) if isinstance(m, CancelMission)] == ["later"]


def test_who_is_refused_leaves_nothing_behind(tmp_path: Path) -> None:
    """A tool of a release that is too old, called again and again, does not fill the hub's memory."""
    bench = Bench(tmp_path)
    bench.connect(DRONE)
    for number in range(50):
        hello = Hello(peer_id=f"tool-{number}", role=Role.OPERATOR, boot_id="boot-1", versions=(99,))
        bench.core.control(b"route-%d" % number, encode(Envelope(message=hello)), bench.wall)
        bench.turn()
    assert list(bench.core.sessions.peers.by_id) == [DRONE]
    assert bench.core.sessions.refused == {"no_common_version": 50}


def test_on_the_last_of_the_disk_only_orders_wait(tmp_path: Path) -> None:
    """Vehicles go on, and an operator stops them all; the orders come in when there is room."""
    bench = Bench(tmp_path)
    drone = bench.connect(DRONE)
    client, operator = bench.connect("client-1", Role.OPERATOR), bench.connect("operator-1", Role.OPERATOR)
    bench.core.inbox.trouble = Severity.FULL_ON_RESERVE
    bench.submit(client)
    bench.say(drone, report(0.5))
    bench.say(operator, StopAll(request_id="s-1", by="ann", why="test", action=Action.HOLD))
    bench.run(10)
    assert said(bench, "order_placed") == 0
    assert (said(bench, "asset_changed"), said(bench, "operations_stopped")) == (1, 1)
    bench.core.inbox.trouble = None
    bench.run(10)
    assert said(bench, "order_placed") == 1


def test_what_was_not_acknowledged_comes_again_on_the_next_connection(tmp_path: Path) -> None:
    """A mission that was lost on the way arrives after a reconnect of the same boot, once."""
    bench = Bench(tmp_path)
    operator, drone = bench.connect("operator-1", Role.OPERATOR), bench.connect(DRONE)
    bench.say(drone, report())
    bench.submit(operator)
    lost = bench.peers.pop(DRONE)
    lost.session.disconnected(bench.wall)
    bench.run(1800)
    assert not lost.of(Assign)
    bench.peers[DRONE] = lost
    again = bench.connect(DRONE)
    bench.run(1)
    assert len(again.of(Assign)) == 1
    assert again.session.received == 1


@pytest.mark.parametrize("acknowledged", [0, 1, 2])
def test_a_new_boot_numbers_what_waits_from_one(tmp_path: Path, acknowledged: int) -> None:
    """Hub and store agree on the numbers, however much of the old boot had been acknowledged without a commit."""
    store = SqlStore.open(tmp_path / "hub.db", synchronous="OFF")
    with closing(store):
        _reboot_with_mail(Bench(tmp_path, store), acknowledged)


def _reboot_with_mail(bench: Bench, acknowledged: int) -> None:
    bench.connect(DRONE)
    drone = bench.peers.pop(DRONE)
    for number in range(3):
        bench.order_about(DRONE, f"why {number}")
    bench.run(1)
    bench.core.control(drone.route, encode(Envelope(ack=acknowledged)), bench.wall)
    fresh = PeerSession(DRONE, Role.ASSET, "boot-2")
    bench.peers[DRONE] = Peer(fresh, b"")
    again = bench.connect(DRONE)
    bench.order_about(DRONE, "one more")
    bench.run(1)
    assert [getattr(m, "why", "") for m in again.inbox] == [
        *(f"why {n}" for n in range(acknowledged, 3)),
        "one more",
    ]
    assert bench.store.peers()[DRONE].sent == 4 - acknowledged


def test_a_reboot_behind_a_report_does_not_stop_the_hub(tmp_path: Path) -> None:
    """The last words of the old boot and the hello of the new one may lie in one drain."""
    bench = Bench(tmp_path)
    drone = bench.connect(DRONE)
    bench.core.control(drone.route, encode(Envelope(seq=1, message=report(0.4))), bench.wall)
    bench.core.control(b"new", hello(DRONE, "boot-2"), bench.wall)
    for _ in range(3):
        bench.turn()
    assert bench.core.state.assets[DRONE].soc == 0.4
    row = bench.store.peers()[DRONE]
    assert (row.boot_id, row.received) == ("boot-2", 0)


def test_a_peer_that_is_back_under_an_earlier_boot_s_name_does_not_stop_the_hub(tmp_path: Path) -> None:
    """Two boots behind a report, the second by the name that it came under: its number means nothing any more."""
    bench = Bench(tmp_path)
    drone = bench.connect(DRONE)
    bench.core.control(drone.route, encode(Envelope(seq=1, message=report(0.4))), bench.wall)
    for number, boot_id in enumerate(("boot-2", "boot-1")):
        bench.core.control(f"new-{number}".encode(), hello(DRONE, boot_id), bench.wall)
    for _ in range(3):
        bench.turn()
    assert bench.core.state.assets[DRONE].soc == 0.4
    row = bench.store.peers()[DRONE]
    assert (row.boot_id, row.received) == ("boot-1", 0)


def test_timers_and_business_time_survive_a_restart(tmp_path: Path) -> None:
    """A mission that was to be released while the hub was down is released when it is up again."""
    bench = Bench(tmp_path)
    operator, drone = bench.connect("operator-1", Role.OPERATOR), bench.connect(DRONE)
    bench.say(drone, report())
    bench.submit(operator)
    (due,) = [d for t, d in bench.core.state.timers.items() if t.startswith("release:")]
    assert due > DAY + timedelta(hours=8)
    before = bench.core.clock.now(bench.wall)
    bench.restart()
    assert bench.core.clock.now(bench.wall) >= before
    bench.wall += 600
    bench.say(bench.connect(DRONE), report())
    bench.run(1800)
    assert drone.of(Assign)


def test_a_plan_that_was_being_made_is_asked_for_again(tmp_path: Path) -> None:
    """A hub that dies while the planner works asks again for the same plan."""
    bench = Bench(tmp_path)
    bench.planner_answers = False
    bench.submit(bench.connect("operator-1", Role.OPERATOR))
    before = bench.core.state
    assert before.planning == "plan-1"
    bench.planner_answers = True
    bench.restart()
    assert [job.plan_id for job in bench.core.plans] == []
    bench.run(1)
    assert bench.core.state.planning is None
    assert said(bench, "plan_requested") == 1
    assert said(bench, "plan_committed") == 1


def test_an_operator_gets_one_answer_for_one_request(tmp_path: Path) -> None:
    """Orders handed in again under the same request change nothing."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    bench.submit(operator)
    bench.submit(operator)
    assert [r.ok for r in operator.of(Reply) if isinstance(r, Reply)] == [True, True]
    assert said(bench, "order_placed") == 1


def test_an_answer_to_no_command_is_ignored(tmp_path: Path) -> None:
    """An acknowledgement of what was never asked changes nothing."""
    bench = Bench(tmp_path)
    drone = bench.connect(DRONE)
    position = bench.core.state.position
    bench.say(drone, CommandReply(command_id="cmd-99", accepted=True))
    assert bench.core.state.position == position
    assert not drone.of(Busy)


STEPS = [
    ("load", "started"),
    ("load", "done"),
    ("out", "started"),
    ("out", "done"),
    ("drop", "started"),
    ("drop", "done"),
    ("back", "started"),
    ("back", "done"),
    ("unload", "started"),
    ("unload", "done"),
]


class DyingStore(MemoryStore):
    """A store whose hub dies at a commit: just before it, or just after it."""

    def __init__(self) -> None:
        super().__init__()
        self.die: str | None = None

    def commit(self, batch: Batch) -> int:
        """Commit, unless the hub dies first."""
        if self.die == "before":
            raise KeyboardInterrupt
        position = super().commit(batch)
        if self.die == "after":
            raise KeyboardInterrupt
        return position


@pytest.mark.parametrize("die", ["before", "after"])
@pytest.mark.parametrize("number", range(len(STEPS)), ids=lambda n: "-".join(STEPS[n]))
def test_a_hub_that_dies_at_any_step_loses_and_doubles_nothing(tmp_path: Path, number: int, die: str) -> None:
    """Killed around the commit of each report in turn: the drone sends again, and the day ends the same."""
    store = DyingStore()
    bench = Bench(tmp_path, store)
    operator, drone = bench.connect("operator-1", Role.OPERATOR), bench.connect(DRONE)
    bench.say(drone, report())
    bench.submit(operator)
    while not drone.of(Assign):
        bench.run(30)
    assign = drone.of(Assign)[0]
    assert isinstance(assign, Assign)
    bench.say(drone, MissionReply(mission_id=assign.mission.mission_id, revision=0, accepted=True))
    for at, (step_id, state) in enumerate(STEPS):
        moved = ("P-1",) if state == "done" and step_id in ("load", "drop") else ()
        if at == number:
            store.die = die
            with pytest.raises(KeyboardInterrupt):
                bench.say(drone, step(assign, step_id, state, *moved))
            store.die = None
            bench.restart()
            bench.connect(DRONE)
        else:
            bench.say(drone, step(assign, step_id, state, *moved))
    assert bench.core.state.missions[assign.mission.mission_id].ended == {s for s, _ in STEPS}
    assert bench.core.state.parcels["P-1"].custodian.kind == "recipient"
    assert [said(bench, t) for t in ("step_begun", "step_ended", "custody_passed")] == [5, 5, 3]
    assert len(drone.of(Assign)) == 1
    assert drone.session.outstanding == 0
