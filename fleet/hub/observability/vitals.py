"""How the hub is, in numbers: what the loop counts as it goes, and the frozen record that other threads read.

Only the loop writes. It adds to plain integers, which costs nanoseconds, and now and then replaces one ``Vitals`` by
the next; whoever reads takes the reference and can look at it for as long as he likes.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the classes in which times are counted, in seconds."""

PLAN_SECONDS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""The same for plans, which take longer."""

SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
"""The same for how many events a batch has."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A histogram as it was: ``counts`` has one more class than ``bounds``, for what is above them all."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float

    @property
    def count(self) -> int:
        """How many values were counted."""
        return sum(self.counts)


class Histogram:
    """Counts values by class. One thread adds; nothing is allocated while it does."""

    __slots__ = ("_bounds", "_counts", "_total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._total = 0.0

    def add(self, value: float) -> None:
        """Count one value; one that equals a bound belongs below it."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._total += value

    def spread(self) -> Spread:
        """What was counted so far."""
        return Spread(self._bounds, tuple(self._counts), self._total)


class Liveness(StrEnum):
    """How an asset is, as far as it can be heard."""

    HEARD = "heard"
    """Its session stands: something came within three heartbeats."""
    QUIET = "quiet"
    """Its session has ended, and it may still be silent for longer: nothing is wrong yet."""
    LOST = "lost"
    """It is out and was silent for longer than its kind may be."""
    OFFLINE = "offline"
    """It has not come yet."""


class Integrity(StrEnum):
    """What is known of the store's integrity."""

    UNCHECKED = "unchecked"
    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Samples:
    """Telemetry since the start: what came, what a newer sample of the same asset replaced, what was checked."""

    received: int = 0
    shed: int = 0
    checked: int = 0


@dataclass(frozen=True, slots=True)
class PlannerVitals:
    """The planner: jobs under way, jobs that ended and that failed, workers that died, whether one can be had."""

    running: int = 0
    failures: int = 0
    worker_deaths: int = 0
    available: bool = True
    took_s: Spread = field(default_factory=lambda: Histogram(PLAN_SECONDS).spread())


@dataclass(frozen=True, slots=True)
class Commits:
    """The writer: how long batches took until the loop knew them on disk, how large they were, and since when (in the
    loop's time) the one under way is. ``trouble`` says what is wrong with storing; none while nothing is.
    """

    took_s: Spread = field(default_factory=lambda: Histogram(SECONDS).spread())
    events: Spread = field(default_factory=lambda: Histogram(SIZES).spread())
    under_way_since_s: float | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Queues:
    """What waits: messages to be decided on, events to be handed to the writer, messages that peers have not
    acknowledged.
    """

    inbox: int = 0
    batch: int = 0
    outbox: int = 0


@dataclass(frozen=True, slots=True)
class Vitals:
    """How the hub was at the loop's time ``at_s``. Counts are since the process began; ``position`` is the log's.

    ``shut_out`` says why nobody new can be let in; none while keys can be looked up. ``behind_s`` is how far business
    time has fallen behind the wall clock. Nothing here grows with the number of assets or of connections.
    """

    at_s: float
    position: int = 0
    queues: Queues = Queues()
    turn_s: Spread = field(default_factory=lambda: Histogram(SECONDS).spread())
    interval_s: Spread = field(default_factory=lambda: Histogram(SECONDS).spread())
    commits: Commits = field(default_factory=Commits)
    samples: Samples = Samples()
    messages: Mapping[str, int] = field(default_factory=dict)
    busy: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    faults: int = 0
    peers: Mapping[str, int] = field(default_factory=dict)
    assets: Mapping[tuple[str, Liveness], int] = field(default_factory=dict)
    planner: PlannerVitals = field(default_factory=PlannerVitals)
    shut_out: str | None = None
    behind_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Heard:
    """Whether an asset is connected, and when it was last heard, by the loop's time; none where this process of the hub
    has not heard it at all.
    """

    connected: bool
    at_s: float | None


class Pulse:
    """Shows that the loop turns. The loop beats; a thread that watches it compares the number of turns.

    ``heard`` has each asset of the fleet; it is replaced as a whole.
    """

    __slots__ = ("heard", "integrity", "last_s", "phase", "thread_id", "turns", "vitals")

    def __init__(self) -> None:
        self.turns = 0
        self.last_s = time.monotonic()
        self.phase = Phase.STARTING
        self.integrity = Integrity.UNCHECKED
        self.thread_id: int | None = None
        self.vitals: Vitals | None = None
        self.heard: Mapping[str, Heard] = {}

    def beat(self, now_s: float) -> None:
        """The loop has begun another turn."""
        self.turns += 1
        self.last_s = now_s


class Phase(StrEnum):
    """How far the hub is in its life."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
