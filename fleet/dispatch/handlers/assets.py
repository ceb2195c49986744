"""Assets come, go silent, come back, charge and break down."""

from __future__ import annotations

from datetime import timedelta

from fleet.dispatch.charge import charge_told, told_charge
from fleet.dispatch.charging import charge_reported
from fleet.dispatch.desk import Desk
from fleet.dispatch.handlers.suspects import gauge_doubted
from fleet.dispatch.handovers import room_again
from fleet.dispatch.health import odd_pack
from fleet.dispatch.inputs import GaugeDoubted, LinkBack, LinkLost, SamplesBack, SamplesMissing
from fleet.dispatch.packs import counted_charge, sortie_type_in
from fleet.dispatch.release import ABSENT, withdraw_all
from fleet.dispatch.silence import lost_link
from fleet.domain.events import AssetChanged, AssetConnected
from fleet.domain.state import Asset, MissionRecord
from fleet.feasibility.incident import incident
from fleet.protocol.lifecycle import AssetEvent, AssetStatus, MissionStatus
from fleet.protocol.messages import AssetReport, Factsheet, Hello
from fleet.protocol.mission import Load, Unload
from fleet.protocol.versions import common_version

NO_SAMPLES = "no_samples"

_SILENCE = frozenset({"link_lost", "asset_missing", ABSENT})
_CHANGES = {"ready": AssetEvent.READY, "charging": AssetEvent.CHARGE, "faulted": AssetEvent.FAULT}


def hello(desk: Desk, message: Hello) -> None:
    """An asset is there, or there again, or speaks another version of the wire than before."""
    asset = desk.state.assets.get(message.peer_id)
    if asset is None:
        return
    wire = common_version(message.versions)
    here = asset.boot_id == message.boot_id and asset.status is not AssetStatus.LINK_LOST
    if here and asset.wire == wire:
        return
    rebooted = asset.boot_id not in (None, message.boot_id)
    _connected(desk, message.peer_id, message.boot_id, message.factsheet, wire)
    if rebooted:
        _question(desk, message.peer_id, "rebooted_under_way", "it has lost its memory of what it was doing")


def link_back(desk: Desk, message: LinkBack) -> None:
    """The silence is over."""
    asset = desk.asset(message.asset_id)
    if asset.status is AssetStatus.LINK_LOST and asset.boot_id is not None:
        _connected(desk, message.asset_id, asset.boot_id, None)


def _connected(
    desk: Desk, asset_id: str, boot_id: str, factsheet: Factsheet | None, wire: int | None = None
) -> None:
    desk.emit(AssetConnected(at=desk.now, asset_id=asset_id, boot_id=boot_id, factsheet=factsheet, wire=wire))
    kind, told_wh = sortie_type_in(desk.state, asset_id), None if factsheet is None else factsheet.pack_wh
    if kind is not None and told_wh is not None and (odd := odd_pack(kind, told_wh)) is not None:
        gauge_doubted(desk, GaugeDoubted(asset_id, odd))
    for found in desk.state.open_exceptions():
        if found.code in _SILENCE and found.asset_id == asset_id:
            desk.close_exception(found.exception_id, "the asset is heard again")
    if asset_id in desk.state.lockers:
        room_again(desk, asset_id)


def link_lost(desk: Desk, message: LinkLost) -> None:
    """Nothing is heard: the asset follows its own lost-link rule; we watch the clock and say so."""
    asset = desk.asset(message.asset_id)
    if asset.status in (AssetStatus.LINK_LOST, AssetStatus.OFFLINE, AssetStatus.FAULTED):
        return
    detail = f"nothing heard for {message.silent_s:.0f} s"
    desk.emit(
        AssetChanged(at=desk.now, asset_id=message.asset_id, change=AssetEvent.LOSE_LINK, detail=detail)
    )
    desk.raise_exception(
        "link_lost",
        "the asset follows its lost-link rule; waiting for it",
        asset_id=message.asset_id,
        mission_id=asset.mission_id,
        reasons=(incident("link_lost", detail, source="link timer"),),
    )
    missing_s = lost_link(desk.state, message.asset_id).missing_s
    if missing_s is not None:
        desk.set_timer(f"link:{message.asset_id}", desk.now + timedelta(seconds=missing_s))


def samples_missing(desk: Desk, message: SamplesMissing) -> None:
    """It is heard and goes on, but nobody knows where: an operator decides whether it may."""
    asset = desk.asset(message.asset_id)
    detail = f"it is connected, and has sent no telemetry for {message.since_s:.0f} s"
    desk.raise_once(
        NO_SAMPLES,
        "neither zones nor battery are checked: look at its telemetry connection, or have it hold or return",
        asset_id=message.asset_id,
        mission_id=asset.mission_id,
        owner="operator",
        reasons=(incident(NO_SAMPLES, detail, source="link timer"),),
    )


