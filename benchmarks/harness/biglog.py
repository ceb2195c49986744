"""A long log for benchmarks: a simulated day, told again and again under new ids and later dates."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from functools import cache
from itertools import count, islice
from pathlib import Path

from fleet.demo import DemoOptions, build_day, incoming_of
from fleet.domain import events as ev
from fleet.domain.apply import apply
from fleet.domain.state import State
from fleet.progress import settled
from fleet.protocol.lifecycle import CompartmentEvent
from fleet.simulate import simulate
from fleet.store.base import Batch, Store
from fleet.store.rows import event_from, event_text
from fleet.store.sql import SqlStore

ONE = 2_000
"""Events of one batch."""

DATE = re.compile(r"\d{4}-\d\d-\d\d")
"""No id looks like one."""


def write_big_log(path: Path, events: int, *, behind: int = 0) -> State:
    """Write a store with so many events into a file that is not there yet: every one of them passes ``apply``.

    The state that comes back is the one ``behind`` events before the end.
    """
    with closing(SqlStore.open(path, synchronous="OFF")) as store:
        return fill(store, events, behind=behind)


def fill(store: Store, events: int, *, behind: int = 0) -> State:
    """Fill a store with so many events; the state ``behind`` events before their end."""
    state, batch = State(), list[ev.Event]()
    wanted = state
    for event in islice(long_day(), events):
        state = apply(state, event)
        wanted = state if state.position <= events - behind else wanted
        batch.append(event)
        if len(batch) == ONE:
            store.commit(Batch(events=tuple(batch)))
            batch = []
    store.commit(Batch(events=tuple(batch)))
    return wanted


def long_day() -> Iterator[ev.Event]:
    """The events of one day without end: the same parcels come again every morning, under other ids."""
    first = simulated_day()
    yield first[0]
    ids = "|".join(f'(?<=["@:]){re.escape(each)}(?=["@:])' for each in _ids(first))
    changing = re.compile(rf"({DATE.pattern}|{ids})")
    told = [changing.split(event_text(event)) for event in first[1:]]
    for again in count():
        for number, parts in enumerate(told, 1):
            yield event_from("".join(_retold(parts, again)), 1, number)


@cache
def simulated_day() -> Sequence[ev.Event]:
    """A morning of the demo's city, decided by the hub's own core: 150 parcels, some incidents."""
    with tempfile.TemporaryDirectory() as folder:
        options = DemoOptions(seed=1, parcels=150, hours=4, incidents="some", iterations=10)
        setup, world = build_day(Path(folder), options)
        run = simulate(
            setup,
            setup.files.read(),
            world,
            incoming=incoming_of(setup),
            incidents="some",
            over=settled,
            latest=timedelta(hours=3),
        )
    return [*run.events, *_evening(run.state, run.events[-1].at)]


def _evening(state: State, at: datetime) -> Iterator[ev.Event]:
    """What is left of the day: parcels are fetched from the lockers, and timers ring for nothing."""
    for (locker_id, order_id), _ in sorted(state.compartments.items()):
        locker = ev.Custodian(kind="locker", id=locker_id)
        person = ev.Custodian(kind="recipient", id=order_id)
        if state.parcels[order_id].custodian == locker:
            yield ev.CustodyPassed(at=at, order_id=order_id, giver=locker, taker=person)
            change = CompartmentEvent.COLLECT
        else:
            change = CompartmentEvent.RELEASE
        yield ev.CompartmentChanged(at=at, locker_id=locker_id, order_id=order_id, change=change)
    for timer_id in sorted(state.timers):
        yield ev.TimerRang(at=at, timer_id=timer_id)


def _retold(parts: Sequence[str], again: int) -> Iterator[str]:
    """An event as it happens so many days later, to other parcels: every other part is a date or an id."""
    for index, part in enumerate(parts):
        if index % 2 == 0:
            yield part
        else:
            yield _later(part, again) if DATE.fullmatch(part) else f"{part}~{again}"


@cache
def _later(day: str, again: int) -> str:
    return f"{date.fromisoformat(day) + timedelta(days=again):%Y-%m-%d}"


def _ids(events: Iterable[ev.Event]) -> list[str]:
    """The ids of what comes anew each morning: parcels, missions, plans, exceptions, commands."""
    found = set[str]()
    for event in events:
        found.update(_named(json.loads(event_text(event))))
    return sorted(found, key=len, reverse=True)


_NAMES = frozenset(
    {"order_id", "mission_id", "plan_id", "exception_id", "command_id", "sortie_id", "route_id"}
)


def _named(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            if name in _NAMES and isinstance(each, str):
                yield each
            yield from _named(each)
    elif isinstance(value, list):
        for each in value:
            yield from _named(each)
