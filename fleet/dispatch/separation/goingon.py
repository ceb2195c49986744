"""Whether one that holds may go on: in an order in which nobody waits for one that waits for him."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from fleet.dispatch.separation.flights import Seen, has_left, intents_of, room_of
from fleet.domain.fleet import Separation, SortieType
from fleet.domain.state import MissionRecord
from geofences import Intent, are_apart

GOES_ON_SHARE = 0.75
"""Of the times that are kept beforehand: more than under way, so that it need not hold again at once."""


@dataclass(frozen=True, slots=True)
class Flight:
    """A mission that was sent, its aircraft's type, and what is known of it."""

    record: MissionRecord
    kind: SortieType
    seen: Seen


def may_go_on(held: Flight, others: Iterable[Flight], rule: Separation) -> bool:
    """Whether it would meet nobody if it went on now.

    Of others that hold only their place counts: each is compared with all before it goes on, and of one that was told
    to go on its way counts from that moment, though its newest sample still holds. In the air nobody waits for who has
    not left: that one stays where it is, on the ground, as long as there is time to tell it.
    """
    in_the_air = has_left(held.record, held.seen.sample)
    counts = [other for other in others if not (in_the_air and _can_still_stay(other, rule))]
    taken = [intent for other in counts for intent in _meant(other, rule)]
    return all(are_apart(intent, taken) for intent in _going(held, rule))


def _going(held: Flight, rule: Separation) -> Iterator[Intent]:
    sample, now = held.seen.sample, held.seen.now
    going = None if sample is None else sample.model_copy(update={"state": "travelling"})
    yield from _meant(Flight(held.record, held.kind, Seen(going, lost=False, now=now)), rule)


def _meant(flight: Flight, rule: Separation) -> tuple[Intent, ...]:
    room = room_of(flight.kind, rule, share=GOES_ON_SHARE)
    return intents_of(flight.record, flight.kind, room, flight.seen, held_goes_on=False)


def _can_still_stay(other: Flight, rule: Separation) -> bool:
    """Whether it stands on the ground and will for long enough to be told to stay there: so long before two would meet
    is something done about it."""
    record, sample, now = other.record, other.seen.sample, other.seen.now
    if has_left(record, sample) or other.seen.lost:
        return False
    leaves = [intent.path[0].at for intent in _meant(other, rule)]
    return all(at - now >= timedelta(seconds=rule.time_s) for at in leaves)
