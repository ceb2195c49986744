"""Flight logs: what is read, what is refused and where, and which flights are held out."""

from __future__ import annotations

import random

import pytest

from fleet.energy import catalog
from fleet.energy.errors import InvalidInput
from fleet.energy.logs import read_log
from fleet.energy.regimes import Regime
from fleet.energy.split import fraction_of, split_of
from fleet.intake.errors import IntakeError
from tests.support.flightlog import Machine, generated

HEADER = "flight_id,regime,duration_s,mass_kg,air_density_kg_m3,energy_wh"


def log(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows, ""])


def test_rows_are_read_with_what_they_have() -> None:
    """Optional columns may lack, or be empty; others are passed over."""
    read = read_log(
        log(
            "F1,Take-off,24,4.2,1.2,4.3,,kept",
            "F1,cruise,125,4.2,1.2,19,8,kept",
            "F2,drop,30,4.2,1.2,5,,",
            header=f"{HEADER},speed_mps,note",
        ),
        "a.csv",
    )
    assert [row.regime for row in read.rows] == [Regime.TAKEOFF, Regime.CRUISE, Regime.HOVER]
    assert [row.speed_mps for row in read.rows] == [None, 8, None]
    assert read.rows[0].power_w == pytest.approx(4.3 * 3600 / 24)
    assert {name: len(rows) for name, rows in read.flights.items()} == {"F1": 2, "F2": 1}
    assert read.rows[1].line == 3


