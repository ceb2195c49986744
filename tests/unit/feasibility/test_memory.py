"""The bounded store of what was worked out."""

from itertools import count

import pytest

from fleet.feasibility.memory import Memory


def test_what_is_kept_is_not_worked_out_again() -> None:
    memory, numbers = Memory(), count(7)
    assert [memory.get("a", lambda: next(numbers)) for _ in range(3)] == [7, 7, 7]


def test_what_was_asked_for_least_recently_goes_first() -> None:
    memory = Memory(2)
    memory.get("a", lambda: 1)
    memory.get("b", lambda: 2)
    memory.get("a", lambda: 9)
    memory.get("c", lambda: 3)
    assert len(memory) == 2  # never more than two; "b" went, "a" had been asked for since
    assert memory.get("a", lambda: 10) == 1
    assert memory.get("b", lambda: 11) == 11


def test_none_is_an_answer_too() -> None:
    memory = Memory()
    memory.get("a", lambda: None)
    assert memory.get("a", lambda: 5) is None


def test_it_keeps_at_least_one() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Memory(0)
