"""A parcel locker: stays where it is; the recipient walks to it."""

from fleet.domain.fleet import AssetType, StationType
from fleet.kinds.base import ByItself, Kind, LostLink, TripFigures, trip_rates


def stay_cost(asset_type: AssetType, trip: TripFigures) -> float:
    """The rates for the stay, and what the recipient's walk (``trip.distance_m``) is worth to the operator."""
    if not isinstance(asset_type, StationType):
        raise TypeError(
            f"a locker's cost needs a station type, not the {asset_type.archetype} {asset_type.type_id!r}"
        )
    walk = asset_type.detour_per_km * trip.distance_m / 1000
    return trip_rates(asset_type.rates, trip) + walk


KIND = Kind(
    name="locker",
    label="parcel locker",
    archetype="station",
    profile="none",
    needs_airspace=False,
    questions=("consent", "weight", "goods", "service", "walk", "compartment"),
    # It goes nowhere. A deposit that it does not confirm is noticed by the parcel's own timer.
    lost_link=LostLink(
        silent_s=None,
        waiting_s=None,
        missing_s=None,
        by_itself=ByItself.WORK_OFFLINE,
        by_itself_after_s=0,
    ),
    cost=stay_cost,
)
