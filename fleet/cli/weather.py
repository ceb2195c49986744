"""``fleet weather``: report what a file says to a running hub, and show what the hub believes now."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any

import typer

from fleet.cli.day import TIMEOUT_S, By, Day, Name, Root, Timeout, request, who
from fleet.cli.options import Json, moment_option
from fleet.cli.output import ExitCode, show
from fleet.cli.weather_text import taken_of, text_of
from fleet.console.views.base import stamp
from fleet.dispatch.weather import in_force, latest_observed
from fleet.dispatch.weathernow import weather_now
from fleet.domain.state import State
from fleet.domain.weather import ReportedWeather
from fleet.hub.rundir import DEFAULT_NAME, ROOT
from fleet.intake.errors import file_error
from fleet.intake.tables import read_text
from fleet.protocol.messages import Reply, ReportWeather
from fleet.protocol.values import Place
from fleet.protocol.weather import MOST_ROWS, WeatherRow, WeatherSort
from fleet.weather.conditions import BOUNDS, Conditions, Spot
from fleet.weather.field import Weather, parts_of
from fleet.weather.files import read_weather_file
from fleet.weather.fit import TooFewPairs, fitted, pairs_of
from fleet.weather.series import Missing, WeatherSeries

app = typer.Typer(no_args_is_help=True)

_Row = tuple[tuple[datetime | None, float | None], WeatherRow]
"""When a row was said and with what pressure, and the row."""


@app.command("report")
def report(
    file: Annotated[
        Path, typer.Option("--file", metavar="FILE", help="Weather (CSV), as `fleet plan` takes it.")
    ],
    source: Annotated[
        str | None, typer.Option("--source", metavar="ID", help="The station; the file's name unless told.")
    ] = None,
    forecast: Annotated[
        bool, typer.Option("--forecast", help="The rows are expected, not measured.")
    ] = False,
    issued_at: Annotated[
        str | None,
        typer.Option(
            "--issued-at",
            metavar="TIME",
            help="When the source said so, if the file does not state it; else when it arrives.",
        ),
    ] = None,
    by: By = None,
    timeout: Timeout = TIMEOUT_S,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Report a file's rows: what is under way is held against them at once, what is planned when it is released."""
    day = Day.named(name, root)
    spots = _by_spot(read_weather_file(file), WeatherSort.FORECAST if forecast else WeatherSort.OBSERVED)
    issued = None if issued_at is None else moment_option("--issued-at", issued_at)
    if issued is not None and any(stated is not None for _, rows in spots for (stated, _), _ in rows):
        raise typer.BadParameter(f"{file} states issued_at itself", param_hint="--issued-at")
    told = source or file.stem
    replies: list[Reply] = []
    for spot, rows in spots:
        for (stated, hpa), batch in _batches(rows):
            said = {"source": told, "issued_at": stated or issued, "by": who(by), "rows": batch, **spot}
            said["pressure_hpa"] = hpa
            message = request(ReportWeather, **said)
            if not replies or replies[-1].ok:
                replies.append(day.ask(message, timeout_s=timeout))
    _answered(replies, told, sum(len(rows) for _, rows in spots), as_json=as_json)


@app.command("fit")
def fit(
    forecast: Annotated[
        list[Path],
        typer.Option(
            "--forecast", metavar="FILE", help="Forecasts (CSV) that state issued_at; may be repeated."
        ),
    ],
    observed: Annotated[
        Path, typer.Option("--observed", metavar="FILE", help="What was measured at their times (CSV).")
    ],
    as_json: Json = False,
) -> None:
    """Find how wrong forecasts of the wind are, as the fleet file's [weather.forecast]: 1 when too few are judged."""
    seen = {part.spot: WeatherSeries(part.rows) for part in parts_of(read_weather_file(observed))}
    parts = [part for file in forecast for part in parts_of(read_weather_file(file)) if part.spot in seen]
    pairs = [pair for part in parts for pair in pairs_of(WeatherSeries(part.rows), seen[part.spot])]
    try:
        found = fitted(pairs)
    except TooFewPairs as error:
        show({"ok": False, "why": str(error), "pairs": len(pairs)}, f"refused: {error}", as_json=as_json)
        raise typer.Exit(ExitCode.NO) from error
    source = f"fitted to {found.forecasts} forecasts up to {found.longest_h:.0f} h ahead"
    figures = {
        name: math.ceil(1000 * getattr(found, name)) / 1000 for name in found._fields if name.endswith("_mps")
    }
    lines = [
        "[weather.forecast]",
        *(f"{name} = {value:g}" for name, value in figures.items()),
        f'source = "{source}"',
    ]
    data = {
        "ok": True,
        **figures,
        "source": source,
        "pairs": found.pairs,
        "forecasts": found.forecasts,
        "longest_h": found.longest_h,
    }
    show(data, "\n".join(lines), as_json=as_json)


def _by_spot(weather: Weather, sort: WeatherSort) -> list[tuple[dict[str, Any], list[_Row]]]:
    """The spots that a file speaks of, as a report states them, and the rows of each with when they were said."""
    return [
        (
            _stated(part.spot),
            [
                (
                    (r.issued_at, None if r.conditions.hpa is None else r.conditions.hpa[0]),
                    WeatherRow(time=r.time, sort=sort, **said_of(r.conditions)),
                )
                for r in part.rows
            ],
        )
        for part in parts_of(weather)
    ]


