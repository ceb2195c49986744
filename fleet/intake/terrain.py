"""The terrain that an operator states: ``flat:HEIGHT±ERROR``, metres above mean sea level."""

from __future__ import annotations

import re

from geofences.altitude import FlatTerrain, Terrain, UnknownTerrain

UNKNOWN = "unknown"
"""How a fleet file says that nothing is assumed about the ground."""

_FLAT = re.compile(r"flat:\s*([+-]?\d+(?:\.\d+)?)\s*(?:±|\+-|\+/-)\s*(\d+(?:\.\d+)?)")


def parse_terrain(text: str) -> FlatTerrain:
    """From ``flat:120±15`` or ``flat:120+-15``; raises ``ValueError`` with what to write."""
    match = _FLAT.fullmatch(text.strip())
    if not match:
        raise ValueError("must be like flat:120±15 (metres above mean sea level; +- serves for ±)")
    return FlatTerrain(float(match[1]), float(match[2]))


def terrain_of(assumption: str | None) -> Terrain:
    """What is known of the ground under an assumption; without one, nothing. Raises as ``parse_terrain``."""
    return UnknownTerrain() if assumption is None else parse_terrain(assumption)
