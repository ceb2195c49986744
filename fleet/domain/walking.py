"""How a van's driver walks from where the van stands to doors nearby."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fleet.protocol.values import Value


class Walking(Value):
    """Doors up to ``farthest_m`` on foot from where the van stands are walked to from there, one after another and
    back, with no more than ``carry_kg`` in hand, at ``speed_mps``. Without this the van is driven to each door."""

    farthest_m: Annotated[float, Field(gt=0, le=500)]
    carry_kg: Annotated[float, Field(gt=0, le=100)] = 15.0
    speed_mps: Annotated[float, Field(ge=0.3, le=3)] = 5 / 3.6
    """As people walk everywhere else here: 5 km/h, OSRM's profile for them."""

    @property
    def assumption(self) -> str:
        """What a plan rests on whose drivers walk."""
        return (
            f"drivers walk at {self.speed_mps * 3.6:.1f} km/h from the van to doors up to {self.farthest_m:g} m away, "
            f"with up to {self.carry_kg:g} kg"
        )