def said_of(conditions: Conditions) -> dict[str, float]:
    """The values that a row states."""
    return {name: getattr(conditions, name) for name in BOUNDS}


def _stated(spot: Spot) -> dict[str, Any]:
    place = None if spot.lon is None or spot.lat is None else Place(lon=spot.lon, lat=spot.lat)
    return {"place": place, "height_m": spot.height_m}


def _batches(
    rows: Sequence[_Row],
) -> Iterator[tuple[tuple[datetime | None, float | None], tuple[WeatherRow, ...]]]:
    """Rows that were said at one time, with one pressure, no more than a report takes."""
    for stated, alike in groupby(rows, key=itemgetter(0)):
        some = [row for _, row in alike]
        for start in range(0, len(some), MOST_ROWS):
            yield stated, tuple(some[start : start + MOST_ROWS])


def _answered(replies: Sequence[Reply], source: str, rows: int, *, as_json: bool) -> None:
    """The hub's word on all parts; the first refusal ends it."""
    ok = all(reply.ok for reply in replies)
    detail = "; ".join(reply.detail for reply in replies)
    data = {"ok": ok, "source": source, "rows": rows, "detail": detail}
    show(data, detail if ok else f"refused: {detail}", as_json=as_json)
    raise typer.Exit(ExitCode.OK if ok else ExitCode.NO)


@app.command("show")
def show_weather(name: Name = DEFAULT_NAME, root: Root = ROOT, as_json: Json = False) -> None:
    """Show the weather that the hub decides with now, how old it is and whose word: 3 when it is not known."""
    day = Day.named(name, root)
    setup = _setup(day.run.setup)
    ledger = day.ledger()
    now = day.now(lockstep=setup.get("lockstep") is True, wall=wall_now()) or ledger.last_at
    believed = _believed(_base(setup), ledger.state, now)
    fleet = ledger.state.fleet
    assumed = fleet is not None and fleet.assumptions.calm_weather
    data = {"at": stamp(now), **believed, "assumed": assumed, **_sources(ledger.state, now)}
    show(data, text_of(data), as_json=as_json)
    raise typer.Exit(ExitCode.OK if believed["known"] else ExitCode.UNKNOWN)


def wall_now() -> datetime:
    """The wall clock: a run in real time has no other."""
    return datetime.now(UTC)


def _setup(path: Path) -> dict[str, Any]:
    """``setup.json`` as plain JSON, since its types load the planner."""
    try:
        found = json.loads(read_text(path))
    except ValueError as error:
        raise file_error(str(path), f"is damaged: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("files"), dict):
        raise file_error(str(path), "is damaged: it names no files")
    return found


def _base(setup: dict[str, Any]) -> Weather | None:
    """The weather file that the run was set up with."""
    file = setup["files"].get("weather")
    return None if file is None else read_weather_file(Path(file))


def _believed(base: Weather | None, state: State, now: datetime | None) -> dict[str, Any]:
    """The weather of now as decisions take it, or why it is not known."""
    series = in_force(base, state)
    if series is None or now is None:
        return {
            "known": False,
            "why": "there is no weather file, and nobody has reported any",
            "weather": None,
        }
    found = weather_now(base, state, now)
    facts = {"source": series.source or None, "counts_for_s": series.stale_after_s}
    if isinstance(found, Missing):
        old = "" if found.age_s is None else f"; the newest row is {found.age_s:.0f} s old"
        return {"known": False, "why": f"{found.what} is missing{old}", "weather": None, **facts}
    said_at = found.word.said_at
    word = {
        "source": found.word.source,
        "age_s": None if said_at is None else round((now - said_at).total_seconds(), 1),
    }
    return {"known": True, "why": None, "weather": taken_of(found.worst), "wind_by": word, **facts}


def _sources(state: State, now: datetime | None) -> dict[str, Any]:
    latest = latest_observed(state)
    reported = sorted(
        state.weather.items(), key=lambda entry: (entry[0].source, entry[1].row.sort, entry[0].time)
    )
    groups = groupby(reported, key=lambda entry: (entry[0].source, entry[1].row.sort))
    return {
        "observed": None if latest is None else _observed(state, latest, now),
        "sources": [_source(source, sort, [said for _, said in some]) for (source, sort), some in groups],
    }


def _observed(state: State, latest: ReportedWeather, now: datetime | None) -> dict[str, Any]:
    source = next(key.source for key, said in state.weather.items() if said is latest)
    age_s = None if now is None else round((now - latest.row.time).total_seconds(), 1)
    return {"source": source, "age_s": age_s, **latest.row.model_dump(mode="json", exclude={"sort"})}


def _source(source: str, sort: WeatherSort, said: list[ReportedWeather]) -> dict[str, Any]:
    return {
        "source": source,
        "sort": sort.value,
        "rows": len(said),
        "first": stamp(said[0].row.time),
        "last": stamp(said[-1].row.time),
        "issued_at": stamp(max(one.issued_at for one in said)),
    }
