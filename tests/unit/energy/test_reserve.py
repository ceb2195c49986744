"""What stays in the battery."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.energy.errors import InvalidInput
from fleet.energy.reserve import reserve_wh


def test_it_is_the_larger_of_a_share_and_a_time() -> None:
    """A share of the full pack, or minutes of staying where it is."""
    assert reserve_wh(0.2, 2, 700, 1500) == pytest.approx(140)
    assert reserve_wh(0.2, 2, 700, 6000) == pytest.approx(200)


@given(*(st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted) for _ in range(4)))
def test_more_asked_for_never_keeps_less(
    share: list[float], minutes: list[float], full: list[float], watts: list[float]
) -> None:
    """Of each, and of all together."""
    low, high = ([share[n], 60 * minutes[n], 900 * full[n], 3000 * watts[n]] for n in (0, 1))
    for at in range(4):
        one = [*low]
        one[at] = high[at]
        assert reserve_wh(*one) >= reserve_wh(*low)
    assert reserve_wh(*high) >= reserve_wh(*low)


@pytest.mark.parametrize(
    ("numbers", "field"),
    [
        ((1.1, 0, 1, 1), "fraction_of_usable"),
        ((0.1, -1, 1, 1), "minutes"),
        ((0.1, 1, math.nan, 1), "full_usable_wh"),
        ((0.1, 1, 1, -1), "standing_w"),
    ],
)
def test_bad_numbers_name_their_field(numbers: tuple[float, float, float, float], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        reserve_wh(*numbers)
    assert caught.value.field == field
