"""Kinds of assets, one file each: what is asked before one goes, and how its cost is counted."""

from fleet.kinds.base import Kind, TripFigures
from fleet.kinds.registry import KindError, all_kinds, kind_of

__all__ = ["Kind", "KindError", "TripFigures", "all_kinds", "kind_of"]