def test_flights_that_are_mixed_are_told_apart() -> None:
    read = read_log(log("F2,hover,30,4,1.2,5", "F1,hover,31,4,1.2,5", "F2,landing,32,4,1.2,5"), "a.csv")
    assert {name: [row.duration_s for row in rows] for name, rows in read.flights.items()} == {
        "F2": [30, 32],
        "F1": [31],
    }


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",hover,30,4,1.2,5", "flight_id: is empty"),
        ("F1,hovr,30,4,1.2,5", "regime: must be one of takeoff, climb, cruise, hover, descent, landing; did you mean"),
        ("F1,hover,0,4,1.2,5", "duration_s: must be above 0"),
        ("F1,hover,nan,4,1.2,5", "duration_s: is not a number"),
        ("F1,hover,30,-4,1.2,5", "mass_kg: must be above 0"),
        ("F1,hover,30,4200,1.2,5", "mass_kg: must be at most 500; is it in grams?"),
        ("F1,hover,30,4,1200,5", "air_density_kg_m3: must lie within 0.3 and 1.5"),
        ("F1,hover,30,4,1.2,-5", "energy_wh: must be above 0"),
        ("F1,hover,30,4,1.2,inf", "energy_wh: is not a number"),
        ("F1,hover,30,4,1.2,18000", "energy_wh: makes 5.4e+05 W for each kilogram"),
        ("F1,hover,30,4,1.2,0.005", "is it in kilowatt-hours or"),
        ("F1,hover,30,4,1.2", "5 cells under 6 columns"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_named_by_line_and_field(row: str, message: str) -> None:
    """With all others that are wrong."""
    with pytest.raises(IntakeError) as refused:
        read_log(log("F1,takeoff,30,4,1.2,5", row, "F1,landing,x,4,1.2,5"), "a.csv")
    first, second = refused.value.errors
    assert (first.line, second.line, second.field) == (3, 4, "duration_s")
    assert message in str(first)


def test_wh_in_joules_or_milliampere_hours_are_refused() -> None:
    """A whole log in other units: 22.8 V make 44 mAh of a watt-hour, 11.1 V make 90."""
    text = generated(Machine(), flights=3)
    assert read_log(text, "a.csv").rows
    for factor in (3600, 1000 / 22.8, 0.001, 1 / 22.8, 1 / 11.1):
        lines = [line.split(",") for line in text.splitlines()]
        scaled = [[*cells[:5], str(float(cells[5]) * factor), *cells[6:]] for cells in lines[1:]]
        with pytest.raises(IntakeError, match=r"energy_wh: makes .* is it in"):
            read_log("\n".join(",".join(cells) for cells in [lines[0], *scaled]), "a.csv")


def test_durations_in_minutes_are_refused() -> None:
    with pytest.raises(IntakeError, match="duration_s in minutes"):
        read_log(log("F1,hover,0.5,4,1.2,5"), "a.csv")


def test_a_zero_that_says_nothing_is_as_good_as_empty() -> None:
    """As a spreadsheet fills the speed of a take-off; where something must have moved it is an error."""
    header = f"{HEADER},speed_mps,airspeed_mps,distance_m,height_m"
    read = read_log(
        log("F1,takeoff,24,4.2,1.2,4.3,0,0,0,60", "F1,cruise,125,4.2,1.2,19,8,8,1000,0", header=header),
        "a.csv",
    )
    assert [(row.speed_mps, row.airspeed_mps, row.distance_m, row.height_m) for row in read.rows] == [
        (None, None, None, 60),
        (8, 8, 1000, None),
    ]
    for row, field in (
        ("F1,cruise,125,4.2,1.2,19,0,8,1000,0", "speed_mps"),
        ("F1,landing,30,4,1.2,5,0,0,0,0", "height_m"),
    ):
        with pytest.raises(IntakeError, match=rf"a\.csv:2: {field}: must be above 0 in a"):
            read_log(log(row, header=header), "a.csv")


def test_cells_that_say_nothing_are_as_good_as_empty() -> None:
    """As R and pandas write them; a direction may be counted from -180."""
    read = read_log(
        log("F1,cruise,125,4.2,1.2,19,NA,nan,-170", header=f"{HEADER},speed_mps,distance_m,wind_from_deg"),
        "a.csv",
    )
    assert (read.rows[0].speed_mps, read.rows[0].distance_m, read.rows[0].wind_from_deg) == (None, None, -170)


def test_flights_that_are_there_twice_are_refused() -> None:
    """Appended to themselves, or under another id: where the copy stands, and of what."""
    head, *lines = generated(Machine(), flights=3).splitlines()
    with pytest.raises(
        IntakeError, match=r"a\.csv:23: flight_id: has all its rows twice, the first time from line 2"
    ):
        read_log("\n".join([head, *lines, *lines]), "a.csv")
    copied = [line.replace("F001", "F901") for line in lines if line.startswith("F001")]
    with pytest.raises(IntakeError, match=r"a\.csv:23: flight_id: has the same figures as F001 from line 9"):
        read_log("\n".join([head, *lines, *copied]), "a.csv")
    # Two hovers of one row each may be alike in all that was written down.
    assert len(read_log(log("F1,hover,60,4,1.2,8", "F2,hover,60,4,1.2,8"), "a.csv").flights) == 2


def test_an_empty_log_and_a_missing_column_are_refused() -> None:
    with pytest.raises(IntakeError, match="has no rows"):
        read_log(log(), "a.csv")
    with pytest.raises(IntakeError, match=r"a\.csv:1: energy_wh: the column is missing"):
        read_log(log(header=HEADER.replace("energy_wh", "joule")), "a.csv")


def test_every_regime_has_coefficients() -> None:
    """Climb and hover those of take-off, descent those of landing."""
    frame = catalog.airframe("dji-matrice-100")
    regimes = frame.regimes
    assert [frame.regimes.of(regime) for regime in Regime] == [
        regimes.takeoff, regimes.takeoff, regimes.cruise, regimes.takeoff, regimes.landing, regimes.landing,
    ]  # fmt: skip


# --- split -----------------------------------------------------------------------------------------------------------


def test_nobody_changes_sides_when_flights_join() -> None:
    names = [f"flight {number}" for number in range(500)]
    few, many = split_of(names[:100], 0.3), split_of(names, 0.3)
    assert set(few.held_out) <= set(many.held_out)
    assert set(few.train) <= set(many.train)
    shuffled = random.Random(3).sample(names, len(names))
    assert set(split_of(shuffled, 0.3).held_out) == set(many.held_out)
    assert len(many.train) + len(many.held_out) == 500
    assert 0.25 < len(many.held_out) / 500 < 0.35


def test_a_larger_share_holds_out_all_that_a_smaller_one_does() -> None:
    names = [str(number) for number in range(200)]
    assert set(split_of(names, 0.2).held_out) < set(split_of(names, 0.4).held_out)
    assert (split_of(names, 0).held_out, split_of(names, 1).train) == ((), ())


def test_the_split_is_the_same_everywhere() -> None:
    """First 8 bytes of the SHA-256 of "abc", FIPS 180-4: ba7816bf 8f01cfea."""
    assert fraction_of("abc") == 0xBA7816BF8F01CFEA / 2**64
    with pytest.raises(InvalidInput, match="share"):
        split_of(["a"], 1.1)
