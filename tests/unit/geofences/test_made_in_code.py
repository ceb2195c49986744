"""Zones that are made in code: what is no zone is refused where it is made, with the field and what to do."""

import json
import math
import pickle
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofences import (
    Applicability,
    Authorisation,
    CircleShape,
    DailyPeriod,
    Datum,
    FlatTerrain,
    GeofenceError,
    Limit,
    LocalTime,
    Permit,
    PolygonShape,
    Restriction,
    Status,
    TimeOfDay,
    TimePeriod,
    Volume,
    Zone,
    ZoneError,
    ZoneFileError,
    ZoneSet,
    authorised,
    check_path,
    read_zones,
)
from tests.unit.geofences.make import HOME, NOON, SEA, agl, amsl, circle, path, square, zone

ANY: Any = None
one_text: Any = "NOISE"
VOLUME = Volume(circle(0, 0, 100))
NAIVE = datetime(2026, 6, 1, 12)  # noqa: DTZ001 - naive is the point

# As whoever does not check types may call them.
limit_: Any = Limit
volume_: Any = Volume
zone_: Any = Zone
timeperiod_: Any = TimePeriod
dailyperiod_: Any = DailyPeriod
applicability_: Any = Applicability
permit_: Any = Permit
circleshape_: Any = CircleShape
polygonshape_: Any = PolygonShape
zoneset_: Any = ZoneSet

