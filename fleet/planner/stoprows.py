"""Stops of vans as columns of numbers, in which there may be a million."""

from __future__ import annotations

from dataclasses import dataclass

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
