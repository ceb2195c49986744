"""A drone: flies out with one parcel, sets it down, flies back empty."""

from fleet.kinds.base import ByItself, Kind, LostLink

KIND = Kind(
    name="drone",
    label="drone",
    archetype="sortie",
    profile="air",
    needs_airspace=True,
    hovers=True,
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
    # It speaks once a second: ten samples in a row. Nobody sees it fly on, so it comes home.
    lost_link=LostLink(
        silent_s=10,
        waiting_s=180,
        missing_s=900,
        by_itself=ByItself.RETURN_HOME,
        by_itself_after_s=30,
    ),
)
