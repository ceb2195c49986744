"""Who was heard last when, by business time; who has been silent for too long, and who says no more where it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from fleet.dispatch.inputs import SamplesBack, SamplesMissing
from fleet.dispatch.monitor import Monitor

LOOK_EVERY = timedelta(seconds=0.25)
"""How often silence is looked for: far shorter than any time-out, far longer than a turn."""

SLICE, TURNS = 50, 20
"""Assets that are looked at in one turn: a thousand would hold up a sample for a millisecond. More only where it would
take more turns than so many: those of a loop that has nothing to do come slowly."""

DEAF_S = 2.0
"""A turn that comes so long after the one before, by the loop's time, says that the hub was stopped or held up."""


class Links:
    """The assets that are out are expected to speak; each kind has its own time-out (``Monitor.link_timeout_s``).

    ``blind`` are those of which it was told before that no samples come.
    """

    def __init__(self, monitor: Monitor, blind: Iterable[str] = ()) -> None:
        self._monitor = monitor
        self._heard_at: dict[str, datetime] = {}
        self._sampled_at: dict[str, datetime] = {}
        self._blind = set(blind)
        self._look_at: datetime | None = None
        self._round: list[str] = []
        self._slice = SLICE
        self._turned: tuple[datetime, float] | None = None

    def heard(self, peer_id: str, now: datetime) -> None:
        """The peer has said something."""
        self._heard_at[peer_id] = now

    def sampled(self, peer_id: str, now: datetime) -> None:
        """The peer has said where it is."""
        self._heard_at[peer_id] = self._sampled_at[peer_id] = now

    def watched(self, asset_id: str, now: datetime) -> None:
        """From now on there is something that the asset should answer, so that silence counts from here."""
        self._heard_at[asset_id] = now
        if asset_id not in self._blind:
            self._sampled_at[asset_id] = now

    def turned(self, now: datetime, wall_s: float) -> None:
        """Called in each turn where business time runs by itself. While the hub was deaf, nobody was silent: what was
        said meanwhile is still in the sockets, more than one turn reads.
        """
        before, self._turned = self._turned, (now, wall_s)
        if before is not None and wall_s - before[1] > DEAF_S:
            deaf = now - before[0]
            self._heard_at = {peer_id: at + deaf for peer_id, at in self._heard_at.items()}
            self._sampled_at = {peer_id: at + deaf for peer_id, at in self._sampled_at.items()}

    def round(self, now: datetime, *, whole: bool) -> Sequence[str]:
        """The assets to look at in this turn: some of those that are out, each once in ``LOOK_EVERY``, or in ``TURNS``
        where that is longer; all that are due where it is to be ``whole``.
        """
        if not self._round and self._is_due(now):
            self._look_at = now + LOOK_EVERY
            self._round = list(self._monitor.watched())
            self._slice = len(self._round) if whole else max(SLICE, len(self._round) // TURNS)
        most = self._slice
        some, self._round = self._round[:most], self._round[most:]
        return some

    def _is_due(self, now: datetime) -> bool:
        return self._look_at is None or not self._look_at - LOOK_EVERY <= now < self._look_at

    def silence(self, asset_id: str, now: datetime, beats_s: float) -> tuple[float, bool]:
        """For how many seconds an asset has been silent, and whether that is too long. ``beats_s``: how long ago
        anything at all came over its connections, heartbeats too.
        """
        told_s = (now - self._heard_at.setdefault(asset_id, now)).total_seconds()
        silent_s = min(told_s, beats_s)
        too_long = silent_s > self._monitor.link_timeout_s(asset_id)
        if too_long:
            self._sampled_at.pop(asset_id, None)  # once it is heard again, its samples have as long to come
        return silent_s, too_long

    def samples(self, asset_id: str, now: datetime) -> SamplesMissing | SamplesBack | None:
        """What there is to tell of an asset that is heard: that no samples come, or come again; each once."""
        if asset_id in self._blind and asset_id not in self._sampled_at:
            return None  # none has come since it was told, maybe by the hub before this one
        since_s = (now - self._sampled_at.setdefault(asset_id, now)).total_seconds()
        missing = since_s > self._monitor.sample_timeout_s(asset_id)
        if missing is (asset_id in self._blind):
            return None
        if missing:
            self._blind.add(asset_id)
            return SamplesMissing(asset_id, since_s)
        self._blind.remove(asset_id)
        return SamplesBack(asset_id)

    def over(self) -> Iterator[SamplesBack]:
        """Those of which no samples came until they were not out any more."""
        for asset_id in [each for each in self._blind if not self._monitor.watches(each)]:
            self._blind.remove(asset_id)
            yield SamplesBack(asset_id)
