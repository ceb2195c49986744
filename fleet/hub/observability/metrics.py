"""The hub's numbers for Prometheus, from the record that the loop leaves: what is exported is one table.

No label holds an id of an asset, a parcel or a person: the number of series does not depend on the size of a fleet.
``docs/operations.md`` explains each metric; a test compares the two.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from fleet.hub.observability.health import Check, readiness
from fleet.hub.observability.release import release
from fleet.hub.observability.vitals import Pulse, Spread, Vitals
from fleet.hub.security.refusals import ADVICE
from fleet.protocol.roles import ALLOWED
from fleet.protocol.versions import WIRE_VERSIONS

NAMESPACE = "fleet_hub"

Labelled = Mapping[tuple[str, ...], float]


def registry(pulse: Pulse, clock: Callable[[], float]) -> CollectorRegistry:
    """What is exported: the hub's own numbers, and those of its process (memory, CPU, open files)."""
    found = CollectorRegistry(auto_describe=False)
    found.register(HubCollector(pulse, clock))
    ProcessCollector(registry=found)
    return found


def exposition(pulse: Pulse, clock: Callable[[], float]) -> Callable[[str], tuple[str, Callable[[], bytes]]]:
    """What a scraper gets: from its ``Accept`` to the content type, and what makes the text."""
    exported = registry(pulse, clock)

    def chosen(accept: str) -> tuple[str, Callable[[], bytes]]:
        encode, kind = choose_encoder(accept)
        return kind, lambda: encode(exported)

    return chosen


class HubCollector(Collector):
    """Reads the loop's latest record at each scrape; ``clock`` is the loop's time."""

    def __init__(self, pulse: Pulse, clock: Callable[[], float]) -> None:
        self._pulse, self._clock = pulse, clock

    def collect(self) -> Iterator[Metric]:
        """Every metric; before the loop has turned only those that need no loop."""
        now_s = self._clock()
        yield _build()
        yield from _of_the_loop(self._pulse, now_s)
        vitals = self._pulse.vitals
        if vitals is not None:
            yield from (
                _counter(name, words, labels, read(vitals, now_s)) for name, words, labels, read in COUNTERS
            )
            yield from (
                _gauge(name, words, labels, read(vitals, now_s)) for name, words, labels, read in GAUGES
            )
            yield from (_histogram(name, words, read(vitals)) for name, words, read in HISTOGRAMS)


def _build() -> Metric:
    family = GaugeMetricFamily(
        f"{NAMESPACE}_build_info",
        "Always 1; which release runs, and the versions of the wire that it speaks.",
        labels=("release", "wire", "python"),
    )
    wire = ",".join(str(each) for each in WIRE_VERSIONS)
    family.add_metric((release(), wire, platform.python_version()), 1)
    return family


def _of_the_loop(pulse: Pulse, now_s: float) -> Iterator[Metric]:
    checks = readiness(pulse, now_s)
    yield _gauge(
        "ready", "1 while /readyz says yes, else 0.", (), {(): float(all(check.ok for check in checks))}
    )
    yield _gauge("check", "1 while this check of /readyz holds, else 0.", ("check",), _by_check(checks))
    yield _counter("turns", "Turns of the loop.", (), {(): pulse.turns})
    yield _gauge(
        "last_turn_age_seconds", "How long ago the loop began its last turn.", (), {(): now_s - pulse.last_s}
    )


def _by_check(checks: Iterable[Check]) -> Labelled:
    return {(check.name,): float(check.ok) for check in checks}


def _counter(name: str, words: str, labels: tuple[str, ...], values: Labelled) -> Metric:
    family = CounterMetricFamily(f"{NAMESPACE}_{name}", words, labels=labels)
    return _filled(family, values)


def _gauge(name: str, words: str, labels: tuple[str, ...], values: Labelled) -> Metric:
    family = GaugeMetricFamily(f"{NAMESPACE}_{name}", words, labels=labels)
    return _filled(family, values)


def _filled(family: CounterMetricFamily | GaugeMetricFamily, values: Labelled) -> Metric:
    for labels, value in sorted(values.items()):
        family.add_metric(labels, value)
    return family


def _histogram(name: str, words: str, spread: Spread) -> Metric:
    buckets, so_far = [], 0
    for bound, count in zip((*map(str, map(float, spread.bounds)), "+Inf"), spread.counts, strict=True):
        so_far += count
        buckets.append((bound, so_far))
    return HistogramMetricFamily(f"{NAMESPACE}_{name}", words, buckets=buckets, sum_value=spread.total)


def _one(read: Callable[[Vitals], float]) -> Callable[[Vitals, float], Labelled]:
    return lambda vitals, _now_s: {(): read(vitals)}


