"""What a fleet file says of approvals that are held, and what it gets wrong."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleet.intake.authorisations import told_of_unfit
from fleet.intake.errors import FleetFileError
from fleet.intake.fleetfile import default_fleet, parse_fleet
from geofences import (
    Applicability,
    Authorisation,
    DailyPeriod,
    Datum,
    Limit,
    LocalTime,
    TimePeriod,
    ZoneSet,
)

HEAD = '[authorisations."A-1"]\n'


def test_the_documented_one_is_read(repo_root: Path) -> None:
    """The example in the documentation, but for its hash."""
    text = (repo_root / "docs" / "fleet.toml.md").read_text(encoding="utf-8")
    lines = text.split("## Authorisations")[1].splitlines()
    example = "\n".join(line[4:] for line in lines if line.startswith("    ") and "…" not in line)
    (one,) = parse_fleet(f'[[drone]]\ntype = "courier-x4"\n{example}', "fleet.toml").authorisations
    start, end = datetime(2026, 6, 1, 5, tzinfo=UTC), datetime(2026, 8, 31, 19, tzinfo=UTC)
    hours = DailyPeriod(
        frozenset(range(5)), LocalTime(6 * 3600.0, "Europe/Lisbon"), LocalTime(20 * 3600.0, "Europe/Lisbon")
    )
    assert one == Authorisation(
        "LPPR-CTR",
        Applicability((TimePeriod(start, end, (hours,)),)),
        Limit(60.0, Datum.AGL),
        frozenset({"courier-x4"}),
        "ANAC-2026-0417",
        country="PRT",
        max_at_once=2,
        max_per_day=20,
        timezone="Europe/Lisbon",
    )


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ("", "zone: is missing"),
        ('zone = ""', "zone"),
        ('zone = "Z"\nbelow_m = -1', "greater than 0"),
        ('zone = "Z"\nbelow_m = nan', "below_m"),
        ('zone = "Z"\nbelow_datum = "FL"', "below_datum"),
        ('zone = "Z"\nvalid_from = 2026-06-01T06:00:00', "timezone"),
        (
            'zone = "Z"\nvalid_from = 2026-06-02T06:00:00Z\nvalid_until = 2026-06-01T06:00:00Z',
            "after valid_from",
        ),
        ('zone = "Z"\nvehicles = ["courrier-x4"]', "there is no such type or kind.*courier-x4"),
        ('zone = "Z"\nzone_hash = "abc"', "zone_hash"),
        ('zone = "Z"\nmax_at_once = 0', "max_at_once"),
        ('zone = "Z"\nmax_per_day = 1.5', "max_per_day"),
        ('zone = "Z"\nhours = [{ between = "6-20" }]', "hours.*06:00-20:00"),
        ('zone = "Z"\nhours = [{ between = 6 }]', "hours.*must be like"),
        ('zone = "Z"\nhours = [{ days = [] }]', "days"),
        ('zone = "Z"\nhours = [{ days = ["Monday"] }]', "days"),
        ('zone = "Z"\nhours = [{ untill = "20:00" }]', "untill.*is not known"),
        ('zone = "Z"\nhours = [{ between = "06:00-20:00" }]', "timezone: is needed for its hours"),
        ('zone = "Z"\ntimezone = "Lisbon"', "timezone.*IANA"),
        ('zone = "Z"\nvalid_untill = 2026-06-01T06:00:00Z', "is not known.*valid_until"),
    ],
)
def test_a_fault_is_told_with_its_key_and_line(stated: str, words: str) -> None:
    """An approval that is misread is one that nobody gave."""
    with pytest.raises(FleetFileError, match=rf"fleet\.toml:\d+.*A-1.*{words}"):
        parse_fleet(f"{HEAD}{stated}\n", "fleet.toml")


def test_nobody_inherits_an_approval() -> None:
    """The default fleet holds none."""
    assert default_fleet().authorisations == ()


def test_what_lifts_nothing_is_told() -> None:
    """A zone that is not there is mostly a misspelt one."""
    (told,) = told_of_unfit(ZoneSet(), (Authorisation("Z", reference="A-1"),))
    assert told == "authorisation 'A-1' for zone 'Z' lifts nothing: no such zone"


def test_the_country_of_a_zone_can_be_stated() -> None:
    """Two countries' zones may share an id."""
    (one,) = parse_fleet(f'{HEAD}zone = "Z"\ncountry = "PRT"\n', "fleet.toml").authorisations
    assert (one.zone_id, one.country) == ("Z", "PRT")
    with pytest.raises(FleetFileError, match=r"A-1.*country"):
        parse_fleet(f'{HEAD}zone = "Z"\ncountry = "Portugal"\n', "fleet.toml")


def test_hours_are_on_the_clocks_of_the_fleet_unless_stated() -> None:
    """All days unless stated, over midnight where they end before they start."""
    hours = 'hours = [{ between = "20:00-24:00" }, { days = ["SUN"] }]'
    text = f'timezone = "Europe/Madrid"\n{HEAD}zone = "Z"\n{hours}\n'
    (one,) = parse_fleet(text, "fleet.toml").authorisations
    (period,) = one.valid.periods
    evening, sunday = period.schedule
    assert (evening.days, evening.start) == (frozenset(range(7)), LocalTime(72_000.0, "Europe/Madrid"))
    assert (sunday.days, sunday.start, sunday.end) == (frozenset({6}), evening.end, evening.end)
    saturday = datetime(2026, 6, 6, tzinfo=UTC)
    held = [one.valid.active_at(saturday.replace(hour=hour), 0.0, 0.0) for hour in (17, 18, 21, 22)]
    assert held == [False, True, True, True]  # until 24:00 in Madrid, then it is Sunday
    assert one.valid.active_at(saturday.replace(day=8, hour=3), 0.0, 0.0) is False
