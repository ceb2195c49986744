"""Types of what may be one number or many: the same formula serves a flight and a planner's table."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
Floats: TypeAlias = float | FloatArray
BoolArray: TypeAlias = NDArray[np.bool_]
Bools: TypeAlias = bool | BoolArray
IntArray: TypeAlias = NDArray[np.intp]
