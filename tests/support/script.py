"""Short scripts for scripted peers on the bench: what tests of decisions begin with."""

from __future__ import annotations

from fleet.dispatch.desk import Desk, Settings
from fleet.domain.apply import apply_all
from fleet.domain.events import Event
from fleet.protocol.messages import (
    Action,
    AssetReport,
    Assign,
    MissionReply,
    OperatorCommand,
    Reply,
    Role,
    StepReport,
)
from fleet.protocol.mission import Load, Mission, Unload
from tests.support.bench import DAY, Bench, Peer

DRONE, VAN = "S1/drone-1", "D1/van-1"


def ready(bench: Bench, asset_id: str = DRONE, site_id: str = "S1") -> Peer:
    """An asset that has said it is there and full."""
    asset = bench.connect(asset_id)
    bench.say(asset, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id=site_id))
    return asset


def still_full(bench: Bench, asset: Peer) -> None:
    """What an asset tells from time to time while it stands."""
    bench.say(asset, AssetReport(condition="ready", at=bench.now, soc=1.0))


def sent(bench: Bench, asset: Peer, number: int = 0) -> Assign:
    """Run until the asset has been sent so many missions (or revisions); the last of them."""
    for _ in range(300):
        found = asset.of(Assign)
        if len(found) > number:
            assert isinstance(found[number], Assign)
            return found[number]  # type: ignore[return-value]
        bench.run(30)
    raise AssertionError(f"no mission was sent; exceptions: {bench.core.state.open_exceptions()}")


def accepted(bench: Bench, asset: Peer, assign: Assign) -> None:
    """The asset takes it."""
    mission = assign.mission
    bench.say(asset, MissionReply(mission_id=mission.mission_id, revision=mission.revision, accepted=True))


def flying(bench: Bench) -> tuple[Peer, Peer, Assign]:
    """An operator, and a drone that has loaded the parcel and gone."""
    operator = bench.connect("operator-1", Role.OPERATOR)
    drone = ready(bench)
    bench.submit(operator)
    assign = sent(bench, drone)
    accepted(bench, drone, assign)
    bench.say(drone, report(assign, "load", "P-1"))
    return operator, drone, assign


def report(assign: Assign, step_id: str, *order_ids: str) -> StepReport:
    """A step is done."""
    return StepReport(
        mission_id=assign.mission.mission_id, step_id=step_id, state="done", at=DAY, order_ids=order_ids
    )


def answers(operator: Peer) -> dict[str, Reply]:
    """The hub's answers by request."""
    return {r.request_id: r for r in operator.of(Reply) if isinstance(r, Reply)}


def tell(operator: Peer, bench: Bench, action: Action) -> Reply:
    """An operator tells the drone something; the hub's answer."""
    request_id = f"r-{action.value}"
    bench.say(
        operator, OperatorCommand(request_id=request_id, by="ana", asset_id=DRONE, action=action, why="test")
    )
    return answers(operator)[request_id]


def desk_after(bench: Bench, *events: Event) -> Desk:
    """A desk on the bench's state after some more events."""
    state = apply_all(bench.core.state, events)
    context = bench.inputs.context
    return Desk(state, bench.core.clock.now(bench.wall), {}, Settings(), lambda _: context)


def empty_route(bench: Bench, mission_id: str) -> Mission:
    """A van's route without stops, due now."""
    site = bench.core.state.sites["D1"]
    steps = (
        Load(step_id="load", site_id="D1", order_ids=()),
        Unload(step_id="unload", site_id="D1"),
    )
    now = bench.core.clock.now(bench.wall)
    return Mission(
        mission_id=mission_id, asset_id=VAN, steps=steps, start_at=now, expires_at=now, home=site.place
    )
