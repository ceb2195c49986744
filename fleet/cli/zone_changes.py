"""``fleet zones preview|apply|add|remove``: areas of a running day are closed and opened, and what that leads to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from fleet.cli.day import TIMEOUT_S, By, Day, Name, Root, Timeout, request, who
from fleet.cli.options import Json, moment_option, run_name
from fleet.cli.output import BadInput
from fleet.cli.zone_answers import answered
from fleet.cli.zone_files import read_files
from fleet.cli.zone_paths import point_of
from fleet.dispatch.zones import parse_feature
from fleet.hub.rundir import DEFAULT_NAME, ROOT
from fleet.intake import cells
from fleet.intake.errors import FieldError, IntakeError, file_error
from fleet.intake.tables import read_text
from fleet.intake.zones import ZonesRead
from fleet.protocol.errors import LocalError
from fleet.protocol.messages import AddZone, AnyMessage, ChangeZones, PreviewZones, RemoveZone, Reply
from fleet.protocol.zones import MOST_ZONES, ClosedZone
from geofences import (
    Applicability,
    CircleShape,
    Restriction,
    TimePeriod,
    Volume,
    Zone,
    ZoneFileError,
    write_zones,
)

Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE…", help="Zones to close, in any format that is read."),
]
ZoneId = Annotated[
    str | None, typer.Option("--id", metavar="ID", help="What the one zone is called in the run.")
]
Circle = Annotated[
    str | None,
    typer.Option("--circle", metavar="LON,LAT,M", help="Close so many metres around a place (with --id)."),
]
Remove = Annotated[
    list[str] | None,
    typer.Option("--remove", metavar="ID", help="A zone that was closed by hand, to open; repeatable."),
]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help="Closed from then on: a time with offset, or +20m from now."),
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", help="Closed until then: a time with offset, or +20m from now."),
]
RunName = Annotated[str, typer.Option("--name", help="Name of the run.", callback=run_name)]

_SECONDS = {"s": 1, "m": 60, "h": 3600}
LONGEST_S = 366 * 86_400
LARGEST_M = 500_000


def preview(
    files: Files = None,
    zone_id: ZoneId = None,
    circle: Circle = None,
    remove: Remove = None,
    begin: From = None,
    until: Until = None,
    timeout: Timeout = TIMEOUT_S,
    name: RunName = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Show what closing the files' zones in a running day would lead to. Nothing is changed."""
    day = Day.named(name, root)
    zones = _to_close(day, _zones(day, files, circle, remove, zone_id), (begin, until))
    asked = request(PreviewZones, add=zones, remove=tuple(remove or ()))
    answered(_ask(day, asked, timeout), "nothing was changed", as_json=as_json)


