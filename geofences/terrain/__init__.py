"""Ground heights and the geoid from grid files; bounds over boxes that are safe, and quick to ask.

`raster`, `mosaic` and `extremes` know arrays only; `files` reads and maps the files; `provider` is what checks ask.
"""

from geofences.terrain.provider import Geoid, GridGeoid, GridTerrain, WithGeoid, read_geoid, read_terrain

__all__ = ["Geoid", "GridGeoid", "GridTerrain", "WithGeoid", "read_geoid", "read_terrain"]
