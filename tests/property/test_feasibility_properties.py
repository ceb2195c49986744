"""What must hold whatever the parcel, the wind, the zones and the time."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from fleet.domain.fleet import Assumptions, SortieType
from fleet.feasibility import (
    Verdict,
    assess_locker,
    assess_sortie,
    combine,
    feasible,
    infeasible,
    order_columns,
    prefilter_lockers,
    prefilter_sorties,
    unknown,
)
from fleet.protocol.options import Status
from fleet.protocol.values import Direction, Goods, Order, Reason, ServiceLevel, TimeWindow
from fleet.weather.series import WeatherSeries
from geofences import UnknownTerrain
from tests.unit.feasibility.world import (
    CARRIAGE,
    DRONE,
    LOCKER,
    LOCKER_TYPE,
    NOON,
    ROBOT,
    SITE,
    away,
    box,
    context,
    order,
    trip_of,
    weather,
    zone,
)

metres = st.floats(-9000, 9000)
edges = st.floats(0.01, 0.5)
COLLECTING = CARRIAGE.model_copy(
    update={"collects": True, "age_check": True, "services": frozenset(ServiceLevel)}
)
kinds = st.sampled_from(
    [DRONE, ROBOT, *(kind.model_copy(update={"carriage": COLLECTING}) for kind in (DRONE, ROBOT))]
)


@st.composite
def orders(draw: st.DrawFn) -> Order:
    begin = NOON + timedelta(minutes=draw(st.integers(-240, 240)))
    end = begin + timedelta(minutes=draw(st.integers(0, 300)))
    near = draw(st.booleans())
    scale = 0.2 if near else 1.0
    return order(
        place=away(draw(metres) * scale, draw(metres) * scale),
        drop_point=draw(st.none() | st.builds(away, metres, metres)),
        weight_kg=draw(st.floats(0.05, 4)),
        size=box(draw(edges), draw(edges), draw(edges)),
        goods=draw(st.sampled_from(Goods)),
        service=draw(st.sampled_from(ServiceLevel)),
        direction=draw(st.sampled_from(Direction)),
        crew=draw(st.integers(1, 2)),
        min_age=draw(st.none() | st.just(18)),
        locker_ok=draw(st.booleans()),
        ready_at=min(end, begin - timedelta(minutes=draw(st.integers(-60, 60)))),
        due=TimeWindow(start=begin, end=end),
    )


@st.composite
def skies(draw: st.DrawFn) -> WeatherSeries:
    wind = draw(st.floats(0, 15))
    return weather(
        wind_mps=wind,
        gust_mps=wind + draw(st.floats(0, 5)),
        wind_from_deg=draw(st.floats(0, 359)),
        temperature_c=draw(st.floats(-19, 45)),
    )


@given(orders(), skies(), kinds, st.integers(0, 300))
def test_the_sieve_never_refuses_what_the_assessment_accepts(
    parcel: Order, sky: WeatherSeries, kind: SortieType, minutes: int
) -> None:
    ctx = context(weather=sky)
    at = NOON - timedelta(hours=2)
    found = assess_sortie(ctx, parcel, kind, SITE, at + timedelta(minutes=minutes))
    if found.verdict.feasible:
        assert prefilter_sorties(ctx, [parcel], kind, SITE, at)[0]


@given(st.lists(orders(), max_size=12))
def test_the_locker_sieve_keeps_what_the_assessment_accepts(parcels: list[Order]) -> None:
    ctx = context()
    kept = {
        (one.order_index, one.locker_index) for one in prefilter_lockers(ctx, parcels, [LOCKER], LOCKER_TYPE)
    }
    for index, parcel in enumerate(parcels):
        if assess_locker(ctx, parcel, LOCKER, LOCKER_TYPE).verdict.feasible:
            assert (index, 0) in kept


@given(orders(), skies(), kinds)
def test_columns_made_once_give_the_same_answer(parcel: Order, sky: WeatherSeries, kind: SortieType) -> None:
    ctx = context(weather=sky)
    direct = prefilter_sorties(ctx, [parcel, order()], kind, SITE, NOON)
    assert (direct == prefilter_sorties(ctx, order_columns([parcel, order()]), kind, SITE, NOON)).all()


@given(orders(), kinds, st.sampled_from(["weather", "terrain", "drop", "zone height"]))
def test_what_is_not_known_never_flies(parcel: Order, kind: SortieType, missing: str) -> None:
    worlds = {
        "weather": context(weather=None),
        "terrain": context(terrain=UnknownTerrain(), assumptions=Assumptions(terrain=None)),
        "drop": context(assumptions=Assumptions(drop_at_address=False)),
        "zone height": context(zone(centre=away(0), radius_m=60, lower_m=62)),
    }
    binds = {
        "weather": True,
        "terrain": kind.kind == "drone",
        "drop": parcel.drop_point is None,
        "zone height": kind.kind == "drone",
    }
    if binds[missing]:
        assert not assess_sortie(worlds[missing], parcel, kind, SITE, NOON).verdict.feasible


@given(
    st.floats(100, 9000), st.floats(-90, 90), st.floats(0.1, 2.4), st.floats(0, 9), st.floats(0.01, 1), kinds
)
def test_more_payload_or_more_wind_against_the_loaded_way_never_makes_a_trip_possible(
    north_m: float, from_deg: float, weight_kg: float, wind: float, more: float, kind: SortieType
) -> None:
    """A light wind that pushes the loaded way does help: it costs the empty way back less than it saves."""
    parcel = order(place=away(north_m=north_m), weight_kg=weight_kg)
    heavier = order(place=away(north_m=north_m), weight_kg=min(2.5, weight_kg + more))

    def spare_wh(one: Order, mps: float) -> float:
        ctx = context(weather=weather(wind_mps=mps, gust_mps=mps, wind_from_deg=from_deg % 360))
        return trip_of(assess_sortie(ctx, one, kind, SITE, NOON)).margin_wh

    plain = spare_wh(parcel, wind)
    assert spare_wh(heavier, wind) <= plain + 1e-6
    assert spare_wh(parcel, wind + more) <= plain + 1e-6


@given(st.floats(100, 9000), st.floats(0.1, 2.5), st.floats(0, 9), st.floats(0.01, 1))
def test_more_assumed_wind_never_makes_a_trip_possible(
    north_m: float, weight_kg: float, wind: float, more: float
) -> None:
    """A wind that may come from anywhere is taken as against every leg."""

    def spare_wh(mps: float) -> float:
        ctx = context(weather=None, assumptions=Assumptions(calm_weather=True, assumed_wind_mps=mps))
        parcel = order(place=away(north_m=north_m), weight_kg=weight_kg)
        return trip_of(assess_sortie(ctx, parcel, DRONE, SITE, NOON)).margin_wh

    assert spare_wh(wind + more) <= spare_wh(wind) + 1e-6


reasons = st.builds(Reason, code=st.sampled_from(["a", "b", "c"]), detail=st.just("d"))
verdicts = st.one_of(
    st.builds(feasible, st.text(max_size=3)), st.builds(infeasible, reasons), st.builds(unknown, reasons)
)


@given(st.lists(verdicts))
def test_one_no_is_a_no_and_one_unknown_is_never_a_yes(answers: list[Verdict]) -> None:
    together = combine(answers)
    statuses = {one.status for one in answers}
    assert together.feasible == (statuses <= {Status.FEASIBLE})
    assert (together.status is Status.INFEASIBLE) == (Status.INFEASIBLE in statuses)
