"""``fleet energy residuals``: what a run's trips took against what was predicted, and what that says of each asset."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Annotated, Any

import typer

from fleet.cli.day import Day, Name, Root
from fleet.cli.files import check_out, write_out
from fleet.cli.options import Json
from fleet.cli.output import ExitCode, show, table
from fleet.dispatch.residuals import AssetLearned, by_type, known_tracks, learned_in
from fleet.domain.energy import EnergyLearned, EnergyTrack
from fleet.hub.rundir import DEFAULT_NAME, ROOT
from fleet.intake.energytracks import tracks_text

COLUMNS = (
    "at", "asset_id", "mission_id", "planned_wh", "predicted_wh", "used_wh", "log_ratio", "surprise", "by", "alarm",
    "ways_s", "ways_expected_s",
)  # fmt: skip
HEADER = (
    "asset", "type", "trips", "of them today", "bias", "sure to", "widened", "slower by", "margin of its type",
    "its own", "alarms", "taught nothing",
)  # fmt: skip


def residuals(
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.csv", help="A row for each trip that was compared.")
    ] = None,
    tracks: Annotated[
        Path | None,
        typer.Option(
            "--tracks",
            metavar="FILE.csv",
            help="What is known of each asset now: the next day is opened with it (`fleet hub --energy`).",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """What trips took over what was predicted, by asset, and what the hub counts with: exit code 1 where some asset's
    trips are not as they should be."""
    check_out("--out", out)
    check_out("--tracks", tracks)
    day = Day.named(name, root)
    events = tuple(stored.event for stored in day.events())
    found = learned_in(events)
    if out is not None:
        write_out(out, _rows(found))
    if tracks is not None:
        write_out(tracks, tracks_text(known_tracks(events)))
    said = {
        "assets": [_asset(one) for one in found],
        "types": _types(found),
        "out": None if out is None else str(out),
        "tracks": None if tracks is None else str(tracks),
    }
    show(said, _text(found), as_json=as_json)
    raise typer.Exit(ExitCode.NO if any(one.alarms for one in found) else ExitCode.OK)


def _asset(one: AssetLearned) -> dict[str, Any]:
    track = one.track or EnergyTrack()
    return {
        "asset_id": one.asset_id,
        "type_id": one.type_id,
        "trips": track.flights,
        "trips_here": len(one.trips),
        "skipped": dict(sorted(one.skipped.items())),
        "log_bias": round(track.log_bias, 5),
        "log_bias_sd": None if track.variance is None else round(math.sqrt(track.variance), 5),
        "widening": round(track.widening, 3),
        "log_pace": round(track.log_pace, 5),
        "log_pace_sd": None if track.pace_variance is None else round(math.sqrt(track.pace_variance), 5),
        "type_margin": round(one.type_margin, 5),
        "raised_by": round(one.raised_by, 5),
        "alarms": [trip.mission_id for trip in one.trips if trip.alarm],
    }


def _types(found: tuple[AssetLearned, ...]) -> dict[str, Any]:
    return {
        type_id: {"assets": count, "log_mean": round(mean, 5), "between_log_sd": round(deviation, 5)}
        for type_id, (count, mean, deviation) in by_type(found).items()
    }


def _rows(found: tuple[AssetLearned, ...]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(trip) for one in found for trip in one.trips)
    return text.getvalue()


def _row(trip: EnergyLearned) -> tuple[object, ...]:
    log_ratio = math.log(trip.used_wh / trip.predicted_wh)
    figures = trip.planned_wh, trip.predicted_wh, trip.used_wh, log_ratio, trip.surprise
    names = trip.at.isoformat(), trip.asset_id, trip.mission_id
    times = ("", "") if trip.timed is None else (trip.timed.lasted_s, trip.timed.expected_s)
    return (*names, *(f"{figure:.5f}" for figure in figures), trip.by, "yes" if trip.alarm else "no", *times)


def _text(found: tuple[AssetLearned, ...]) -> str:
    if not found:
        return "no trip of a machine is over yet, and no earlier day told anything"
    lines = [table(HEADER, [_line(one) for one in found])]
    for type_id, (count, mean, deviation) in by_type(found).items():
        between = f", {deviation:.1%} apart" if count > 1 else ""
        lines.append(f"{type_id}: {count} assets take {math.expm1(mean):+.1%} on the mean{between}")
    return "\n".join(lines)


def _line(one: AssetLearned) -> tuple[object, ...]:
    track = one.track or EnergyTrack()
    sure = "" if track.variance is None else f"{math.sqrt(track.variance):.1%}"
    return (
        one.asset_id,
        one.type_id,
        track.flights,
        len(one.trips),
        f"{math.expm1(track.log_bias):+.1%}",
        sure,
        f"{track.widening:.2f}",
        f"{math.expm1(track.log_pace):+.1%}",
        f"{one.type_margin:.1%}",
        f"{one.raised_by:.1%}",
        one.alarms,
        ", ".join(f"{count} {why}" for why, count in sorted(one.skipped.items())),
    )
