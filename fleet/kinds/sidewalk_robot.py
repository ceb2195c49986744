"""A sidewalk robot: drives out along footways with one parcel, hands it over, drives back empty."""

from fleet.kinds.base import ByItself, Kind, LostLink

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
    # It speaks every two seconds. Standing it harms nobody; crossing a street unwatched it may.
    lost_link=LostLink(
        silent_s=30,
        waiting_s=180,
        missing_s=900,
        by_itself=ByItself.STAND_STILL,
        by_itself_after_s=10,
    ),
)
