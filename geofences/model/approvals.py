"""Which zones an approval is for: ids are given by countries, each for its own zones."""

from collections.abc import Iterable, Mapping, Sequence

from geofences.model.zone import ON_APPROVAL, Held, Zone

Countries = Mapping[str, frozenset[str]]
"""The countries whose zones on approval have an id, by id."""


def countries_of(zones: Iterable[Zone], before: Countries | None = None) -> Countries:
    """The countries of zones, beside those that are known of others."""
    found = dict(before or {})
    for zone in zones:
        if zone.restriction in ON_APPROVAL:
            found[zone.zone_id] = found.get(zone.zone_id, frozenset()) | {zone.key.country}
    return found


def numbers_on_approval(zones: Sequence[Zone], countries: Countries) -> Mapping[Held, list[int]]:
    """The places in a list of the zones that an approval lifts, by what it is held for; an id alone that zones of
    several countries have lifts none.
    """
    numbers: dict[Held, list[int]] = {}
    for number, zone in enumerate(zones):
        if zone.restriction in ON_APPROVAL:
            numbers.setdefault(zone.key, []).append(number)
            if len(countries[zone.zone_id]) == 1:
                numbers.setdefault(zone.zone_id, []).append(number)
    return numbers
