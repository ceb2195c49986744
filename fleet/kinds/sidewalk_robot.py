"""A sidewalk robot: drives out along footways with one parcel, hands it over, drives back empty."""

from fleet.kinds.base import Kind

KIND = Kind(
    name="sidewalk_robot",
    label="sidewalk robot",
    archetype="sortie",
    profile="walk",
    needs_airspace=False,
    questions=(
        "payload",
        "goods",
        "service",
        "kerb",
        "reach",
        "sidewalk",
        "window",
        "weather",
        "energy",
    ),
)
