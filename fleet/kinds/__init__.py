"""Kinds of assets, one file each: what is asked before one goes, and how its cost is counted."""

from fleet.kinds.base import ByItself, Kind, LostLink, TripFigures, emissions_of
from fleet.kinds.registry import KindError, all_kinds, kind_of, lost_link_of

__all__ = [
    "ByItself",
    "Kind",
    "KindError",
    "LostLink",
    "TripFigures",
    "all_kinds",
    "emissions_of",
    "kind_of",
    "lost_link_of",
]
