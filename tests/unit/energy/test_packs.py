"""What is left in several packs: never more than any of them holds, and every fault is told."""

from __future__ import annotations

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.energy.packs import APART, Left, PackReading, left

SHARE = st.floats(0, 1)
VOLTS = st.none() | st.floats(0, 60)
PACKS = st.lists(
    st.builds(PackReading, st.integers(1, 6), st.none() | SHARE, VOLTS, st.none() | SHARE, st.booleans()),
    unique_by=lambda one: one.number,
    max_size=6,
)


def found(*packs: PackReading, expected: int | None = 2, told: float | None = None) -> Left:
    """What is left in these."""
    return left(packs, expected, told)


def codes(one: Left) -> list[str]:
    """What is doubtful."""
    return [doubt.code for doubt in one.doubts]


@given(PACKS, st.none() | st.integers(1, 6), st.none() | SHARE, st.floats(0.1, 1))
def test_no_more_is_counted_than_sound_packs_hold(
    packs: list[PackReading], expected: int | None, told: float | None, health: float
) -> None:
    """By a sum of its own: of each that is there, in order and tells its charge, its share; and never beyond what the
    asset says. Whatever lacks is told."""
    result = left(packs, expected, told, health)
    count = expected or max((p.number for p in packs), default=1)
    most = sum(p.soc for p in packs if p.in_order and p.soc is not None and p.number <= count) / count
    assert 0 <= result.soc <= most + 1e-9
    assert told is None or result.soc <= told
    lacking = count - sum(p.in_order and p.soc is not None and p.number <= count for p in packs)
    assert len(result.lost) >= lacking
    assert bool(result.doubts) >= bool(lacking)


@given(st.integers(1, 6), SHARE, st.floats(0, APART / 3))
def test_packs_in_order_are_their_mean(count: int, soc: float, apart: float) -> None:
    """As those that share a load differ a little."""
    packs = [PackReading(n, min(1.0, soc + apart * (n % 2)), 44.0) for n in range(1, count + 1)]
    result = left(packs, count, None)
    assert isclose(result.soc, sum(p.soc or 0 for p in packs) / count, abs_tol=1e-9)
    assert not result.doubts


@given(PACKS, st.integers(1, 6), st.integers(0, 5))
def test_one_that_fails_leaves_no_more(packs: list[PackReading], expected: int, which: int) -> None:
    """Whichever it is."""
    if not packs:
        return
    victim = packs[which % len(packs)]
    after = [p._replace(in_order=False) if p is victim else p for p in packs]
    assert left(after, expected, None).soc <= left(packs, expected, None).soc + 1e-9 or any(
        d.code == "packs_disagree" for d in left(packs, expected, None).doubts
    )


@pytest.mark.parametrize(
    ("packs", "soc", "reasons"),
    [
        ((PackReading(1, 0.8, 44), PackReading(2, 0.8, 43)), 0.8, []),
        ((PackReading(1, 0.8, 44), PackReading(2, 0.8, 0.0)), 0.4, ["pack_failed"]),
        ((PackReading(1, 0.8, 44), PackReading(2, 0.8, 21.9)), 0.4, ["pack_failed"]),
        ((PackReading(1, 0.8), PackReading(2, 0.8, in_order=False)), 0.4, ["pack_failed"]),
        ((PackReading(1, 0.8),), 0.4, ["pack_missing"]),
        ((PackReading(2, 0.8),), 0.4, ["pack_missing"]),
        ((PackReading(1, 0.8), PackReading(2)), 0.4, ["pack_silent"]),
        ((PackReading(1, 0.8), PackReading(2, 0.6)), 0.6, ["packs_disagree"]),
        ((PackReading(1, 0.8), PackReading(2, 0.8), PackReading(3, 0.8)), 0.8, ["pack_unknown"]),
        ((PackReading(1, 0.8, health=0.5), PackReading(2, 0.8)), 0.6, []),
        ((PackReading(1, 0.8, 0.0), PackReading(2, 0.8, 0.0)), 0.0, ["pack_failed", "pack_failed"]),
    ],
)
def test_each_fault_has_its_reason(packs: tuple[PackReading, ...], soc: float, reasons: list[str]) -> None:
    """Of two that hold the same."""
    result = found(*packs)
    assert isclose(result.soc, soc)
    assert codes(result) == reasons


def test_what_is_said_of_all_counts_where_it_is_less() -> None:
    """And is doubted where it is more."""
    both = (PackReading(1, 0.8), PackReading(2, 0.8))
    assert found(*both, told=0.7).soc == 0.7
    assert codes(found(*both, told=0.7)) == []
    assert codes(found(*both, told=0.85)) == []
    assert (found(*both, told=0.95).soc, codes(found(*both, told=0.95))) == (0.8, ["packs_disagree"])


def test_where_the_number_is_not_stated_it_is_the_highest_that_is_told() -> None:
    """One between is missing all the same."""
    assert found(PackReading(1, 0.6), PackReading(3, 0.6), expected=None).lost == {2}
