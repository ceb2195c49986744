"""The battery's side of a mission that is out: what its pack gives, what its ways take, and what holding takes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

from fleet.dispatch.monitor.remaining import along_m
from fleet.dispatch.monitor.restsky import RestSky, Ways
from fleet.dispatch.monitor.way import Way
from fleet.domain.energy import EnergyTrack
from fleet.domain.fleet import SortieType
from fleet.domain.state import MissionRecord
from fleet.energy.margin import asked_for
from fleet.feasibility.appetite import appetite, model_share, raised_share
from fleet.feasibility.context import Context
from fleet.feasibility.sky import Sky
from fleet.feasibility.slopes import level_metres
from fleet.feasibility.underway import Watts, flown_in, leg_wh_in, watts
from fleet.feasibility.vehicles import battery_of
from fleet.protocol.mission import Drop


class Burden(NamedTuple):
    """What is on board in kg, and the power that it takes in the air."""

    payload_kg: float = 0.0
    watts: Watts = Watts()


NO_BURDEN = Burden()


@dataclass(frozen=True, slots=True)
class Energy:
    """The battery's side of a mission, in Wh. ``full_wh`` is what state of charge 1 stands for as cold as it is,
    ``floor_wh`` what stays below the battery's floor. ``margin`` is the share of its type's estimate that is asked for
    besides; below zero for an asset that is known to be frugal. ``expected`` is how many times that estimate this asset
    is expected to take, as learned, and ``model_error`` the share of that which the errors of model and forecast
    explain, never below zero: (1 + model_error) expected = 1 + margin, unless a trial scales the margin.
    ``trial_share`` is how much a trial leaves of all that is asked for beyond the estimate.

    ``out`` and ``back`` are what it is with what is on board until the drop is over, and after it. ``sky`` is the
    weather of ways that no plan has; where that is not known, ``per_m_wh`` stands for them, the dearest of the
    mission's own ways. ``high_amsl_m`` is the height of its ways. ``pace`` is how many times as long as by its type's
    model its ways are taken to last, ``slow`` how many times as much that makes them take, which is in ``margin``.
    """

    full_wh: float
    floor_wh: float
    reserve_wh: float
    margin: float
    planned_wh: float
    per_m_wh: float
    model_error: float = math.inf
    expected: float = 1.0
    trial_share: float = 1.0
    out: Burden = NO_BURDEN
    back: Burden = NO_BURDEN
    sky: Sky | None = None
    high_amsl_m: float = 0.0
    pace: float = 1.0
    slow: float = 1.0
    rise: float = 0.0
    """How many level metres take as much as a metre of rise, on the ground."""

    @property
    def margin_for_a_time(self) -> float:
        """The margin on what is counted by the time that it lasts: being slow makes no more of that."""
        return (1 + self.margin) / self.slow - 1

    def above_reserve_wh(self, soc: float) -> float:
        """What may still be drawn at a state of charge before the reserve is touched; below zero once it is."""
        return soc * self.full_wh - self.floor_wh - self.reserve_wh

    def raised(self, taken: float) -> float:
        """The factor on a median: its margin, and what the flight so far asks for besides, which has taken so many
        times what was expected of it (see ``asked_for``). A trial that scales the margin scales this too: it is
        margin that the flight itself has asked for."""
        return (1 + self.margin) * (1 + self.trial_share * (asked_for(taken, self.model_error) - 1))


HOLD_LOOK_S = 10.0
"""One that holds does so for at least so long until something is done about it: it is looked at every 5 s, and must be
told, and do it."""

MODEL_ERROR = 0.03
"""What the wind adds to a leg counts from this share on: less can't be told from the model's own error (one standard
deviation is 3.1 %, see ``fleet.energy.margin``), and for that the margin is there.
"""


def during_this_weather(
    ways: Ways,
    record: MissionRecord,
    kind: SortieType,
    sky: Sky | None,
    brings_back_kg: float,
) -> Ways:
    """The legs that are not over with what they take in the wind that is known now, and with what is on board. A kinder
    wind is not relied on; where none is known (no ``sky``) they are as planned."""
    if sky is None:
        return ways
    out, back = ways
    weight_kg = sum(item.weight_kg for item in record.mission.items)
    if out is not None and out.step_id not in record.ended:
        out = _raised(out, leg_wh_in(sky, kind, out.path, payload_kg=weight_kg, hover_s=kind.drop_s))
    if back is not None and back.step_id not in record.ended:
        empty_wh = leg_wh_in(sky, kind, back.path, payload_kg=0.0)
        back = _raised(back, empty_wh)
        if brings_back_kg > 0 and empty_wh is not None and empty_wh[0] > 0:
            laden_wh = leg_wh_in(sky, kind, back.path, payload_kg=brings_back_kg)
            back = _laden(back, empty_wh, laden_wh)
    return out, back


def _raised(way: Way, left_wh: tuple[float, ...] | None) -> Way:
    """The leg with what it takes now from each of its points on; no more than planned where the wind does not count."""
    if left_wh is None or left_wh[0] <= 0:
        return way
    more = left_wh[0] / way.planned_wh if way.planned_wh > 0 else 1.0
    if more > 1 + MODEL_ERROR:
        return replace(way, left_wh=left_wh, slower=more)
    return replace(way, left_wh=tuple(wh / more for wh in left_wh))


def _laden(way: Way, empty_wh: tuple[float, ...], laden_wh: tuple[float, ...] | None) -> Way:
    """The leg with as much more as its load asks for; that makes it no slower."""
    if laden_wh is None:
        return way
    return replace(way, left_wh=tuple(wh * laden_wh[0] / empty_wh[0] for wh in way.left_wh))


def energy_of(
    record: MissionRecord,
    kind: SortieType,
    context: Context,
    ways: Ways,
    rest: RestSky,
    more_log_sd: float,
    brings_back_kg: float,
    known: EnergyTrack | None = None,
) -> Energy | None:
    """The battery's side of a mission in the weather of its rest; none where the mission says nothing of it.
    ``more_log_sd`` is what is not known of it besides its model's error (``restsky.unsure``), ``known`` what was
    learned of its asset."""
    mission = record.mission
    its = appetite(context.fleet, kind, known)
    expected = math.exp(its.log_bias)
    if mission.energy_wh is None or mission.reserve_wh is None:
        return None
    battery = battery_of(kind, kind.state_of_health)
    pack_c = battery.curve.least_at(rest.coldest_c, rest.warmest_c)
    full = battery.nominal_wh * battery.state_of_health * battery.curve.nearest_share(pack_c)
    planned = [way for way in ways if way is not None]
    rise = level_metres(kind, sum(item.weight_kg for item in mission.items))
    far = ((way.planned_wh, along_m(way.track, way.path, rise)[-1]) for way in planned)
    per_m = max((wh / metres for wh, metres in far if metres > 0), default=0.0)
    out, back = (
        Burden(kg, watts(kind, [way.path for way in planned], rest.sky, rest.warmest_c, kg))
        for kg in (sum(item.weight_kg for item in mission.items), brings_back_kg)
    )
    return Energy(
        full_wh=full,
        floor_wh=full * kind.floor_fraction,
        reserve_wh=mission.reserve_wh,
        margin=raised_share(context.fleet, kind, its, more_log_sd),
        model_error=max(0.0, (1 + model_share(context.fleet, kind, its, more_log_sd)) / expected - 1),
        expected=expected,
        trial_share=min(1.0, context.fleet.reserve.margin_scale),
        planned_wh=max(mission.energy_wh, sum(way.planned_wh for way in planned)),
        per_m_wh=per_m,
        out=out,
        back=back,
        sky=rest.elsewhere,
        high_amsl_m=max((p.alt_amsl_m for way in planned for p in way.path), default=0.0),
        pace=record.mission.pace,
        slow=math.exp(its.slow),
        rise=rise,
    )


def turned_in(sky: Sky | None, way: Way, record: MissionRecord, kind: SortieType) -> Way:
    """The way out turned round, with all on board, as it would be flown now; as planned by the metre where the weather
    is not known."""
    weight_kg = sum(item.weight_kg for item in record.mission.items)
    flown = None if sky is None else flown_in(kind, way.path, sky, payload_kg=weight_kg)
    return way if flown is None else replace(way, left_wh=flown.left_wh)


def is_handed_over(record: MissionRecord) -> bool:
    """Whether its drop is over: what is on board then is less."""
    return any(isinstance(step, Drop) and step.step_id in record.ended for step in record.mission.steps)
