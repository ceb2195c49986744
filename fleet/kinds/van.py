"""A van with its driver or crew: drives a route of many stops, delivers and collects."""

from fleet.kinds.base import Kind

KIND = Kind(
    name="van",
    label="van",
    archetype="route",
    profile="drive",
    needs_airspace=False,
    questions=("payload", "goods", "service"),
)
