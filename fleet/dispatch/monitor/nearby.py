"""Which of those that are out zones that changed come near to."""

from __future__ import annotations

from collections.abc import Mapping

from fleet.dispatch.monitor.guard import Guard
from geofences import ZoneSet, near_change, segments_hit


def near_changed(changed: ZoneSet, guards: Mapping[str, Guard]) -> set[str]:
    """The ids of those in the air to whose ways a zone that changed comes so near that it may matter."""
    flying = [(asset_id, guard) for asset_id, guard in guards.items() if guard.flies]
    if changed.operating_areas:
        return {asset_id for asset_id, _ in flying}
    boxed = near_change(ZoneSet(), changed, [guard.around for _, guard in flying])
    maybe = [flying[number] for number in boxed]
    legs = [
        (asset_id, leg, (guard.reach_m, guard.ground)) for asset_id, guard in maybe for leg in guard.legs()
    ]
    near = set[str]()
    for kept in {each[2] for each in legs}:
        alike = [(asset_id, leg) for asset_id, leg, its in legs if its == kept]
        starts, ends = [a for _, (a, _) in alike], [b for _, (_, b) in alike]
        hit = segments_hit(changed, starts, ends, kept[0], ground=kept[1])
        near |= {asset_id for (asset_id, _), is_hit in zip(alike, hit.tolist(), strict=True) if is_hit}
    return near
