"""Who may still be shaking hands, and who of them gives way."""

from __future__ import annotations

import pytest

from fleet.hub.security.handshakes import Handshakes


@pytest.fixture
def handshakes() -> Handshakes[int]:
    """Five seconds are allowed."""
    return Handshakes(5.0)


def test_the_oldest_of_the_address_with_most_gives_way(handshakes: Handshakes[int]) -> None:
    """Not the newcomer, nor who came first of all: one who opens many pays for it alone."""
    handshakes.begun(1, "10.0.0.1", 0)
    for number in range(10, 15):
        handshakes.begun(number, "10.0.0.2", 0.1)
    handshakes.begun(20, "10.0.0.1", 0.2)
    assert [handshakes.pop_of_most() for _ in range(4)] == [10, 11, 12, 1]
    assert handshakes.under_way == 3


def test_who_was_let_in_does_not_give_way(handshakes: Handshakes[int]) -> None:
    for number in (1, 2, 3):
        handshakes.begun(number, "127.0.0.1", 0)
    handshakes.succeeded(0.1)
    handshakes.let_in(1)
    handshakes.failed(2)
    assert handshakes.under_way == 1
    assert handshakes.pop_of_most() == 3
    with pytest.raises(KeyError):
        handshakes.pop_of_most()


def test_it_is_not_known_who_has_shaken_hands_until_something_comes(handshakes: Handshakes[int]) -> None:
    """How many is."""
    handshakes.begun(1, "10.0.0.1", 0)
    handshakes.begun(2, "10.0.0.2", 0)
    handshakes.succeeded(0.1)
    assert handshakes.under_way == 1
    handshakes.let_in(2)
    assert handshakes.under_way == 1
    handshakes.let_in(2)
    assert handshakes.under_way == 1


def test_after_its_time_none_is_under_way(handshakes: Handshakes[int]) -> None:
    """Nor does a success whose connection was never found out count for one that comes later."""
    handshakes.begun(1, "10.0.0.1", 0)
    handshakes.begun(2, "10.0.0.1", 1)
    handshakes.succeeded(1)
    handshakes.failed(1)
    handshakes.failed(2)
    handshakes.begun(3, "10.0.0.1", 6)
    handshakes.forget(6.1)
    assert handshakes.under_way == 1
    handshakes.forget(11.1)
    assert handshakes.under_way == 0


def test_a_number_that_is_used_again_is_another_connection(handshakes: Handshakes[int]) -> None:
    handshakes.begun(1, "10.0.0.1", 0)
    handshakes.begun(1, "10.0.0.2", 4)
    handshakes.forget(6)
    assert handshakes.under_way == 1