BAD: dict[str, tuple[Callable[[], object], str]] = {
    "a height that is no number": (lambda: limit_(math.nan, Datum.AGL), "Limit.value_m: must be a number"),
    "an endless depth": (lambda: limit_(-math.inf, Datum.AGL), "Limit.value_m: .*math.inf for no ceiling"),
    "a height in words": (lambda: limit_("120", Datum.AGL), "Limit.value_m: must be float or int"),
    "a datum in words": (lambda: limit_(120.0, "AGL"), "Limit.datum: must be Datum, got str 'AGL'"),
    "upper below lower": (
        lambda: volume_(square(0, 0, 9), agl(120), agl(50)),
        "Volume.upper: 50 m AGL is below the lower limit, 120 m AGL: are they swapped",
    ),
    "below everywhere on Earth": (lambda: volume_(square(0, 0, 9), amsl(9_500), agl(50)), "Volume.upper"),
    "an endless lower limit": (lambda: volume_(square(0, 0, 9), agl(math.inf)), "Volume.lower: .*no ceiling"),
    "a bare number for a limit": (
        lambda: volume_(square(0, 0, 9), None, 120.0),
        "Volume.upper: must be Limit",
    ),
    "no shape": (lambda: volume_(ANY), "Volume.shape: must be PolygonShape or CircleShape"),
    "no volume": (lambda: zone_("Z", Restriction.PROHIBITED, ()), "zone 'Z', Zone.volumes: is empty"),
    "a list of volumes": (
        lambda: zone_("Z", Restriction.PROHIBITED, [VOLUME]),
        "Zone.volumes: must be tuple",
    ),
    "a shape for a volume": (
        lambda: zone_("Z", Restriction.PROHIBITED, (circle(0, 0, 9),)),
        r"Zone.volumes\[0\]: must be Volume",
    ),
    "a restriction in words": (
        lambda: zone_("Z", "OPERATING_AREA", (VOLUME,)),
        "Zone.restriction: must be Restriction",
    ),
    "no id": (lambda: zone_("", Restriction.PROHIBITED, (VOLUME,)), "Zone.zone_id: is empty"),
    "a number for an id": (lambda: zone_(7, Restriction.PROHIBITED, (VOLUME,)), "Zone.zone_id"),
    "no text for a country": (lambda: replace(zone(circle(0, 0, 9)), country=ANY), "Zone.country"),
    "one reason": (lambda: replace(zone(circle(0, 0, 9)), reasons=one_text), "Zone.reasons: must be tuple"),
    "no times": (lambda: replace(zone(circle(0, 0, 9)), applicability=ANY), "Zone.applicability"),
    "terms that bind nobody": (lambda: replace(zone(circle(0, 0, 9)), permit=permit_()), "Zone.permit"),
    "a naive start": (lambda: timeperiod_(NAIVE), "TimePeriod.start: .*no offset from UTC: give it a tzinfo"),
    "a naive end": (lambda: timeperiod_(None, NAIVE), "TimePeriod.end"),
    "a date": (lambda: timeperiod_(date(2026, 6, 1)), "TimePeriod.start: must be datetime"),
    "out of the calendar": (
        lambda: timeperiod_(datetime.fromisoformat("0001-01-01T00:00+14:00")),
        "before the year 1",
    ),
    "an end before its start": (
        lambda: timeperiod_(NOON, NOON - timedelta(seconds=1)),
        "TimePeriod.end: .*are they swapped",
    ),
    "no day": (lambda: dailyperiod_(frozenset(), None, None), "DailyPeriod.days: must hold some of 0"),
    "an eighth day": (lambda: dailyperiod_(frozenset({7}), None, None), "DailyPeriod.days"),
    "a number for a time of day": (lambda: dailyperiod_(frozenset({1}), 6.0, None), "DailyPeriod.start"),
    "past midnight": (lambda: TimeOfDay(86_401.0), "TimeOfDay.seconds: must be 0 to 86400"),
    "no time of day": (lambda: TimeOfDay(math.nan), "TimeOfDay.seconds"),
    "a day of offset": (lambda: TimeOfDay(0.0, 86_400.0), "TimeOfDay.utc_offset_s"),
    "no such clocks": (lambda: LocalTime(0.0, "Europe/Lisboa"), "LocalTime.zone: .*no IANA time zone"),
    "a period for periods": (lambda: applicability_(timeperiod_()), "Applicability.periods: must be tuple"),
    "a negative speed": (
        lambda: permit_(max_speed_mps=-1.0),
        "Permit.max_speed_mps: must be a number of 0 or more",
    ),
    "an endless weight": (
        lambda: permit_(max_weight_kg=math.inf),
        "Permit.max_weight_kg: .*None for no limit",
    ),
    "half a robot": (lambda: permit_(max_count=1.5), "Permit.max_count: must be int"),
    "an approval of nothing": (lambda: Authorisation(""), "Authorisation.zone_id"),
    "a negative radius": (
        lambda: zoneset_([zone(circleshape_(*HOME, -5.0))]),
        r"zone 'Z', volumes\[0\].shape: radius -5",
    ),
    "no radius": (lambda: zoneset_([zone(circleshape_(*HOME, math.nan))]), r"volumes\[0\].shape: radius nan"),
    "a radius in words": (lambda: zoneset_([zone(circleshape_(*HOME, "9"))]), r"volumes\[0\].shape"),
    "off the globe": (lambda: zoneset_([zone(circleshape_(41.0, 141.0, 9.0))]), "are they swapped"),
    "no corner": (lambda: zoneset_([zone(polygonshape_(()))]), "0 different vertices"),
    "two corners": (
        lambda: zoneset_([zone(polygonshape_(((0, 0), (1, 1), (0, 0))))]),
        "2 different vertices",
    ),
    "lists of corners": (
        lambda: zoneset_([zone(polygonshape_([[0, 0], [1, 0], [0, 1], [0, 0]]))]),
        r"volumes\[0\].shape",
    ),
    "crossing itself": (
        lambda: zoneset_().with_zone(
            zone(square(0, 0, 9), polygonshape_(((0, 0), (1, 1), (1, 0), (0, 1), (0, 0))))
        ),
        r"volumes\[1\].shape: not a simple polygon",
    ),
    "an area that crosses itself": (
        lambda: zoneset_(
            [
                zone(
                    polygonshape_(((0, 0), (1, 1), (1, 0), (0, 1), (0, 0))),
                    restriction=Restriction.OPERATING_AREA,
                )
            ]
        ),
        "not a simple polygon",
    ),
    "no zone": (lambda: zoneset_([VOLUME]), "zones: must be Zone, got Volume"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_zone_is_refused_where_it_is_made(name: str) -> None:
    """Not in the middle of a check, and never read as something that is clear."""
    make, words = BAD[name]
    with pytest.raises(ZoneError, match=words) as refused:
        make()
    assert isinstance(refused.value, GeofenceError)
    assert refused.value.field in str(refused.value)
    again = pickle.loads(pickle.dumps(refused.value))  # noqa: S301 - our own
    assert str(again) == str(refused.value)


def test_a_cap_above_all_that_a_zone_has_leaves_no_part_of_it() -> None:
    """A volume up to 50 m above the sea has nothing from 600 m above ground on, wherever the ground is."""
    low = zone(square(0, 0, 9), restriction=Restriction.REQ_AUTHORISATION, upper=amsl(50))
    ours = authorised(ZoneSet([low]), [Authorisation("Z", below=agl(600))])
    assert [one.volumes[0].upper for one in ours.zones] == [amsl(50)]


CEILINGS = (-400.0, -0.5, 0.0, 0.5, 50.0, 120.0, 130.0, math.inf)


@pytest.mark.parametrize("upper", [Limit(height, datum) for height in CEILINGS for datum in Datum], ids=str)
@pytest.mark.parametrize(
    "lower", [None, *map(agl, (-5.0, 0.0, 120.0)), *map(amsl, (-500.0, 0.0, 120.0))], ids=str
)
def test_a_ceiling_is_refused_in_code_where_a_file_that_states_it_is(
    lower: Limit | None, upper: Limit
) -> None:
    """A zone below the ground would never be met, and never be missed."""
    stated: dict[str, object] = {"id": "Z", "upper_m": upper.value_m, "upper_datum": upper.datum}
    if upper.value_m == math.inf:
        stated["upper_m"] = 99_999
    if lower is not None:
        stated |= {"lower_m": lower.value_m, "lower_datum": lower.datum}
    corners = [list(one) for one in square(0, 0, 100).outer]
    geometry = {"type": "Polygon", "coordinates": [corners]}
    raw = json.dumps({"type": "Feature", "geometry": geometry, "properties": stated}).encode()
    with ExitStack() as refused:
        if not _is_read(raw):
            refused.enter_context(pytest.raises(ZoneError, match=r"almost nowhere|are they swapped"))
        made = ZoneSet([zone(square(0, 0, 100), lower=lower, upper=upper)])
        assert made.version == ZoneSet(read_zones(raw, "z").zones).version


def _is_read(raw: bytes) -> bool:
    try:
        read_zones(raw, "z")
    except ZoneFileError:
        return False
    return True


def test_what_an_approval_leaves_may_be_almost_nowhere() -> None:
    """Up to 300 m above the sea, held up to 310 m above ground: what is left lies where the ground is below the sea."""
    ctr = zone(square(0, 0, 100), restriction=Restriction.REQ_AUTHORISATION, lower=agl(0), upper=amsl(300))
    ours = authorised(ZoneSet([ctr]), [Authorisation("Z", below=agl(310.0))])
    through = path((-300, 0, 250.0), (300, 0, 250.0))
    for ground_m, status in ((0.0, Status.CLEAR), (-100.0, Status.BLOCKED)):
        assert check_path(ours, through, FlatTerrain(ground_m, 0.0)).status is status


@pytest.mark.parametrize("radius_m", [3e-120, 1e-9])
def test_a_circle_too_small_to_be_drawn_holds_nothing(radius_m: float) -> None:
    """Of an area that must be stayed inside of: a no, and no fault of ours."""
    area = Zone("Z", Restriction.OPERATING_AREA, (Volume(CircleShape(*HOME, radius_m), agl(0), agl(100)),))
    assert check_path(ZoneSet([area]), path((0, 0, 50), (10, 0, 50)), SEA).status is Status.BLOCKED


# ---- anything at all -----------------------------------------------------------------------------

numbers = st.one_of(
    st.floats(), st.integers(-10_000, 10_000), st.sampled_from([math.nan, math.inf, -math.inf, 10**400, "5", None])
)  # fmt: skip
moments = st.sampled_from([None, NAIVE, NOON, NOON + timedelta(hours=1), "2026-06-01"])
heights = st.tuples(numbers, st.sampled_from([*Datum, "AGL", None]))


def is_height(value: object, datum: object) -> bool:
    """Whether that is a limit, by the words of the documentation."""
    if not isinstance(value, float | int) or not isinstance(datum, Datum):
        return False
    return value == math.inf or -1e308 < value < 1e308


def leaves_air(low: float, low_datum: Datum, high: float, high_datum: Datum) -> bool:
    """Whether there may be anything between two heights where the ground lies at the sea: above both."""
    highest = {Datum.WGS84: high + 110.0, Datum.FL: (high + 340.0) * 1.15}.get(high_datum, high)
    return high > 0 and (high_datum is low_datum or low_datum is not Datum.AGL or low <= highest)


@given(heights, heights, numbers, moments, moments, st.sampled_from([*Restriction, "PROHIBITED", None]))
def test_anything_is_refused_with_an_error_of_ours_or_can_be_checked(
    lower: tuple[Any, Any], upper: tuple[Any, Any], radius: Any, start: Any, end: Any, demanded: Any
) -> None:
    """The oracle: which parts are sound by themselves, said once more in plain words."""
    sound = (
        is_height(*lower)
        and lower[0] != math.inf
        and is_height(*upper)
        and (lower[1] is not upper[1] or lower[0] <= upper[0])
        and leaves_air(*lower, *upper)
        and isinstance(radius, float | int)
        and 0 < radius <= 500_000
        and all(at is None or (isinstance(at, datetime) and at.tzinfo is not None) for at in (start, end))
        and (start is None or end is None or start <= end)
        and isinstance(demanded, Restriction)
    )
    try:
        shape = CircleShape(*HOME, radius)
        volume = Volume(shape, Limit(*lower), Limit(*upper))
        made = ZoneSet(
            [Zone("Z", demanded, (volume,), applicability=Applicability((TimePeriod(start, end),)))]
        )
    except GeofenceError as error:
        problem = str(error)
    else:
        assert sound
        assert made.version
        assert check_path(made, path((0, 0, 50), (10, 0, 50)), SEA).status in Status
        return
    # Limits in two datums may contradict each other everywhere on Earth.
    assert not sound or (lower[1] is not upper[1] and "Volume.upper" in problem)
