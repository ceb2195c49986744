"""What to do with what is left in a battery under way: going on, home, elsewhere or down; and from where on home fails.

Energies are in Wh at the battery and hold their margin already. What passes leaves the reserve untouched. The reserve
is there for who would come down just anywhere else: then whatever takes least comes first, home or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import NamedTuple

from fleet.energy.errors import InvalidInput, require_finite, require_not_negative


class Where(IntEnum):
    """Where a way leads, what is preferred first."""

    ON = 0
    HOME = 1
    ELSEWHERE = 2


class Option(NamedTuple):
    """A way that may be taken, and what it needs with its margin; infinite where the wind forbids it."""

    where: Where
    needed_wh: float
    place_id: str = ""


def in_order(options: Iterable[Option], left_wh: float, reserve_wh: float) -> tuple[Option, ...]:
    """The ways that the battery carries, the best first; none of them: down where it is.

    ``left_wh`` is what may be drawn before the reserve is touched, below zero once it is. Of those that leave the
    reserve going on comes first, then home, then the place that takes least: home is where it is wanted. Those that
    need some of the reserve follow by what they take. Raises `InvalidInput` on a number that is none.
    """
    require_finite(left_wh=left_wh)
    require_not_negative(reserve_wh=reserve_wh)
    known = tuple(options)
    for one in known:
        if not one.needed_wh >= 0:
            raise InvalidInput("needed_wh", one.needed_wh, "zero or more")
    whole = sorted((one for one in known if one.needed_wh <= left_wh), key=_preferred)
    broken = (one for one in known if left_wh < one.needed_wh <= left_wh + reserve_wh)
    return (*whole, *sorted(broken, key=_cheapest))


def _preferred(one: Option) -> tuple[Where, float, str]:
    return one.where, one.needed_wh, one.place_id


def _cheapest(one: Option) -> tuple[float, Where, str]:
    return one.needed_wh, one.where, one.place_id


class Turn(NamedTuple):
    """A place ahead: what it takes to get there, and from there home by turning round."""

    there_wh: float
    home_wh: float


def no_return(turns: Sequence[Turn], left_wh: float) -> tuple[int, float] | None:
    """From where on turning round fails: the index of the place before it, and the share of the way to the next one.

    Between two places both energies grow evenly with the way. None where it can turn round everywhere; (0, 0.0) where
    it can't even at once. Raises `InvalidInput` where there is no place, or on a number that is none.
    """
    require_finite(left_wh=left_wh)
    if not turns:
        raise InvalidInput("turns", turns, "one place at least")
    before = 0.0
    for index, turn in enumerate(turns):
        needed = turn.there_wh + turn.home_wh
        if not needed >= 0:
            raise InvalidInput("needed_wh", needed, "zero or more")
        if needed > left_wh:
            rise = needed - before
            return (0, 0.0) if index == 0 else (index - 1, (left_wh - before) / rise if rise > 0 else 0.0)
        before = needed
    return None
