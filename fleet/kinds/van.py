"""A van with its driver or crew: drives a route of many stops, delivers and collects."""

from fleet.kinds.base import ByItself, Kind, LostLink

KIND = Kind(
    name="van",
    label="van",
    archetype="route",
    profile="drive",
    needs_airspace=False,
    questions=("payload", "goods", "service", "door"),
    # A phone among houses is silent for minutes, and its driver knows the route.
    lost_link=LostLink(
        silent_s=180,
        waiting_s=180,
        missing_s=900,
        by_itself=ByItself.GO_ON,
        by_itself_after_s=0,
    ),
)
