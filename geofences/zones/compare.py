"""What has changed between two sets of zones."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from geofences.model.refused import Refused
from geofences.model.zone import Zone
from geofences.zones.describe import describe
from geofences.zones.zoneset import ZoneSet


class Change(NamedTuple):
    """One thing that a zone said otherwise before; empty where it said or says nothing of it."""

    what: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A zone that kept its id."""

    old: Zone
    new: Zone
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """Zones that are new, gone or changed, by id; `missing` are those that either set lacks, as they were refused in
    reading. False only where both say the same and lack nothing.
    """

    added: tuple[Zone, ...]
    removed: tuple[Zone, ...]
    changed: tuple[Changed, ...]
    missing: tuple[Refused, ...] = ()

    @property
    def is_seen(self) -> bool:
        """Whether they surely differ, whatever is missing."""
        return bool(self.added or self.removed or self.changed)

    def __bool__(self) -> bool:
        return self.is_seen or bool(self.missing)


def compare(old: ZoneSet, new: ZoneSet) -> Differences:
    """Zones are told apart by id, then by content; the order of files does not count."""
    gone, come = _only_in(old, new), _only_in(new, old)
    added, removed, changed = list[Zone](), list[Zone](), list[Changed]()
    for zone_id in sorted({*gone, *come}):
        before, after = gone.get(zone_id, []), come.get(zone_id, [])
        both = min(len(before), len(after))
        changed += [
            Changed(one, other, tuple(_changes(one, other)))
            for one, other in zip(before, after, strict=False)
        ]
        removed += before[both:]
        added += after[both:]
    return Differences(tuple(added), tuple(removed), tuple(changed), (*old.missing, *new.missing))


def _only_in(one: ZoneSet, other: ZoneSet) -> dict[str, list[Zone]]:
    """The zones of one set that the other does not have just so, by id; equal zones pair off one to one."""
    left = Counter(other.hashes)
    found: dict[str, list[Zone]] = {}
    for zone, code in zip(one.zones, one.hashes, strict=True):
        if left[code] > 0:
            left[code] -= 1
        else:
            found.setdefault(zone.zone_id, []).append(zone)
    return found


def _changes(old: Zone, new: Zone) -> Iterator[Change]:
    before, after = describe(old), describe(new)
    if before == after:  # less than words tell: the eleventh digit of a number
        yield Change("content", old.content_hash(), new.content_hash())
    for what in dict.fromkeys((*before, *after)):
        was, now = before.get(what, ""), after.get(what, "")
        if was != now:
            yield Change(what, was, now)
