"""Travel without street data: measured circuity and speeds, monotone, and no short cut by a detour."""

import pickle

import numpy as np
import pytest

from fleet.network.base import Profile
from fleet.network.geodesic import TRAVEL, WALKING_MPS, Estimates, GeodesicNetwork, great_circle_m, straight_m
from fleet.protocol.values import Place

NETWORK = GeodesicNetwork()
HERE = Place(lon=8.68, lat=49.41)


def north_of(place: Place, metres: float) -> Place:
    return Place(lon=place.lon, lat=place.lat + metres / 111_195.08)


@pytest.mark.parametrize(
    ("crow_km", "circuity", "speed_kmh"),
    [(0.447, 1.6, 16), (1.732, 1.5, 22), (5.477, 1.45, 29), (17.32, 1.35, 35)],
)
def test_driving_has_the_measured_medians_in_the_middle_of_each_band(
    crow_km: float, circuity: float, speed_kmh: float
) -> None:
    leg = NETWORK.leg(HERE, north_of(HERE, 1000 * crow_km), "drive")
    assert leg.distance_m == pytest.approx(1000 * crow_km * circuity, rel=2e-3)
    assert leg.duration_s == pytest.approx(crow_km / speed_kmh * 3600, rel=2e-3)


@pytest.mark.parametrize(("crow_km", "circuity"), [(0.447, 1.3), (1.732, 1.26), (5.477, 1.22)])
@pytest.mark.parametrize("profile", ["walk", "roll"])
def test_ways_on_foot_have_the_measured_medians_too(
    profile: Profile, crow_km: float, circuity: float
) -> None:
    leg = NETWORK.leg(HERE, north_of(HERE, 1000 * crow_km), profile)
    assert leg.distance_m == pytest.approx(1000 * crow_km * circuity, rel=2e-3)


def test_walking_goes_at_walking_speed_along_the_path() -> None:
    for metres in (100, 447.2, 1732, 5000):
        leg = NETWORK.leg(HERE, north_of(HERE, metres), "walk")
        assert leg.distance_m >= 1.2 * metres
        assert leg.distance_m / leg.duration_s == pytest.approx(WALKING_MPS, rel=0.01)


@pytest.mark.parametrize("profile", ["drive", "walk", "roll"])
def test_curves_rise_and_bend_downwards_only(profile: Profile) -> None:
    """Concave and rising through the origin: farther is never sooner, and the triangle inequality holds."""
    crow = np.linspace(0, 60_000, 4001)
    for curve in (TRAVEL[profile].distance, TRAVEL[profile].duration):
        steps = np.diff(curve.at(crow))
        assert curve.at(crow[:1])[0] == 0
        assert (steps > 0).all()
        assert (np.diff(steps) <= 1e-6).all()


def test_matrix_legs_and_single_leg_agree() -> None:
    points = [HERE, north_of(HERE, 900), Place(lon=8.8, lat=49.3), Place(lon=8.5, lat=49.5)]
    matrix = NETWORK.matrix(points, "drive")
    starts = [a for a in points for _ in points]
    legs = NETWORK.legs(starts, points * 4, "drive")
    np.testing.assert_allclose(matrix.duration_s.ravel(), legs.duration_s, rtol=1e-12)
    np.testing.assert_allclose(matrix.distance_m.ravel(), legs.distance_m, rtol=1e-12)
    assert matrix.duration_s[1, 2] == pytest.approx(NETWORK.leg(points[1], points[2], "drive").duration_s)
    assert not matrix.distance_m.diagonal().any()


def test_great_circle_across_the_antimeridian_is_short() -> None:
    west, east = Place(lon=179.99, lat=10), Place(lon=-179.99, lat=10)
    assert straight_m(west, east) == pytest.approx(2190, rel=0.01)


def test_great_circle_is_within_0_6_percent_of_the_ellipsoid() -> None:
    geod = pytest.importorskip("pyproj").Geod(ellps="WGS84")
    lon1, lat1 = np.zeros(91), np.arange(-45.0, 46.0)
    lon2, lat2 = lon1 + 0.1, lat1 + 0.05
    exact = np.array(geod.inv(lon1, lat1, lon2, lat2)[2])
    np.testing.assert_allclose(great_circle_m(lon1, lat1, lon2, lat2), exact, rtol=6e-3)


def test_some_points_to_others_are_a_part_of_the_matrix() -> None:
    points = [HERE, north_of(HERE, 900), Place(lon=8.8, lat=49.3)]
    cross, whole = NETWORK.cross(points[:1], points[1:], "drive"), NETWORK.matrix(points, "drive")
    np.testing.assert_array_equal(cross.duration_s, whole.duration_s[:1, 1:])
    assert NETWORK.gap(points[0], points[2], "drive") is None
    assert NETWORK.version is None


def test_no_points_give_an_empty_matrix() -> None:
    assert NETWORK.matrix([], "walk").duration_s.shape == (0, 0)


def test_it_names_what_it_rests_on_and_draws_the_straight_line() -> None:
    assert "circuity" in str(NETWORK.assumption)
    end = north_of(HERE, 500)
    assert NETWORK.path(HERE, end, "walk") == (HERE, end)
    assert pickle.loads(pickle.dumps(NETWORK)) == NETWORK  # noqa: S301 - our own bytes


@pytest.mark.parametrize("wide_deg", [0.001, 0.3, 3.0, 170.0])
@pytest.mark.parametrize("profile", TRAVEL)
def test_tables_of_many_points_are_what_the_network_says(profile: Profile, wide_deg: float) -> None:
    """Within a town, a country and the whole earth, poles and the antimeridian included."""
    rng = np.random.default_rng(1)
    lons, lats = 179.9 + rng.uniform(-wide_deg, wide_deg, 150), rng.uniform(-wide_deg, wide_deg, 150) / 2
    lons, lats = (lons + 180.0) % 360.0 - 180.0, np.clip(40.0 + lats, -90.0, 90.0)
    points = [Place(lon=float(lon), lat=float(lat)) for lon, lat in zip(lons, lats, strict=True)]
    some, others = rng.permutation(150)[:130], rng.permutation(150)[:70]
    found = Estimates(points, profile).table(some, others)
    said = GeodesicNetwork().cross([points[k] for k in some], [points[k] for k in others], profile)
    assert np.allclose(found.distance_m, said.distance_m, rtol=1e-11, atol=1e-6)
    assert np.allclose(found.duration_s, said.duration_s, rtol=1e-11, atol=1e-6)


def test_a_table_has_nothing_between_a_point_and_itself() -> None:
    """Rounded up, a millionth of a second would be a whole one."""
    points = [Place(lon=-8.6, lat=41.15), Place(lon=-8.6, lat=41.15), Place(lon=8.0, lat=-33.0)]
    found = Estimates(points, "drive").table(np.arange(3), np.arange(3))
    assert np.diag(found.distance_m).tolist() == np.diag(found.duration_s).tolist() == [0.0, 0.0, 0.0]
    assert found.distance_m[0, 1] == found.duration_s[1, 0] == 0.0


def test_a_table_of_no_points_is_empty() -> None:
    none = Estimates([], "walk").table(np.arange(0), np.arange(0))
    assert none.distance_m.shape == none.duration_s.shape == (0, 0)
