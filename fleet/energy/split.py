"""Which flights are held out: by a hash of their ids, so that no flight changes sides when others join."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from fleet.energy.errors import require_within


@dataclass(frozen=True, slots=True)
class Split:
    """Flights to fit by and flights to judge by, each in the order in which they were given."""

    train: tuple[str, ...]
    held_out: tuple[str, ...]


def split_of(flight_ids: Iterable[str], share: float) -> Split:
    """Holds about ``share`` of the flights out. Raises `InvalidInput` for a share outside 0..1."""
    require_within(0, 1, share=share)
    train: list[str] = []
    held_out: list[str] = []
    for flight_id in flight_ids:
        (held_out if fraction_of(flight_id) < share else train).append(flight_id)
    return Split(tuple(train), tuple(held_out))


def fraction_of(flight_id: str) -> float:
    """A number in 0..1 that is evenly spread over ids and always the same for one: its SHA-256's first 8 bytes."""
    return int.from_bytes(hashlib.sha256(flight_id.encode("utf-8")).digest()[:8]) / 2**64