def _each(
    read: Callable[[Vitals], Mapping[str, int]], known: Iterable[str] = ()
) -> Callable[[Vitals, float], Labelled]:
    """By name, those that are ``known`` also while they are 0: a series that is first there with its first count has
    no increase, and Prometheus, and any alert, would miss it.
    """
    zero: dict[tuple[str, ...], float] = {(name,): 0.0 for name in known}
    return lambda vitals, _now_s: zero | {(name,): float(count) for name, count in read(vitals).items()}


def _queues(vitals: Vitals, _now_s: float) -> Labelled:
    waiting = vitals.queues
    return {("inbox",): waiting.inbox, ("batch",): waiting.batch, ("outbox",): waiting.outbox}


def _assets(vitals: Vitals, _now_s: float) -> Labelled:
    return {(kind, liveness.value): count for (kind, liveness), count in vitals.assets.items()}


def _commit_age(vitals: Vitals, now_s: float) -> Labelled:
    since_s = vitals.commits.under_way_since_s
    return {(): 0.0 if since_s is None else max(0.0, now_s - since_s)}


_TAKEN = frozenset().union(*ALLOWED.values()) - {
    "hello",
    "attach",
    "telemetry",
    "heartbeat",
    "busy",
    "granted",
}
"""What a session lets through to be decided on."""

Entry = tuple[str, str, tuple[str, ...], Callable[[Vitals, float], Labelled]]

COUNTERS: tuple[Entry, ...] = (
    ("events", "Events in the log, since the day began.", (), _one(lambda v: v.position)),
    (
        "messages_received",
        "Messages on the control channel that a session took, by kind.",
        ("kind",),
        _each(lambda v: v.messages, _TAKEN),
    ),
    (
        "messages_refused",
        "Messages and connections that were refused, by code.",
        ("code",),
        _each(lambda v: v.refused, map(str, ADVICE)),
    ),
    ("busy_answers", "Messages that were handed back with BUSY.", (), _one(lambda v: v.busy)),
    ("samples_received", "Telemetry samples that came in.", (), _one(lambda v: v.samples.received)),
    (
        "samples_shed",
        "Samples that a newer one of the same asset replaced before they were looked at.",
        (),
        _one(lambda v: v.samples.shed),
    ),
    ("samples_checked", "Samples that went through the checks.", (), _one(lambda v: v.samples.checked)),
    (
        "faults",
        "Messages, samples and effects set aside because the hub failed.",
        (),
        _one(lambda v: v.faults),
    ),
    ("plan_failures", "Plans that could not be made.", (), _one(lambda v: v.planner.failures)),
    (
        "planner_deaths",
        "Planner processes that died and were replaced.",
        (),
        _one(lambda v: v.planner.worker_deaths),
    ),
)
"""Name without ``fleet_hub_`` and ``_total``, help, labels, and how it is read."""

GAUGES: tuple[Entry, ...] = (
    (
        "queue_depth",
        "What waits: messages to decide on, events to hand to the writer, messages not acknowledged by peers.",
        ("queue",),
        _queues,
    ),
    ("connected_peers", "Peers whose session stands, by role.", ("role",), _each(lambda v: v.peers)),
    ("assets", "Assets by kind and by whether they are heard.", ("kind", "liveness"), _assets),
    ("planner_jobs", "Plans that are being made.", (), _one(lambda v: v.planner.running)),
    ("commit_age_seconds", "How long the commit under way has taken; 0 when there is none.", (), _commit_age),
    (
        "clock_behind_seconds",
        "How far business time has fallen behind the wall clock, or (negative) is ahead; 0 where time is simulated.",
        (),
        _one(lambda v: v.behind_s),
    ),
    (
        "storage_trouble",
        "1 while the store is in trouble (full, read-only, failing), else 0.",
        (),
        _one(lambda v: float(v.commits.trouble is not None)),
    ),
)

HISTOGRAMS: tuple[tuple[str, str, Callable[[Vitals], Spread]], ...] = (
    (
        "turn_seconds",
        "Work of one turn of the loop, without the wait before it.",
        lambda v: v.turn_s,
    ),
    (
        "turn_interval_seconds",
        "From the beginning of one turn to that of the next, with the wait between.",
        lambda v: v.interval_s,
    ),
    (
        "commit_seconds",
        "From handing a batch to the writer until the loop knows that it is on disk.",
        lambda v: v.commits.took_s,
    ),
    ("batch_events", "Events in one batch.", lambda v: v.commits.events),
    ("plan_seconds", "From starting a plan until it is back.", lambda v: v.planner.took_s),
)
