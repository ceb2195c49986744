"""Zone files with something replaced by anything: refused or read, never a crash, never silently fewer zones."""

import contextlib
import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from geofences import Restriction, ZoneFileError, ZoneSet, distance_to_nearest, read_zones
from geofences.readers import FORMATS
from tests.unit.geofences.test_readers import POLYGON, ed269, ed318, feature

LAYER = {"upper": 150, "upperReference": "AGL", "lower": 50, "lowerReference": "AGL", "uom": "m"}
TIMES = {
    "startDateTime": "2026-01-01T00:00Z",
    "endDateTime": "2026-12-31T00:00Z",
    "schedule": [{"day": ["MON"], "startTime": "06:00Z", "endEvent": "SS"}],
}
CIRCLE = {
    "type": "Point",
    "coordinates": [6.9, 46.4],
    "extent": {"subType": "Circle", "radius": 300},
    "layer": LAYER,
}
DOCUMENTS: list[dict[str, Any]] = [
    {"features": [ed269(applicability=[{"permanent": "NO", **TIMES}])]},
    {
        "type": "FeatureCollection",
        "features": [ed318({**POLYGON, "layer": LAYER}, limitedApplicability=[TIMES])],
    },
    {"type": "FeatureCollection", "features": [ed318(CIRCLE)]},
    {"type": "FeatureCollection", "features": [feature(CEILING=200, OBJECTID=1)]},
    {"type": "FeatureCollection", "features": [feature(id="a", upper_m=50, upper_datum="AGL")]},
]

anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-200, 100_000),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(
            ["", "Circle", "Polygon", "ANY", "SR", "AGL", "PROHIBITED", "06:00", "24:00Z", "9" * 30]
        ),
        st.text(max_size=8),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


def places(node: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value in a document."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [(*at, key) for key, _ in children] + [
        p for key, child in children for p in places(child, (*at, key))
    ]


@given(data=st.data(), value=anything)
def test_anything_anywhere_is_refused_or_read(data: st.DataObject, value: Any) -> None:
    """Tolerant reading accounts for every zone; what it takes can be indexed and checked against."""
    document = copy.deepcopy(data.draw(st.sampled_from(DOCUMENTS)))
    *way, last = data.draw(st.sampled_from(places(document)))
    holder: Any = document
    for key in way:
        holder = holder[key]
    holder[last] = value
    raw = json.dumps(document).encode()
    try:
        found = read_zones(raw, "fuzzed.json", strict=False)
    except ZoneFileError:
        return
    listed = document["features"] if isinstance(document.get("features"), list) else []
    assert len(found.zones) + len(found.refused) >= len(listed)
    assert found.format in {one.NAME for one in FORMATS}
    zones = ZoneSet(found.zones)
    assert zones.version
    distance_to_nearest(zones, 6.15, 49.65)
    assert all(zone.restriction in Restriction and zone.volumes for zone in zones.zones)
    with contextlib.suppress(ZoneFileError):
        assert read_zones(raw, "fuzzed.json").zones == found.zones
