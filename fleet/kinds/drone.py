"""A drone: flies out with one parcel, sets it down, flies back empty."""

from fleet.kinds.base import Kind

KIND = Kind(
    name="drone",
    label="drone",
    archetype="sortie",
    profile="air",
    needs_airspace=True,
    questions=(
        "payload",
        "goods",
        "service",
        "drop_point",
        "reach",
        "window",
        "airspace",
        "weather",
        "energy",
    ),
)
