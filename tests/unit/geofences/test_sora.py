"""The volumes of SORA's semantic model, against motion that is integrated step by step."""

import math
from dataclasses import replace

import pytest

from geofences import Ballistic, Glide, OneToOne, Operation, Parachute, margins
from geofences.checks.sora import GRAVITY, Descent

COURIER = Operation(
    height_m=100.0, airspeed_mps=15.0, wind_mps=5.0, span_m=1.2, gnss_m=0, holding_m=0, map_m=0
)
STEP_S = 1e-4


def stopping_way(speed_mps: float, reaction_s: float, tilt_deg: float) -> float:
    """Flown until it stands: on at full speed first, then braked by thrust tilted backwards."""
    way, left = speed_mps * reaction_s, speed_mps
    while left > 0.0:
        way += left * STEP_S
        left -= GRAVITY * math.tan(math.radians(tilt_deg)) * STEP_S
    return way


def turning_way(speed_mps: float, reaction_s: float, roll_deg: float) -> float:
    """How far ahead it comes before a level turn has brought it back on the opposite course."""
    x, course, farthest = speed_mps * reaction_s, 0.0, 0.0
    rate = GRAVITY * math.tan(math.radians(roll_deg)) / speed_mps
    while course < math.pi:
        x += speed_mps * math.cos(course) * STEP_S
        course += rate * STEP_S
        farthest = max(farthest, x)
    return farthest


def falling_way(speed_mps: float, top_m: float) -> float:
    """Thrown forward without drag, until it is on the ground."""
    way, height, down = 0.0, top_m, 0.0
    while height > 0.0:
        way, height, down = way + speed_mps * STEP_S, height - down * STEP_S, down + GRAVITY * STEP_S
    return way


def hanging_way(
    ground_speed_mps: float, wind_mps: float, top_m: float, opens_s: float, sinks_mps: float
) -> float:
    """On at speed until the parachute is open, as high as before; then down with the wind."""
    way, height, time = 0.0, top_m, 0.0
    while height > 0.0:
        is_open = time >= opens_s
        way += (wind_mps if is_open else ground_speed_mps) * 0.01
        height -= sinks_mps * 0.01 if is_open else 0.0
        time += 0.01
    return way


@pytest.mark.parametrize("airspeed", [5.0, 15.0, 30.0])
@pytest.mark.parametrize("wind", [0.0, 8.0])
@pytest.mark.parametrize("reaction", [1.0, 3.0])
@pytest.mark.parametrize("tilt", [15.0, 30.0, 45.0])
def test_what_hovers_stops_within_its_contingency_volume(
    airspeed: float, wind: float, reaction: float, tilt: float
) -> None:
    """Neither more nor less."""
    operation = replace(COURIER, airspeed_mps=airspeed, wind_mps=wind, reaction_s=reaction, bank_deg=tilt)
    assert margins(operation, OneToOne()).contingency_m == pytest.approx(
        stopping_way(airspeed + wind, reaction, tilt), rel=1e-3
    )


@pytest.mark.parametrize("airspeed", [12.0, 25.0])
@pytest.mark.parametrize("roll", [10.0, 30.0])
def test_a_fixed_wing_turns_back_within_its_contingency_volume(airspeed: float, roll: float) -> None:
    operation = replace(COURIER, airspeed_mps=airspeed, bank_deg=roll, hovers=False)
    assert margins(operation, OneToOne()).contingency_m == pytest.approx(
        turning_way(airspeed + 5.0, 1.0, roll), rel=1e-3
    )


def test_upward_it_climbs_unnoticed_and_turns_its_speed_into_height() -> None:
    """4 m of error, a second at 45 degrees, then 20 m/s are worth 20.4 m."""
    found = margins(COURIER, OneToOne())
    assert found.contingency_up_m == pytest.approx(
        4 + 20 * math.sin(math.pi / 4) + 20**2 / 2 / 9.81, rel=1e-4
    )
    assert found.top_m == 100.0 + found.contingency_up_m
    wing = margins(replace(COURIER, hovers=False), OneToOne())
    assert wing.contingency_up_m == pytest.approx(4 + 20 * math.sin(math.pi / 4) + 0.3 * 400 / 9.81, rel=1e-4)


def test_errors_of_place_add_to_the_way() -> None:
    """Satellites, holding and the map: 3, 3 and 1 m unless stated."""
    plain = Operation(height_m=100.0, airspeed_mps=15.0, wind_mps=5.0, span_m=1.2)
    more = margins(plain, OneToOne()).contingency_m - margins(COURIER, OneToOne()).contingency_m
    assert more == pytest.approx(7.0)


@pytest.mark.parametrize("height", [20.0, 120.0])
@pytest.mark.parametrize("wind", [0.0, 8.0])
def test_what_falls_hits_the_ground_within_the_buffer(height: float, wind: float) -> None:
    """Half of it may lie beyond its middle."""
    operation = replace(COURIER, height_m=height, wind_mps=wind)
    found = margins(operation, Ballistic())
    assert found.buffer_m == pytest.approx(falling_way(15.0 + wind, found.top_m) + 0.6, rel=1e-3)
    hung = margins(operation, Parachute(opens_s=2.0, sinks_mps=5.0))
    assert hung.buffer_m == pytest.approx(hanging_way(15.0 + wind, wind, hung.top_m, 2.0, 5.0), rel=1e-2)
    glided = margins(operation, Glide(ratio=12.0))
    aloft_s = 12.0 * glided.top_m / 15.0
    assert glided.buffer_m == pytest.approx(aloft_s * (15.0 + wind))
    assert margins(operation, OneToOne()).buffer_m == pytest.approx(found.top_m + 0.6)


@pytest.mark.parametrize("descent", [OneToOne(), Ballistic(), Parachute(1.0, 5.0), Glide(8.0)])
@pytest.mark.parametrize(
    "name", ["height_m", "airspeed_mps", "wind_mps", "reaction_s", "span_m", "height_error_m"]
)
def test_more_of_anything_never_needs_less(descent: Descent, name: str) -> None:
    """But for airspeed against a glide's wind: what is faster is down sooner."""
    less, more = (
        margins(COURIER, descent),
        margins(replace(COURIER, **{name: getattr(COURIER, name) + 3.0}), descent),
    )
    assert more.contingency_m >= less.contingency_m
    assert more.top_m >= less.top_m
    assert more.ground_m >= less.ground_m


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"height_m": -1.0}, "height_m must be"),
        ({"wind_mps": math.nan}, "wind_mps must be"),
        ({"airspeed_mps": math.inf}, "airspeed_mps must be"),
        ({"reaction_s": 0.5}, "reaction_s must be 1 or more"),
        ({"bank_deg": 0.0}, "at most 45"),
        ({"bank_deg": 46.0}, "at most 45"),
        ({"bank_deg": 31.0, "hovers": False}, "at most 30"),
    ],
)
def test_what_no_flight_has_is_refused(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(COURIER, **wrong)  # type: ignore[arg-type]


def test_a_descent_that_is_none_is_refused() -> None:
    for wrong in ((-1.0, 5.0), (1.0, 0.0), (math.nan, 5.0)):
        with pytest.raises(ValueError, match="parachute"):
            Parachute(*wrong)
    with pytest.raises(ValueError, match="glide ratio"):
        Glide(0.0)
    with pytest.raises(ValueError, match="airspeed above 0"):
        margins(replace(COURIER, airspeed_mps=0.0), Glide(10.0))
