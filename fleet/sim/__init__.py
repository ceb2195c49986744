"""The simulated world: assets without I/O, the truth that they live in, and the judge who looks at the truth only.

Nothing here knows the hub's models of energy, zones or travel times: the truth has equations and hidden parameters of
its own, so that a mistake of the hub's shows.
"""

from fleet.protocol.names import PEOPLE, STATION, TIMEKEEPER
from fleet.sim.errors import SimError
from fleet.sim.spec import TrueWeather, WorldSpec
from fleet.sim.world import World

__all__ = ["PEOPLE", "STATION", "TIMEKEEPER", "SimError", "TrueWeather", "World", "WorldSpec"]
