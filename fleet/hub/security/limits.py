"""How much one peer may ask of the hub. What is over is dropped before it costs anything, and counted."""

from __future__ import annotations

import resource
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final

from pydantic import BaseModel, ConfigDict, PositiveInt

FILES: Final = 65_536
"""So many open files are asked for: two connections for each of 5,000 assets, and room."""

FILES_KEPT: Final = 256
"""Open files that are not connections: store, logs, the planner's process, commands that look in."""


class LimitSettings(BaseModel):
    """Limits of one hub. Generous: what a sound peer does is far below."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    control_per_s: PositiveInt = 1000
    """Frames of one connection on the control channel; what is over is not looked at, and its peer told to send it
    again."""

    telemetry_per_s: PositiveInt = 100
    """Frames of one connection on the telemetry channel; what is over is shed."""

    strangers_per_s: PositiveInt = 20
    """Frames of one connection that has no session, hellos included."""

    handshakes_per_key: PositiveInt = 200
    """Connections that one key may begin in ten seconds."""

    handshakes_per_address: PositiveInt = 20_000
    """Connections that one address may begin in ten seconds: a whole fleet may stand behind one."""

    connections: PositiveInt = 12_000
    """Connections at once that have shaken hands."""

    @property
    def accepted(self) -> int:
        """Connections at once, those that are still shaking hands included; beyond it some of these are hung up on."""
        return self.connections + self.connections // 4 + 1

    def within(self, files: int) -> LimitSettings:
        """The limits of a process that may have so many open files."""
        room = max(1, (files - FILES_KEPT) * 4 // 5 - 1)
        return self.model_copy(update={"connections": min(self.connections, room)})

    def at_rate(self, rate: float) -> LimitSettings:
        """The limits where business time runs so many times faster: simulated assets then say as much more a second."""
        more = max(1.0, rate)
        return self.model_copy(
            update={
                "control_per_s": round(self.control_per_s * more),
                "telemetry_per_s": round(self.telemetry_per_s * more),
            }
        )


DEFAULTS: Final = LimitSettings()


class Window:
    """So many for each in so many seconds. A window that is counted anew costs a tenth of a bucket that leaks, and
    lets at most twice as much through around its ends.
    """

    __slots__ = ("_begun", "_counts", "_most", "_per_s")

    def __init__(self, most: int, per_s: float = 1.0) -> None:
        self._most, self._per_s = most, per_s
        self._begun = float("-inf")
        self._counts: dict[Hashable, int] = {}

    def takes(self, who: Hashable, wall_s: float) -> bool:
        """Whether one more of this one is within the limit."""
        if wall_s - self._begun >= self._per_s:
            self._begun = wall_s
            self._counts = {}
        count = self._counts.get(who, 0) + 1
        self._counts[who] = count
        return count <= self._most

    def is_first_over(self, who: Hashable) -> bool:
        """Whether the last one of this one was the first over the limit in this window."""
        return self._counts.get(who, 0) == self._most + 1


@dataclass(slots=True)
class Limits:
    """The windows of one hub."""

    settings: LimitSettings = DEFAULTS
    control: Window = field(init=False)
    telemetry: Window = field(init=False)
    strangers: Window = field(init=False)
    keys: Window = field(init=False)
    addresses: Window = field(init=False)

    def __post_init__(self) -> None:
        said = self.settings
        self.control = Window(said.control_per_s)
        self.telemetry = Window(said.telemetry_per_s)
        self.strangers = Window(said.strangers_per_s)
        self.keys = Window(said.handshakes_per_key, 10)
        self.addresses = Window(said.handshakes_per_address, 10)


def raise_file_limit(files: int = FILES) -> int:
    """Let this process have as many open files as it is allowed, up to ``files``; how many it may have now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = files if hard == resource.RLIM_INFINITY else min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return soft
