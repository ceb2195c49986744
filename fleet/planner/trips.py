"""Several trips of a van: tours one after the other, each in what the others leave free.

A van's day is a window no longer than its type's longest shift; in it its trips follow each other in the order of
``Van.trip``. Each is a tour of a `Van` of its own, whose span begins when the trip before is over at the earliest and
ends when the one behind must begin at the latest, loading included. So whatever a tour does within its span, the
others hold, each perhaps at another time: it costs the same then, for a tour that begins as late as it may lasts no
longer where it has more time. Of the trips the first pays for the van's day. What the others take of its battery a
trip can't draw: nothing is charged in between.

A van whose driver has a break makes one trip: where the break is between trips is not known here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import ceil
from types import MappingProxyType

from fleet.planner.problem import Problem, Van
from fleet.planner.spans import Span
from fleet.planner.tours import Tour, in_span

Times = Mapping[int, Span]
"""From when to when some of a van's trips are made, by the numbers of their vans."""

ANY_TIME: Times = MappingProxyType({})


def together(tours: Iterable[Tour]) -> dict[str, list[Tour]]:
    """The trips of each van that is out, in their order, by its asset's id."""
    found: dict[str, list[Tour]] = defaultdict(list)
    for tour in tours:
        found[tour.van.slot.asset_id].append(tour)
    return {name: sorted(trips, key=lambda tour: tour.van.trip) for name, trips in found.items()}


def in_turn(trips: Sequence[Tour], times: Times = ANY_TIME) -> list[Tour] | None:
    """A van's trips, each with the span that the others leave it, or at its own of the given ``times``; none where they
    do not fit into its day so."""
    trips = sorted(trips, key=lambda tour: tour.van.trip)
    whole = _whole(trips[0])
    if len(trips) == 1:
        spans: list[Span] | None = [(whole.early_s, whole.late_s)]
    else:
        spans = _spans(whole, trips, times)
    if spans is None:
        return None
    made = [
        _spanned(whole, tour, i, span, trips) for i, (tour, span) in enumerate(zip(trips, spans, strict=True))
    ]
    return made if len(made) == 1 or all(tour.feasible for tour in made) else None


def settled_in_turn(trips: Sequence[Tour]) -> list[Tour]:
    """A van's trips in turn, without the last stops of the last ones where not all fit."""
    trips = sorted((tour for tour in trips if tour.visits), key=lambda tour: tour.van.trip)
    while trips:
        made = in_turn(trips)
        if made is not None:
            return made
        last = trips.pop()
        if len(last.visits) > 1:
            trips.append(last.without(len(last.visits) - 1))
    return []


def all_in_turn(tours: Iterable[Tour]) -> list[Tour]:
    """Tours of many vans, those of each in turn; vans keep their order."""
    return [tour for trips in together(tours).values() for tour in _kept_or_settled(trips)]


def _kept_or_settled(trips: list[Tour]) -> list[Tour]:
    lone = len(trips) == 1 and trips[0].van is _whole(trips[0])
    return trips if lone else settled_in_turn(trips)


def apart(tours: Sequence[Tour]) -> list[Tour]:
    """The tours with spans that do not overlap, so that each can be changed without the others of its van: what lies
    free between two trips is halved."""
    found = {}
    for trips in together(tours).values():
        begins = [trips[0].van.early_s, *(_halfway(a, b) for a, b in pairwise(trips))]
        ends = [*begins[1:], trips[-1].van.late_s]
        for tour, early_s, late_s in zip(trips, begins, ends, strict=True):
            found[tour.van.index] = _with_van(tour, replace(tour.van, early_s=early_s, late_s=late_s))
    return [found[tour.van.index] for tour in tours]


def _halfway(before: Tour, behind: Tour) -> int:
    ends_s = before.times_s[-1]
    return ends_s + max(0, behind.start_s - ends_s) // 2


@dataclass
class Openings:
    """The further trips that vans could make beside those that they make; remembered as long as these stay."""

    problem: Problem
    _known: dict[str, tuple[list[Tour], list[Van]]] = field(default_factory=dict)

    def of(self, tours: Iterable[Tour], pays: Callable[[Van], bool]) -> Iterator[Van]:
        """A `Van` for each gap before, between and behind the trips of each van that is out, of those vans for which a
        further trip ``pays`` whenever it is made."""
        for name, trips in together(tours).items():
            if pays(trips[0].van):
                known = self._known.get(name)
                if known is None or not _same(known[0], trips):
                    known = self._known[name] = trips, _openings(self.problem, trips)
                yield from known[1]


def _same(some: Sequence[Tour], others: Sequence[Tour]) -> bool:
    return len(some) == len(others) and all(a is b for a, b in zip(some, others, strict=True))


def behind(problem: Problem, trips: Sequence[Tour]) -> Van | None:
    """What is left of a van's day behind its trips; none where nothing is."""
    found = _openings(problem, trips)
    return found[-1] if found and found[-1].trip > trips[-1].van.trip else None


def _openings(problem: Problem, trips: Sequence[Tour]) -> list[Van]:
    whole = _whole(trips[0])
    day = _day(whole, trips)
    if day is None or whole.driver_break is not None:
        return []
    least_s = ceil(whole.type.load_s)
    spans = [_before(whole, trips, day), *_between(whole, trips, day), _after(whole, day)]
    numbers = [tour.van.trip for tour in trips]
    places = [
        numbers[0] - 1,
        *((a + b) / 2 for a, b in pairwise(numbers)),
        numbers[-1] + 1,
    ]
    index = _free_index(problem, trips)
    return [
        _trip(whole, index, place, span, pays=False, drawn_soc=_drawn(trips))
        for place, span in zip(places, spans, strict=True)
        if span[1] - span[0] > least_s
    ]


