"""Which routes a van was out on lately: those of one shift count together."""

from __future__ import annotations

from datetime import timedelta

from fleet.domain.state import Asset, State
from fleet.protocol.mission import Mission

A_DAY = timedelta(days=1)
"""No shift is longer."""


def routes_of(state: State, asset: Asset, last: Mission) -> tuple[str, ...]:
    """The routes that a van was out on, with the one that is over now and without those of the days before."""
    if last.is_sortie:
        return asset.routes
    since = last.start_at - A_DAY
    kept = (one for one in asset.routes if state.missions[one].mission.start_at > since)
    return *kept, last.mission_id
