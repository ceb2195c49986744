"""Which losses of separation nobody had been told of beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from fleet.domain.state import ExceptionRecord, State

TELLS = frozenset({"air_conflict", "link_lost", "no_samples"})
"""Exceptions that tell that two aircraft may come too near: seen beforehand, or nobody can see or steer one of them."""


def untold(state: State, losses: Iterable[Mapping[str, Any]]) -> list[Any]:
    """The pairs of aircraft that came nearer to each other than flights keep (``too_near`` of the judge's verdict)
    although nothing had been told: no such exception about either mission, or about its aircraft where it names no
    mission, was raised before."""
    told = [e for e in state.exceptions.values() if e.code in TELLS]
    return [loss for loss in losses if not any(_tells(e, loss) for e in told)]


def _tells(found: ExceptionRecord, loss: Mapping[str, Any]) -> bool:
    if found.at > datetime.fromisoformat(loss["at"]):
        return False
    if found.mission_id is not None:
        return found.mission_id in loss["mission_ids"]
    return found.asset_id in loss["asset_ids"]