def _free_index(problem: Problem, trips: Sequence[Tour]) -> int:
    """The first number of a trip that the van has not."""
    used = {tour.van.index for tour in trips}
    index = trips[0].van.index % len(problem.vans)
    while index in used:
        index += len(problem.vans)
    return index


# --- spans ------------------------------------------------------------------------------------------------------------


def _spans(whole: Van, trips: Sequence[Tour], times: Times = ANY_TIME) -> list[Span] | None:
    """For each trip from the earliest end of the one before to the latest begin of the one behind, or its own time;
    none where the others do not leave it that."""
    day = _day(whole, trips, times)
    if day is None:
        return None
    window = _window(whole, day)
    ends, begins = _ends(trips, window[0], times), _begins(trips, window[1], times)
    rooms = zip([window[0], *ends[:-1]], [*begins[1:], window[1]], strict=True)
    spans = [(room, times.get(tour.van.index, room)) for tour, room in zip(trips, rooms, strict=True)]
    held = all(room[0] <= span[0] and span[1] <= room[1] for room, span in spans if span is not room)
    return [span for _, span in spans] if held else None


def _day(whole: Van, trips: Sequence[Tour], times: Times = ANY_TIME) -> Span | None:
    """The shortest day in which the trips are made: it ends as early as it can, and begins as late as that leaves; none
    where that is longer than a shift, or they are not done in time."""
    end = _ends(trips, whole.early_s, times)[-1]
    begin = _begins(trips, end, times)[0]
    in_time = whole.early_s <= begin and end <= whole.late_s and end - begin <= whole.type.max_shift_s
    return (begin, end) if in_time else None


def _window(whole: Van, day: Span) -> Span:
    """The day with what a shift is longer than it, half of that on either side as far as the van is free."""
    spare = int(whole.type.max_shift_s) - (day[1] - day[0])
    begin = max(whole.early_s, day[0] - spare // 2)
    return begin, min(whole.late_s, begin + int(whole.type.max_shift_s))


def _before(whole: Van, trips: Sequence[Tour], day: Span) -> Span:
    """Ahead of all trips, which may be made later for it."""
    begin = max(whole.early_s, day[1] - int(whole.type.max_shift_s))
    end = min(whole.late_s, begin + int(whole.type.max_shift_s))
    return begin, _begins(trips, end)[0]


def _between(whole: Van, trips: Sequence[Tour], day: Span) -> list[Span]:
    window = _window(whole, day)
    ends, begins = _ends(trips, window[0]), _begins(trips, window[1])
    return list(zip(ends[:-1], begins[1:], strict=True))


def _after(whole: Van, day: Span) -> Span:
    """Behind all trips, which are made as early as the shortest day has them."""
    return day[1], min(whole.late_s, day[0] + int(whole.type.max_shift_s))


def _ends(trips: Sequence[Tour], early_s: int, times: Times = ANY_TIME) -> list[int]:
    """When each trip is over at the earliest, the first beginning no earlier than that."""
    found = list[int]()
    for tour in trips:
        own = times.get(tour.van.index)
        early_s = own[1] if own is not None else over_s(tour, early_s)
        found.append(early_s)
    return found


def over_s(tour: Tour, early_s: int) -> int:
    """When a trip is over at the earliest that begins no earlier than that."""
    if tour.van.driver_break is not None:
        return _with_van(tour, replace(tour.van, early_s=early_s)).times_s[-1]
    return tour.over_from(early_s)


def _begins(trips: Sequence[Tour], late_s: int, times: Times = ANY_TIME) -> list[int]:
    """When each trip must begin at the latest, the last ending no later than that."""
    found = list[int]()
    for tour in reversed(trips):
        own = times.get(tour.van.index)
        late_s = own[0] if own is not None else begun_s(tour, late_s)
        found.append(late_s)
    return found[::-1]


def begun_s(tour: Tour, late_s: int) -> int:
    """When a trip must begin at the latest that is over no later than that."""
    if tour.van.driver_break is not None:
        return int(_with_van(tour, replace(tour.van, late_s=late_s)).line.latest_s[0])
    return min(late_s, tour.begun_for(late_s))


# --- vans -------------------------------------------------------------------------------------------------------------


def _whole(tour: Tour) -> Van:
    """The van of a trip with all its day."""
    return tour.case.problem.whole(tour.van)


def _with_van(tour: Tour, van: Van) -> Tour:
    return tour if tour.van == van else in_span(tour, van)


def _spanned(whole: Van, tour: Tour, number: int, span: Span, trips: Sequence[Tour]) -> Tour:
    drawn = _drawn([other for other in trips if other is not tour])
    van = _trip(whole, tour.van.index, tour.van.trip, span, pays=number == 0, drawn_soc=drawn)
    return _with_van(tour, van)


def _trip(whole: Van, index: int, trip: float, span: Span, *, pays: bool, drawn_soc: float) -> Van:
    """The van for one of its trips."""
    slot = whole.slot if pays or whole.slot.day_paid else replace(whole.slot, day_paid=True)
    limit = whole.range
    if limit is not None and drawn_soc > 0.0:
        limit = replace(limit, soc=limit.soc - drawn_soc)
    return replace(whole, index=index, trip=trip, early_s=span[0], late_s=span[1], slot=slot, range=limit)


def _drawn(trips: Sequence[Tour]) -> float:
    """What trips take of the van's battery, with the margin, as a share of a full one; nothing where nobody asks."""
    limits = [(tour.van.range, tour.energy) for tour in trips]
    return sum(e.energy_wh * (1 + r.margin) / r.full_wh for r, e in limits if r is not None and e is not None)
