"""The globe and planes in metres: distances, polygons, paths in pieces."""