def samples_back(desk: Desk, message: SamplesBack) -> None:
    """It says again where it is, or is not out any more."""
    for found in desk.state.open_exceptions():
        if found.code == NO_SAMPLES and found.asset_id == message.asset_id:
            desk.close_exception(found.exception_id, "its telemetry comes again, or it is not out any more")


def link_grace_over(desk: Desk, asset_id: str) -> None:
    """Still silent: a person must look for it, and what was only drafted for it goes another way.

    What it was sent, and what it has on board, stays with it until it is heard or found: it may have begun unheard.
    """
    asset = desk.asset(asset_id)
    if asset.status is not AssetStatus.LINK_LOST:
        return
    desk.raise_exception(
        "asset_missing",
        f"look for it, then `fleet assets recover {asset_id}`: its parcels wait until then",
        asset_id=asset_id,
        mission_id=asset.mission_id,
        owner="operator",
    )
    _give_back_drafts(desk, asset)


def asset_report(desk: Desk, message: AssetReport) -> None:
    """The asset's own condition."""
    asset_id = desk.peer_id or ""
    before = desk.asset(asset_id)
    soc, doubts = counted_charge(desk.state, asset_id, message.soc, message.packs)
    desk.emit(
        AssetChanged(
            at=desk.now,
            asset_id=asset_id,
            change=_CHANGES[message.condition],
            soc=soc,
            soc_at=message.at if soc is not None and message.at < desk.now else None,
            place=message.place,
            site_id=message.site_id,
            code=message.code,
            detail=message.detail,
            taken_out_soc=_taken_out(desk, asset_id, message, soc),
        )
    )
    for doubt in doubts:
        gauge_doubted(desk, GaugeDoubted(asset_id, doubt))
    if soc is not None:
        charge_told(desk, asset_id)
    charge_reported(desk, before, message, soc)
    if message.condition == "faulted":
        _faulted(desk, desk.asset(asset_id), message)
    elif _is_on_the_way(desk.state.mission_of(asset_id)):
        _question(desk, asset_id, "ready_under_way", f"it says that it is {message.condition}")


SWAPPED = "battery_swapped"
"""What an asset reports that was given another battery at a site."""


FULLER = 0.05
"""Who was given another battery has so much more in it than before, as a share of full: less is a gauge's error."""


def _taken_out(desk: Desk, asset_id: str, message: AssetReport, soc: float | None) -> float | None:
    """What was in the battery that an asset had before it was given another: what it told last; nothing where it never
    told. None where it was given none: between sites nobody has one for it, and who has no more in it than before says
    once more what is known.
    """
    if message.code != SWAPPED or message.condition == "faulted":
        return None
    if _is_on_the_way(desk.state.mission_of(asset_id)):
        return None
    told = told_charge(desk, asset_id)
    if told.soc is None:
        return 0.0
    return None if soc is not None and soc < told.soc + FULLER else told.soc


def _is_on_the_way(record: MissionRecord | None) -> bool:
    """Whether it is between its sites: while it loads, its battery may well become full."""
    if record is None or record.current is None:
        return False
    step = next((s for s in record.mission.steps if s.step_id == record.current), None)
    return not isinstance(step, Load | Unload)


def _question(desk: Desk, asset_id: str, code: str, detail: str) -> None:
    """What it says does not go with a mission under way: a person must ask it."""
    record = desk.state.mission_of(asset_id)
    if record is not None and record.status is MissionStatus.ACTIVE:
        desk.raise_once(
            code,
            f"ask what became of its mission; if it is over, `fleet assets recover {asset_id}`",
            asset_id=asset_id,
            mission_id=record.mission.mission_id,
            owner="operator",
            reasons=(incident(code, detail, source=asset_id),),
        )


def _faulted(desk: Desk, asset: Asset, message: AssetReport) -> None:
    why = incident(message.code or "fault", message.detail, source=asset.record.asset_id)
    desk.raise_exception(
        why.code,
        "taken out of service; its parcels are handed on",
        asset_id=asset.record.asset_id,
        mission_id=asset.mission_id,
        owner="operator",
        reasons=(why,),
    )
    _give_back_drafts(desk, asset)


def _give_back_drafts(desk: Desk, asset: Asset) -> None:
    asset_id = asset.record.asset_id
    why = incident("asset_unavailable", f"{asset_id} is {asset.status.value}", source=asset_id)
    live = sorted(m for m, a in desk.state.live_missions.items() if a == asset_id)
    records = [desk.state.missions[mission_id] for mission_id in live]
    withdraw_all(desk, [(one, (why,)) for one in records if one.status is MissionStatus.DRAFTED])
