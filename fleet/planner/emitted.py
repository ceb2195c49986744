"""What a plan emits: its routes by their way, its sorties by their energy."""

from __future__ import annotations

from fleet.domain.plan import Plan
from fleet.kinds import emissions_of
from fleet.planner.snapshot import Snapshot


def co2_kg(made: Plan, snapshot: Snapshot) -> float | None:
    """Kilograms of CO2; none where the fleet file does not say what its vehicles emit."""
    types = snapshot.context.fleet.types
    of = {slot.asset_id: emissions_of(types[slot.type_id]) for slot in snapshot.assets}
    if not any(found is not None for found in of.values()):
        return None
    trips = [(route.asset_id, float(route.distance_m), 0.0) for route in made.routes]
    trips += [(sortie.asset_id, 0.0, sortie.energy_wh) for sortie in made.sorties]
    return sum(found.kg(metres, wh) for asset_id, metres, wh in trips if (found := of[asset_id]) is not None)
