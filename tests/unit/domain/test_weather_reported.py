"""What the state keeps of reported weather: newest issue, measurement before forecast, nothing for ever."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import permutations

from fleet.domain.apply import apply_all
from fleet.domain.events import WeatherReported
from fleet.domain.state import State
from fleet.domain.weather import KEEP_BEHIND, MOST_OF_SOURCE
from fleet.protocol.weather import WeatherRow, WeatherSort

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
OBSERVED, FORECAST = WeatherSort.OBSERVED, WeatherSort.FORECAST


def report(
    wind_mps: float,
    sort: WeatherSort = OBSERVED,
    *,
    source: str = "harbour",
    issued_min: float = 0,
    minutes: Iterable[float] = (0,),
    at_min: float = 0,
) -> WeatherReported:
    """The same wind at these minutes from noon, said by a source."""
    return WeatherReported(
        at=NOON + timedelta(minutes=at_min),
        source=source,
        issued_at=NOON + timedelta(minutes=issued_min),
        by=source,
        rows=tuple(
            WeatherRow(
                time=NOON + timedelta(minutes=m),
                sort=sort,
                wind_mps=wind_mps,
                gust_mps=wind_mps + 2,
                wind_from_deg=270,
                temperature_c=10,
                precipitation_mm_h=0,
                visibility_m=10_000,
            )
            for m in minutes
        ),
    )


def winds(*events: WeatherReported) -> dict[tuple[str, datetime], float]:
    """What is known after these reports."""
    return {key[:2]: said.row.wind_mps for key, said in apply_all(State(), events).weather.items()}


def test_the_newest_word_of_a_source_counts_in_whatever_order_it_comes() -> None:
    """A measurement before every forecast, then the newer issue."""
    said = (
        report(3, FORECAST, issued_min=-60),
        report(4, FORECAST, issued_min=30),
        report(5, OBSERVED, issued_min=1),
        report(6, OBSERVED, issued_min=2),
    )
    for some in permutations(said):
        assert winds(*some) == {("harbour", NOON): 6}
    assert winds(said[1], said[0]) == {("harbour", NOON): 4}


def test_a_report_that_comes_twice_changes_nothing() -> None:
    """Nor does one that says otherwise under the same issue."""
    once = apply_all(State(), [report(5)]).weather
    again = apply_all(State(), [report(5), report(5), report(9)]).weather
    assert once == again


def test_sources_do_not_overwrite_each_other() -> None:
    """Two stations at one moment are two measurements."""
    assert winds(report(5), report(9, source="hill")) == {("harbour", NOON): 5, ("hill", NOON): 9}


def test_what_lies_far_behind_is_forgotten_and_not_taken_in_again() -> None:
    """Memory is bounded: the next report drops what is too old, and an old row that comes late is not kept."""
    behind = KEEP_BEHIND.total_seconds() / 60
    first = report(5, minutes=range(0, 120, 10))
    later = report(6, minutes=[behind + 60, 30], at_min=behind + 60, issued_min=behind + 60)
    kept = sorted(time for _, time in winds(first, later))
    assert kept[0] == NOON + timedelta(minutes=60)
    assert len(kept) == 7


def test_of_too_many_rows_of_a_source_the_nearest_moments_stay() -> None:
    """In whatever order they come; nobody else's are touched."""
    far, near = range(600, 600 + MOST_OF_SOURCE), range(-10, 30)
    for first, second in ((far, near), (near, far)):
        said = (report(3, minutes=[900], source="hill"), report(4, FORECAST, minutes=first))
        known = winds(*said, report(5, FORECAST, minutes=second))
        own = {(time - NOON).total_seconds() / 60 for source, time in known if source == "harbour"}
        assert own == {*near, *far[: MOST_OF_SOURCE - len(near)]}
        assert len(known) == MOST_OF_SOURCE + 1