def apply(
    files: Files = None,
    zone_id: ZoneId = None,
    circle: Circle = None,
    remove: Remove = None,
    begin: From = None,
    until: Until = None,
    by: By = None,
    timeout: Timeout = TIMEOUT_S,
    name: RunName = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Close the files' zones in a running day, and open others, all at once or nothing."""
    day = Day.named(name, root)
    zones = _to_close(day, _zones(day, files, circle, remove, zone_id), (begin, until))
    asked = request(ChangeZones, by=who(by), add=zones, remove=tuple(remove or ()))
    answered(_ask(day, asked, timeout), "", as_json=as_json)


def add(
    file: Annotated[Path, typer.Option("--file", metavar="FILE", help="One GeoJSON feature.")],
    zone_id: Annotated[str, typer.Option("--id", metavar="ID", help="What the zone is called.")],
    by: By = None,
    timeout: Timeout = TIMEOUT_S,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Close an area at once: what is under way is checked against it, what is planned when it is released."""
    day = Day.named(name, root)
    feature = _feature(file, zone_id)
    reply = _ask(day, request(AddZone, by=who(by), zone_id=zone_id, feature=feature), timeout)
    answered(reply, "", as_json=as_json, zone=zone_id)


def remove(
    zone_id: Annotated[str, typer.Argument(metavar="ID", help="A zone that was added by hand.")],
    by: By = None,
    timeout: Timeout = TIMEOUT_S,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Open an area again that was closed by hand."""
    day = Day.named(name, root)
    reply = day.ask(request(RemoveZone, by=who(by), zone_id=zone_id), timeout_s=timeout)
    answered(reply, "", as_json=as_json, zone=zone_id)


def _zones(
    day: Day,
    files: Sequence[Path] | None,
    circle: str | None,
    remove: Sequence[str] | None,
    zone_id: str | None,
) -> list[Zone]:
    """What is to be closed. Raises ``BadInput`` where that is nothing, and nothing is to be opened."""
    if not (files or circle or remove):
        raise BadInput("name at least one zone file, a --circle, or --remove a zone")
    zones = list(_read(day, files).zones.zones) if files else []
    count = len(zones) + (circle is not None)
    if zone_id is not None and not zone_id.strip():
        raise BadInput("--id: is empty")
    if zone_id is not None and count != 1:
        raise BadInput(f"--id: there must be one zone to close (there are {count})")
    if circle is not None:
        zones.append(_circle(circle, zone_id))
    elif zone_id is not None:
        zones = [replace(zones[0], zone_id=zone_id)]
    if len(zones) > MOST_ZONES:
        raise BadInput(f"{MOST_ZONES} zones may be closed at a time, the files hold {len(zones)}")
    return zones


def _read(day: Day, files: Sequence[Path]) -> ZonesRead:
    """The zones of files, which are needed where the run's depots are."""
    near = [site.place for site in day.ledger().state.sites.values()]
    return read_files(files, tolerant=False, near=near, what="every depot")


def _circle(circle: str, zone_id: str | None) -> Zone:
    lon, lat, radius_m = point_of("--circle", circle, third=("metres", cells.within(1, LARGEST_M)))
    if zone_id is None:
        raise BadInput("--id: say what the --circle is called (with files beside it: put it into one)")
    volume = Volume(CircleShape(lon, lat, radius_m))
    return Zone(zone_id, Restriction.PROHIBITED, (volume,), source="--circle")


def _to_close(
    day: Day, zones: Sequence[Zone], times: tuple[str | None, str | None]
) -> tuple[ClosedZone, ...]:
    """The zones as the hub takes them. Raises ``BadInput`` and ``IntakeError``."""
    period = _period(day, *times) if zones else None
    named = zip(_own_ids(zones), zones, strict=True)
    return tuple(
        _closed(one, each if period is None else replace(each, applicability=period)) for one, each in named
    )


def _own_ids(zones: Iterable[Zone]) -> Iterable[str]:
    """Each zone's id, with a number where zones share one: in a run an id names one zone."""
    seen: Counter[str] = Counter()
    for zone in zones:
        seen[zone.zone_id] += 1
        yield zone.zone_id if seen[zone.zone_id] == 1 else f"{zone.zone_id} ({seen[zone.zone_id]})"


def _closed(zone_id: str, zone: Zone) -> ClosedZone:
    written = write_zones([zone], "geojson", strict=False)
    for refused in written.refused:
        raise _fault(zone, refused.reason)
    try:
        return ClosedZone(zone_id=zone_id, feature=json.loads(written.text)["features"][0])
    except ValidationError:
        raise _fault(zone, "its id must have 1 to 128 characters, and no space at either end") from None


def _fault(zone: Zone, reason: str) -> IntakeError:
    return IntakeError([FieldError(zone.source, None, f"zone {zone.zone_id}", None, reason)])


def _ask(day: Day, message: AnyMessage, timeout_s: float) -> Reply:
    try:
        return day.ask(message, timeout_s=timeout_s)
    except LocalError as error:
        raise BadInput(f"too much for one message ({error}): split the files") from error


def _period(day: Day, begin: str | None, until: str | None) -> Applicability | None:
    """The times of ``--from`` and ``--until``; none where the zones keep their own."""
    if begin is None and until is None:
        return None
    start, end = (
        None if text is None else _moment(day, option, text)
        for option, text in (("--from", begin), ("--until", until))
    )
    if start is not None and end is not None and end <= start:
        raise BadInput(f"--until: must be after --from (found {until!r})")
    return Applicability((TimePeriod(start, end),))


def _moment(day: Day, option: str, text: str) -> datetime:
    if not text.startswith("+"):
        return moment_option(option, text)
    seconds = _duration_s(text)
    if seconds is None:
        raise BadInput(f"{option}: must be a time with offset, or such as +90s, +20m or +2h (found {text!r})")
    now = day.now(lockstep=day.lockstep(), wall=datetime.now(UTC))
    if now is None:
        raise BadInput(f"{option}: the run has no time yet (found {text!r})")
    return now + timedelta(seconds=seconds)


def _duration_s(text: str) -> int | None:
    number, unit = text[1:-1], text[-1:]
    if not (number.isascii() and number.isdigit() and len(number) <= 8 and unit in _SECONDS):
        return None
    seconds = int(number) * _SECONDS[unit]
    return seconds if seconds <= LONGEST_S else None


def _feature(file: Path, zone_id: str) -> dict[str, Any]:
    """The one feature of a file, readable as a zone. Raises ``IntakeError`` that names file and field."""
    document = _document(file)
    feature = _only_feature(document)
    if feature is None:
        raise file_error(str(file), "must hold one GeoJSON Feature, or a FeatureCollection of one")
    try:
        parse_feature(zone_id, feature)
    except ZoneFileError as error:
        raise IntakeError([FieldError(str(file), None, error.field or None, None, error.message)]) from error
    return feature


def _document(file: Path) -> Any:
    """A file's JSON. Raises ``IntakeError`` that names the line."""
    try:
        return json.loads(read_text(file))
    except json.JSONDecodeError as error:
        message = f"broken JSON in column {error.colno}: {error.msg}"
        raise IntakeError([FieldError(str(file), error.lineno, None, None, message)]) from None
    except (RecursionError, ValueError) as error:
        raise file_error(str(file), f"broken JSON: {error}") from None


def _only_feature(document: Any) -> dict[str, Any] | None:
    if not isinstance(document, dict):
        return None
    if document.get("type") == "Feature":
        return document
    features = document.get("features")
    if isinstance(features, list) and len(features) == 1 and isinstance(features[0], dict):
        return features[0]
    return None
