"""A person's request that comes twice: the same one is answered again, another under the same id is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fleet.protocol.messages import AddZone, Reply, ResumeAll, Role, StopAll
from tests.support.bench import Bench, Peer

FEATURE: dict[str, Any] = {
    "type": "Feature",
    "properties": {"name": "Fire"},
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[-8.1, 41.1], [-8.09, 41.1], [-8.09, 41.11], [-8.1, 41.1]]],
    },
}


def stop(by: str = "ana") -> StopAll:
    return StopAll(request_id="1", by=by)


def replies(peer: Peer) -> list[Reply]:
    return [m for m in peer.inbox if isinstance(m, Reply)]


def test_the_same_request_is_done_once_whoever_brings_it(tmp_path: Path) -> None:
    """Also after a restart of the hub, from a tool that was started anew, and when it was lifted meanwhile."""
    bench = Bench(tmp_path)
    first = bench.connect("tool-1", Role.OPERATOR)
    bench.say(first, stop(), ResumeAll(request_id="2", by="ana"))
    bench.restart()
    second = bench.connect("tool-2", Role.OPERATOR)
    bench.say(second, stop())
    assert replies(second) == replies(first)[:1]
    assert replies(second)[0].ok
    assert bench.core.state.stopped_by is None


def test_another_request_under_the_same_id_is_not_passed_off_as_done(tmp_path: Path) -> None:
    """A tool that counts from 1 at each start would be told that everything has been stopped."""
    bench = Bench(tmp_path)
    tool = bench.connect("tool-1", Role.OPERATOR)
    bench.say(tool, AddZone(request_id="1", by="ana", zone_id="z", feature=FEATURE), stop(), stop("eva"))
    assert [reply.ok for reply in replies(tool)] == [True, False, False]
    assert "fresh id" in replies(tool)[1].detail
    assert bench.core.state.stopped_by is None
