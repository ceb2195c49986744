"""What this package raises, under one root, and the checks that raise it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from fleet.energy.arrays import Floats


class EnergyError(ValueError):
    """Root of everything that ``fleet.energy`` raises."""


class InvalidInput(EnergyError):
    """A number that no estimate can be made from; says which, what it was and what was expected."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        super().__init__(f"{field}: {value!r} is not {expected}")
        self.field = field
        self.value = value
        self.expected = expected


class VehicleFileError(EnergyError):
    """A vehicle's data file that can't be used; says file and field. ``key`` is where in it, the names and numbers from
    the outermost on, ``found`` what stands there; none where that is a whole table, or not there."""

    def __init__(self, source: str, key: tuple[str | int, ...], problem: str, found: object = None) -> None:
        self.source, self.key, self.problem, self.found = source, key, problem, found
        self.field = ".".join(str(part) for part in key)
        shown = f" (found {found!r})" if isinstance(found, str | int | float) else ""
        super().__init__(": ".join(filter(None, (source, self.field, problem))) + shown)


def require_finite(**fields: Floats) -> None:
    """Raise `InvalidInput` for the first that holds NaN or infinity, or is no number."""
    for field, value in fields.items():
        if not (type(value) is float and math.isfinite(value)) and not _is_finite(value):
            raise InvalidInput(field, value, "a finite number")


def require_not_negative(**fields: Floats) -> None:
    """Raise `InvalidInput` for the first that is not finite or is below zero."""
    if _are_floats_within(0.0, math.inf, fields.values()):
        return
    require_finite(**fields)
    for field, value in fields.items():
        if _lowest(value) < 0:
            raise InvalidInput(field, value, "zero or more")


def require_positive(**fields: Floats) -> None:
    """Raise `InvalidInput` for the first that is not finite or not above zero."""
    require_finite(**fields)
    for field, value in fields.items():
        if _lowest(value) <= 0:
            raise InvalidInput(field, value, "above zero")


def require_within(low: float, high: float, **fields: Floats) -> None:
    """Raise `InvalidInput` for the first that is not finite or lies outside the closed interval."""
    if _are_floats_within(low, high, fields.values()):
        return
    require_finite(**fields)
    for field, value in fields.items():
        if _lowest(value) < low or _highest(value) > high:
            raise InvalidInput(field, value, f"between {low:g} and {high:g}")


def require_increasing(field: str, values: Iterable[float]) -> None:
    """Raise `InvalidInput` unless each value is above the one before."""
    items = list(values)
    if any(not later > earlier for earlier, later in pairwise(items)):
        raise InvalidInput(field, items, "strictly increasing")


def _are_floats_within(low: float, high: float, values: Iterable[object]) -> bool:
    """Whether all are plain finite numbers in the interval, as nearly all are that are asked about with every sample
    and every leg; of all others the checks say what is wrong."""
    return all(type(value) is float and low <= value <= high and math.isfinite(value) for value in values)


def _is_finite(value: object) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fiu" and bool(np.isfinite(value).all())
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


# Most values are single numbers, asked about with every sample of every asset: NumPy would take ten times as long.


def _lowest(value: Floats) -> float:
    if isinstance(value, np.ndarray):
        return float(np.min(value)) if value.size else math.inf
    return value


def _highest(value: Floats) -> float:
    if isinstance(value, np.ndarray):
        return float(np.max(value)) if value.size else -math.inf
    return value
