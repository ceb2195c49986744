"""What a fuel gauge can't say: more than full, a jump, standing still while power is drawn, a clock that runs back.

A gauge is watched from reading to reading beside what the model says was drawn meanwhile. What can't be true is a
``Doubt``; from then on the model counts, from the last charge before the trip, or the gauge where that shows less.
"""

from __future__ import annotations

from math import isfinite
from statistics import median
from typing import NamedTuple

UP = 0.03
"""So much a gauge may rise without charging: a pack's voltage recovers when less is asked of it."""
DOWN = 0.05
"""So much it may fall at once, beside what may have been drawn."""
MOST_PER_S = 1 / 300
"""No pack is empty sooner than five minutes after it was full."""
STEPS = 3
"""A gauge is frozen when the model says that so many of its steps were drawn, and it shows none."""
RESOLUTION = 0.01
"""The coarsest step of a gauge, as a share of full."""
CLOCK_BACKWARDS = "clock_backwards"
BACK_S = 1.0
"""Times closer than this may be the other way round: two readings of one moment."""


class Reading(NamedTuple):
    """What a gauge shows at a moment. ``drawn`` is what the model says was drawn since the trip began, as a share of a
    full battery; ``at_rest``: on the ground or on a charger, where a gauge may rise, or stand still.
    """

    at_s: float
    soc: float
    drawn: float = 0.0
    at_rest: bool = False


class Doubt(NamedTuple):
    """What can't be true: a code, the limit, what was found, in which unit, and in words."""

    code: str
    limit: float
    actual: float
    unit: str
    detail: str


class GaugeState(NamedTuple):
    """What is kept of a gauge between readings. ``moved`` is the reading at which it last changed, ``lowest`` the least
    that it has shown since it was at rest, ``recent`` its last three values that can be.
    """

    last: Reading | None = None
    moved: Reading | None = None
    lowest: float = 1.0
    recent: tuple[float, ...] = ()
    doubted: frozenset[str] = frozenset()


def watch(
    state: GaugeState, reading: Reading, *, resolution: float = RESOLUTION
) -> tuple[GaugeState, tuple[Doubt, ...]]:
    """The state after a reading, and what is doubtful about it; each code is told once. A reading that can't be at all
    (no number, below empty, above full) changes nothing else.
    """
    if not 0 <= reading.soc <= 1 and (out := out_of_range(reading.soc)) is not None:
        return _after(state, (out,))
    last = state.last
    if last is None or reading.at_rest or last.at_rest:
        rested = GaugeState(reading, reading, reading.soc, (reading.soc,), state.doubted)
        return _after(rested, () if last is None else _times(last, reading))
    moved = reading if state.moved is None or reading.soc != last.soc else state.moved
    if _is_sound(state.lowest, last, moved, reading, STEPS * resolution):
        kept = (*state.recent, reading.soc)[-3:]
        return GaugeState(reading, moved, min(state.lowest, reading.soc), kept, state.doubted), ()
    found = (
        *_times(last, reading),
        *_rise(state.lowest, reading),
        *_fall(last, reading),
        *_frozen(moved, reading, STEPS * resolution),
    )
    kept = (*state.recent, reading.soc)[-3:]
    return _after(GaugeState(reading, moved, min(state.lowest, reading.soc), kept, state.doubted), found)


def _is_sound(lowest: float, last: Reading, moved: Reading, reading: Reading, frozen: float) -> bool:
    """Whether nothing can be doubted: the usual case, told without a word."""
    return (
        reading.soc - lowest <= UP
        and last.soc - reading.soc <= DOWN
        and reading.drawn - moved.drawn <= frozen
        and last.at_s - reading.at_s <= BACK_S
    )


def out_of_range(soc: float) -> Doubt | None:
    """The doubt about a value that no battery has; none where it lies between empty and full."""
    if isfinite(soc) and 0 <= soc <= 1:
        return None
    return Doubt("soc_out_of_range", 1.0, soc, "of full", f"it shows {soc:g} of a full battery")


def ran_back(before_s: float, at_s: float, limit_s: float = BACK_S) -> Doubt | None:
    """The doubt about a time that lies before the one before it by more than a limit."""
    back_s = before_s - at_s
    if back_s <= limit_s:
        return None
    return Doubt(CLOCK_BACKWARDS, limit_s, back_s, "s", f"its time ran back by {back_s:.0f} s")


def believed(state: GaugeState, start_soc: float, drawn: float, margin: float) -> float:
    """What a battery is taken to hold whose gauge is doubted or silent: what it began with less what the model says was
    drawn, raised by the margin, or what the gauge shows where that is less. One reading alone counts for nothing.
    """
    by_model = modelled(start_soc, drawn, margin)
    return min(by_model, median(state.recent)) if len(state.recent) == 3 else by_model


def modelled(start_soc: float, drawn: float, margin: float) -> float:
    """What is left of what a battery began with by the model alone, raised by the margin."""
    return max(0.0, start_soc - drawn * (1 + margin))


def _after(state: GaugeState, found: tuple[Doubt, ...]) -> tuple[GaugeState, tuple[Doubt, ...]]:
    fresh = tuple(doubt for doubt in found if doubt.code not in state.doubted)
    return state._replace(doubted=state.doubted | {doubt.code for doubt in fresh}), fresh


def _times(last: Reading, reading: Reading) -> tuple[Doubt, ...]:
    back = ran_back(last.at_s, reading.at_s)
    return () if back is None else (back,)


def _rise(lowest: float, reading: Reading) -> tuple[Doubt, ...]:
    risen = reading.soc - lowest
    if risen <= UP:
        return ()
    return (Doubt("soc_rose", UP, risen, "of full", f"it rose by {risen:.0%} without being charged"),)


def _fall(last: Reading, reading: Reading) -> tuple[Doubt, ...]:
    fallen = last.soc - reading.soc
    most = DOWN + MOST_PER_S * max(0.0, reading.at_s - last.at_s)
    if fallen <= most:
        return ()
    return (Doubt("soc_fell", most, fallen, "of full", f"it fell by {fallen:.0%} at once"),)


def _frozen(moved: Reading, reading: Reading, limit: float) -> tuple[Doubt, ...]:
    drawn = reading.drawn - moved.drawn
    if drawn <= limit:
        return ()
    detail = f"it has stood at {reading.soc:.1%} while about {drawn:.0%} of a full battery was drawn"
    return (Doubt("soc_frozen", limit, drawn, "of full", detail),)
