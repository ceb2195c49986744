"""Stops of vans as columns of numbers, in which there may be a million."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class StopRows:
    """One row for each stop, with the columns of `routing.Stop`."""

    place: Indexes
    opens: Floats
    closes: Floats
    service: Floats
    weight: Floats
    volume: Floats
    release: Floats
    penalty: Floats
    needs: Indexes

    def __len__(self) -> int:
        """How many stops there are."""
        return len(self.place)

    def first(self, count: int) -> StopRows:
        """So many of them, from the beginning on."""
        return StopRows(**{field.name: getattr(self, field.name)[:count] for field in fields(self)})
