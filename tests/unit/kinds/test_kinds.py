"""Kinds are found, checked and priced; a new one is one new file."""

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from fleet.domain.fleet import CarriageRules, Rates, RouteType, StationType
from fleet.intake.fleetfile import default_fleet, parse_fleet
from fleet.kinds import Kind, KindError, TripFigures, all_kinds, kind_of
from fleet.kinds.registry import collect, from_entry_points, from_package
from fleet.protocol.values import Dimensions, Goods, ServiceLevel

BOX = Dimensions(length_m=1, width_m=1, height_m=1)
CARRIAGE = CarriageRules(max_parcel_kg=30, hold=BOX, goods=frozenset(Goods), services=frozenset(ServiceLevel))
RATES = Rates(per_trip=10, per_hour=36, per_km=2, per_kwh=0.5, per_parcel=0.25)
VAN = RouteType(
    type_id="v",
    kind="van",
    carriage=CARRIAGE,
    rates=RATES,
    energy_model="e",
    capacity_kg=1,
    capacity_m3=1,
)


def test_the_four_kinds_are_there_with_their_archetypes() -> None:
    found = {name: kind.archetype for name, kind in all_kinds().items()}
    assert {
        "drone": "sortie",
        "sidewalk_robot": "sortie",
        "van": "route",
        "locker": "station",
    }.items() <= found.items()


def test_only_the_drone_needs_airspace() -> None:
    assert [k.name for k in all_kinds().values() if k.needs_airspace] == ["drone"]


def test_an_unknown_kind_is_named_with_the_known_ones() -> None:
    with pytest.raises(KindError, match="no kind 'zeppelin'; the known kinds are drone, locker"):
        kind_of("zeppelin")


def test_a_trip_costs_the_sum_of_all_five_rates() -> None:
    trip = TripFigures(duration_s=1800, distance_m=5000, energy_wh=2000, parcels=4)
    assert kind_of("van").trip_cost(VAN, trip) == pytest.approx(10 + 18 + 10 + 1 + 1)


def test_a_stay_in_a_locker_also_pays_for_the_walk() -> None:
    locker = StationType(
        type_id="l",
        kind="locker",
        carriage=CARRIAGE,
        rates=Rates(per_parcel=0.3),
        compartments={},
        detour_per_km=0.8,
    )
    assert kind_of("locker").trip_cost(locker, TripFigures(distance_m=500)) == pytest.approx(0.3 + 0.4)


def test_a_locker_is_not_priced_as_a_van() -> None:
    with pytest.raises(TypeError, match="station type"):
        kind_of("locker").trip_cost(VAN, TripFigures())


@pytest.fixture
def brought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """A distribution that brings one kind, as an installer would lay it out."""

    def bring(name: str, source: str) -> None:
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8"
        )
        (info / "entry_points.txt").write_text(
            f"[lastmile_fleet.kinds]\n{name} = {name}:KIND\n", encoding="utf-8"
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        all_kinds.cache_clear()

    yield bring
    all_kinds.cache_clear()
    for name in ("cargo_bike_kind", "second_drone", "no_kind", "odd_kinds", "odd_kinds.rickshaw"):
        sys.modules.pop(name, None)


BIKE = """
from fleet.kinds import ByItself, Kind, LostLink
SILENCE = LostLink(120, 180, 900, ByItself.GO_ON, 0)
KIND = Kind("{name}", "cargo bike", "route", "drive", False, ("payload", "goods", "service"), SILENCE)
"""


def test_a_kind_from_another_distribution_is_found_without_any_edit(
    brought: Callable[[str, str], None],
) -> None:
    brought("cargo_bike_kind", BIKE.format(name="cargo_bike"))
    assert kind_of("cargo_bike").label == "cargo bike"
    assert list(all_kinds()) == sorted(all_kinds())


def test_two_kinds_of_one_name_are_refused_with_both_sources(brought: Callable[[str, str], None]) -> None:
    brought("second_drone", BIKE.format(name="drone"))
    with pytest.raises(
        KindError, match=r"'drone' is defined by both fleet\.kinds\.drone and second_drone:KIND"
    ):
        all_kinds()


def test_an_entry_point_that_is_no_kind_is_refused(brought: Callable[[str, str], None]) -> None:
    brought("no_kind", "KIND = 7\n")
    with pytest.raises(KindError, match=r"no_kind:KIND should be a fleet\.kinds\.Kind, but is a int"):
        list(from_entry_points())


def test_a_module_of_the_package_with_a_kind_is_found_and_others_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "odd_kinds"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "helper.py").write_text("X = 1\n", encoding="utf-8")
    (package / "rickshaw.py").write_text(BIKE.format(name="rickshaw"), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = collect(from_package(import_module("odd_kinds")))
    assert [kind.name for kind in found.values()] == ["rickshaw"]


def test_kinds_can_be_sent_to_another_process() -> None:
    import pickle

    for kind in all_kinds().values():
        assert isinstance(pickle.loads(pickle.dumps(kind)), Kind)  # noqa: S301 - our own bytes


def test_the_parts_of_a_trips_cost_add_up_with_its_co2_apart() -> None:
    """What the price of CO2 put into the rates is taken out of way and energy again, and told by itself."""
    plain = default_fleet().spec
    priced = parse_fleet("[co2]\ngrid_g_per_kwh = 200\nprice_per_tonne = 500\n", "fleet.toml").spec
    for name, trip in (
        ("van-e", TripFigures(duration_s=3600, distance_m=10_000, parcels=3)),
        ("courier-x4", TripFigures(duration_s=600, energy_wh=150)),
        ("parcel-locker", TripFigures(distance_m=500)),
    ):
        without, kind = plain.types[name], kind_of(plain.types[name].kind)
        found = kind.trip_parts(priced.types[name], trip)
        co2 = found.pop("co2", 0.0)
        assert found == pytest.approx(kind.trip_parts(without, trip))
        assert sum(found.values()) == pytest.approx(kind.trip_cost(without, trip))
        # 10 km at 0.25 kWh and 0.15 kWh, at 200 g, at 0.50 a kilogram.
        assert co2 == pytest.approx({"van-e": 0.25, "courier-x4": 0.015, "parcel-locker": 0.0}[name])
        assert kind.trip_cost(priced.types[name], trip) == pytest.approx(sum(found.values()) + co2)
