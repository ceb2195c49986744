"""Personal data is erased when a person wants it so, and by itself when it was kept for long enough."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from immutables import Map

from fleet.dispatch.handlers.contacts import (
    AT_A_TIME,
    MOST_REASONS,
    SWEEP,
    SWEEP_EVERY,
    retention,
    watch_retention,
)
from fleet.domain.apply import apply_all
from fleet.domain.events import ContactsErased, TimerSet
from fleet.domain.state import State
from fleet.protocol.lifecycle import ParcelStatus
from fleet.protocol.messages import EraseContacts, Reply, Role, SubmitOrders
from fleet.protocol.values import Contact
from fleet.store.snapshots import restored_from
from tests.support.bench import Bench, Peer
from tests.support.script import answers, desk_after, flying, report

DAYS = timedelta(days=30)


def delivered(bench: Bench) -> Peer:
    """The parcel is at its door; an operator is there."""
    operator, drone, assign = flying(bench)
    bench.say(drone, report(assign, "out"), report(assign, "drop", "P-1"))
    assert bench.core.state.parcels["P-1"].status is ParcelStatus.DELIVERED
    return operator


def erase(
    bench: Bench, operator: Peer, *order_ids: str, name: str = "e-1", unfinished: bool = False
) -> Reply:
    """An operator has contacts erased; the hub's answer."""
    bench.say(
        operator,
        EraseContacts(
            request_id=name, by="ana", order_ids=order_ids, why="wanted by them", unfinished=unfinished
        ),
    )
    return answers(operator)[name]


def erasures(bench: Bench) -> list[ContactsErased]:
    return [s.event for s in bench.store.events() if isinstance(s.event, ContactsErased)]


def kept(bench: Bench) -> list[str]:
    """The orders of which a person is known."""
    return [contact.order_id for contact in bench.store.contacts()]


def wait(bench: Bench, length: timedelta) -> None:
    """So much time passes at once."""
    bench.wall += length.total_seconds()
    bench.run(1)


def test_a_person_has_one_erased(tmp_path: Path) -> None:
    """It is gone with the event that says who wanted it and why; asked again, nothing happens."""
    bench = Bench(tmp_path)
    operator = delivered(bench)
    assert kept(bench) == ["P-1"]
    reply = erase(bench, operator, "P-1", "P-1")
    assert (reply.ok, reply.ids, reply.detail) == (True, ("P-1",), "1 erased, 0 had been before")
    (event,) = erasures(bench)
    assert (event.order_ids, event.by, event.why) == (("P-1",), "ana", "wanted by them")
    assert kept(bench) == []
    assert bench.core.state.parcels["P-1"].erased
    assert erase(bench, operator, "P-1", "P-1").ids == ("P-1",), "the same request has the same answer"
    again = erase(bench, operator, "P-1", name="e-2")
    assert (again.ok, again.ids, again.detail) == (True, (), "0 erased, 1 had been before")
    assert len(erasures(bench)) == 1
    assert restored_from(bench.store).state == bench.core.state


def test_what_was_erased_does_not_come_back_with_the_order(tmp_path: Path) -> None:
    """A tool may send its orders again at any time. A correction of what is kept is still taken."""
    bench = Bench(tmp_path)
    operator = delivered(bench)
    order = bench.inputs.orders.orders
    corrected = Contact(order_id="P-1", recipient="Ana Lima")
    bench.say(operator, SubmitOrders(request_id="r-2", orders=order, contacts=(corrected,)))
    assert list(bench.store.contacts()) == [corrected]
    erase(bench, operator, "P-1")
    bench.say(operator, SubmitOrders(request_id="r-3", orders=order, contacts=(corrected,)))
    assert answers(operator)["r-3"].ok
    assert kept(bench) == []


def test_a_person_without_a_parcel_is_not_kept(tmp_path: Path) -> None:
    """Nothing would ever erase it."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    stranger = Contact(order_id="X-9", recipient="Nobody")
    bench.say(operator, SubmitOrders(request_id="r-1", orders=(), contacts=(stranger,)))
    assert kept(bench) == []


def test_one_that_is_still_to_be_brought_needs_a_word_more(tmp_path: Path) -> None:
    """Then the parcel goes on without a name. One wrong order, and nothing of the request is done."""
    bench = Bench(tmp_path)
    operator, drone, assign = flying(bench)
    for number, order_ids in enumerate((("P-1",), ("P-7",))):
        reply = erase(bench, operator, *order_ids, name=f"e-{number}")
        assert (reply.ok, [r.code for r in reply.reasons]) == (
            False,
            [("unfinished_order", "unknown_order")[number]],
        )
    unknown = erase(bench, operator, "P-1", *(f"X-{n}" for n in range(50)), name="e-3", unfinished=True)
    assert (unknown.ok, len(unknown.reasons)) == (False, MOST_REASONS)
    assert (kept(bench), erasures(bench)) == (["P-1"], [])
    assert erase(bench, operator, "P-1", name="e-4", unfinished=True).ids == ("P-1",)
    assert kept(bench) == []
    bench.say(drone, report(assign, "out"), report(assign, "drop", "P-1"))
    assert bench.core.state.parcels["P-1"].status is ParcelStatus.DELIVERED
    assert bench.core.state.personal == State().personal, "nothing is left that retention would look for"


def test_retention_erases_by_itself(tmp_path: Path) -> None:
    """Thirty days after the parcel's end, within the hour, also where the hub was down meanwhile."""
    bench = Bench(tmp_path)
    delivered(bench)
    ended_at = bench.core.state.parcels["P-1"].ended_at
    assert ended_at is not None
    assert bench.core.state.timers[SWEEP] == ended_at + DAYS
    wait(bench, DAYS - timedelta(hours=3))
    assert kept(bench) == ["P-1"]
    bench.restart()
    wait(bench, timedelta(hours=3, minutes=1))
    (event,) = erasures(bench)
    assert (event.order_ids, event.by, event.why) == (("P-1",), "retention", "kept for 30 days")
    assert kept(bench) == []
    assert SWEEP not in bench.core.state.timers
    assert apply_all(State(), [stored.event for stored in bench.store.events()]) == bench.core.state


def test_many_are_erased_in_parts_and_no_more_than_once_an_hour(tmp_path: Path) -> None:
    """An event does not grow without bound, nor is the table written anew for every parcel that ends."""
    bench = Bench(tmp_path)
    delivered(bench)
    desk = desk_after(bench)
    parcel = desk.state.parcels["P-1"]
    assert parcel.ended_at is not None
    names = [f"P-{number}" for number in range(AT_A_TIME + 1)]
    desk.state = replace(
        desk.state,
        parcels=Map(dict.fromkeys(names, parcel)),
        personal=Map(dict.fromkeys(names, parcel.ended_at)),
        timers=Map(),
    )
    desk.now += DAYS
    watch_retention(desk)
    watch_retention(desk)
    assert [e for e in desk.events if isinstance(e, TimerSet)] == [
        TimerSet(at=desk.now, timer_id=SWEEP, due=desk.now + SWEEP_EVERY)
    ]
    retention(desk, "retention")
    assert [len(e.order_ids) for e in desk.events if isinstance(e, ContactsErased)] == [AT_A_TIME, 1]
    assert len(desk.state.personal) == 0
