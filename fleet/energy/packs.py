"""Several packs that share one load: what is left where one fails, is missing, says nothing, or differs from others.

They are alike and in parallel: each holds the same share of the whole, and any of them carries the load for a while.
Packs in series are one pack, since none of them gives anything without the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fleet.energy.gauge import Doubt

APART = 0.1
"""Packs in parallel even out: states of charge that lie farther apart are a gauge's, or a dead pack's."""
DEAD_SHARE = 0.5
"""A pack of less than this share of the highest voltage of all is dead: lithium cells hold 3.0 to 4.2 V, 0.7 and more
of each other, however full they are."""
DEAD_V = 1.0
"""Less than this is no voltage of any pack: not even of one cell."""


class PackReading(NamedTuple):
    """What is known of one pack, counted from 1: its state of charge, its voltage in V, its capacity as a share of the
    nominal one, and whether it says itself that it is in order."""

    number: int
    soc: float | None = None
    voltage_v: float | None = None
    health: float | None = None
    in_order: bool = True


class Left(NamedTuple):
    """What a set of packs holds: the state of charge that all together stand for, as a share of all in order and full,
    and what is doubtful. ``lost`` are those of which nothing is counted."""

    soc: float
    doubts: tuple[Doubt, ...]
    lost: frozenset[int]


def left(
    packs: Iterable[PackReading], expected: int | None, told_soc: float | None, health: float = 1.0
) -> Left:
    """What is left in the packs of an asset. ``expected`` is how many it has (none: as many as the highest number that
    it tells), ``told_soc`` what it says of all of them, ``health`` the state of health that full stands for.

    Of a pack that has failed, is missing or tells no state of charge nothing is counted. Where those that are left lie
    apart all count as the lowest, and what the asset says of all of them counts where that is less.
    """
    known = {one.number: one for one in packs}
    count = expected if expected is not None else max(known, default=1)
    highest_v = max((one.voltage_v for one in known.values() if one.voltage_v is not None), default=None)
    lost = dict(_lost(known, count, highest_v))
    sound = [one for number, one in sorted(known.items()) if number not in lost and number <= count]
    levels = [_level(one, health) for one in sound]
    shown = [one.soc or 0.0 for one in sound]
    apart = max(shown, default=0.0) - min(shown, default=0.0)
    if apart > APART:
        levels = [min(levels)] * len(levels)
    counted = sum(levels) / count
    doubts = (*lost.values(), *_unlike(apart), *_more(known, count))
    if not doubts:
        doubts = tuple(_off(sum(shown) / count, told_soc))
    return Left(counted if told_soc is None else min(counted, told_soc), doubts, frozenset(lost))


def _level(pack: PackReading, health: float) -> float:
    """Its charge in terms of a pack of the health that full stands for: a worn one holds less, a better one no more."""
    soc = pack.soc or 0.0
    return soc if pack.health is None or pack.health >= health else soc * pack.health / health


def _lost(known: dict[int, PackReading], count: int, highest_v: float | None) -> Iterator[tuple[int, Doubt]]:
    for number in range(1, count + 1):
        pack = known.get(number)
        if pack is None:
            yield number, Doubt("pack_missing", count, number, "pack", f"pack {number} of {count} is missing")
        elif not pack.in_order:
            detail = f"pack {number} of {count} says that it has failed or is not healthy"
            yield number, Doubt("pack_failed", count, number, "pack", detail)
        elif highest_v is not None and pack.voltage_v is not None and _is_dead(pack.voltage_v, highest_v):
            detail = f"pack {number} of {count} has {pack.voltage_v:g} V, and another {highest_v:g} V"
            yield number, Doubt("pack_failed", DEAD_SHARE * highest_v, pack.voltage_v, "V", detail)
        elif pack.soc is None:
            detail = f"pack {number} of {count} does not tell its state of charge"
            yield number, Doubt("pack_silent", count, number, "pack", detail)


def _is_dead(voltage_v: float, highest_v: float) -> bool:
    return voltage_v < DEAD_V or voltage_v < DEAD_SHARE * highest_v


def _unlike(apart: float) -> Iterator[Doubt]:
    if apart > APART:
        yield Doubt("packs_disagree", APART, apart, "of full", f"its packs lie {apart:.0%} of full apart")


def _more(known: dict[int, PackReading], count: int) -> Iterator[Doubt]:
    more = max(known, default=0)
    if more > count:
        yield Doubt("pack_unknown", count, more, "pack", f"it tells of pack {more}, and has {count}")


def _off(mean: float, told_soc: float | None) -> Iterator[Doubt]:
    """What an asset says of all its packs is more than what they say themselves."""
    if told_soc is not None and told_soc - mean > APART:
        detail = f"it says that it is {told_soc:.0%} full, and its packs say {mean:.0%}"
        yield Doubt("packs_disagree", APART, told_soc - mean, "of full", detail)
