"""``fleet zones show|convert|diff``: zone files looked into, written in another format, and told apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from fleet.cli.files import check_out, write_out
from fleet.cli.options import Json, Tolerant
from fleet.cli.output import BadInput, ExitCode, note, show, warn
from fleet.intake.authorisations import told_of_unfit
from fleet.intake.errors import FieldError, IntakeError
from fleet.intake.escapes import one_line
from fleet.intake.fleetfile import read_fleet
from fleet.intake.suggest import did_you_mean
from fleet.intake.zones import (
    ZonesRead,
    read_zone_files,
    told_of_empty_files,
    told_of_far_files,
    told_of_missing_zones,
)
from fleet.protocol.values import Place
from geofences.checks.authorisation import Authorisation, concerns, described
from geofences.model.zone import Zone
from geofences.readers import Refused
from geofences.readers.whereabouts import SWAPPED
from geofences.writers import WRITERS, Options, write_zones
from geofences.zones.compare import Changed, Differences, compare
from geofences.zones.describe import describe
from geofences.zones.zoneset import ZoneSet

PATH = "the path"
"""What the places are called where zones matter to a path."""

Files = Annotated[list[Path], typer.Argument(metavar="FILE…", help="Zone files in any format that is read.")]


def show_zones(
    files: Files,
    zone_id: Annotated[str | None, typer.Option("--zone", metavar="ID", help="This one only.")] = None,
    fleet: Annotated[
        Path | None, typer.Option("--fleet", metavar="FILE", help="Whose authorisations are shown with them.")
    ] = None,
    tolerant: Tolerant = False,
    as_json: Json = False,
) -> None:
    """Show all that zones say, what was remarked in reading them, and what is held for them."""
    read = read_files(files, tolerant=tolerant)
    held = () if fleet is None else read_fleet(fleet).authorisations
    for told in told_of_unfit(read.zones, held):
        warn(told)
    zones = read.zones.zones if zone_id is None else read.zones.find(zone_id)
    if zone_id is not None and not zones:
        known = [each.zone_id for each in read.zones.zones]
        raise BadInput(f"--zone: there is no zone {zone_id!r}{did_you_mean(zone_id, known)}")
    data = {
        "zones_version": read.zones.version,
        "zones": [_all_of(each, _held(read.zones, each, held)) for each in zones],
        "refused": [{"file": each.file, "zone": each.field, "why": each.message} for each in read.refused],
    }
    text = "\n\n".join(
        [
            *(_shown(each, _held(read.zones, each, held)) for each in zones),
            f"{len(zones)} {'zone' if len(zones) == 1 else 'zones'}, {read.zones.version}",
        ]
    )
    show(data, text, as_json=as_json)


def convert(
    files: Files,
    to: Annotated[str, typer.Option("--to", metavar="|".join(WRITERS), help="The format to write.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where it goes.")],
    country: Annotated[
        str | None,
        typer.Option("--country", metavar="XXX", help="The country of zones that state none, in 3 letters."),
    ] = None,
    authority: Annotated[
        str, typer.Option("--authority", metavar="NAME", help="Who is responsible, where a standard asks.")
    ] = "",
    language: Annotated[
        str,
        typer.Option("--language", metavar="CODE", help="The language of names and messages, for ED-318."),
    ] = "und",
    tolerant: Tolerant = False,
    as_json: Json = False,
) -> None:
    """Write zones in another format: exit code 0 when all of them are in it, 1 when (tolerantly) some are not.

    A zone that the format can't express is never changed to fit: without --tolerant nothing is written. With it, what
    was left out is told: zones, and what of zones was not taken as it stands.
    """
    options = _options(to, country, authority, language)
    check_out("--out", out)
    if any(out.exists() and each.exists() and out.samefile(each) for each in files):
        raise BadInput(f"--out: is one of the files that are read (found {str(out)!r})")
    read = read_files(files, tolerant=tolerant)
    zones = [_of(each, country) for each in read.zones.zones]
    written = write_zones(zones, to, strict=False, options=options)
    left_out = list(_faults(zones, written.refused))
    if left_out and not tolerant:
        raise IntakeError(left_out)
    if left_out and len(left_out) == len(zones):
        raise IntakeError(left_out)  # an empty file would say that the air is free
    for each in left_out:
        warn(f"refused: {each}")
    remarks = list(_remarks(zones)) if tolerant else []
    for each in remarks:
        warn(f"remarked: {each}")
    write_out(out, written.text)
    refused = [*read.refused, *left_out]
    count = len(zones) - len(left_out)
    data = {
        "format": to,
        "out": str(out),
        "zones": count,
        "refused": [{"file": each.file, "zone": each.field, "why": each.message} for each in refused],
        "remarks": [{"file": each.file, "zone": each.field, "what": each.message} for each in remarks],
    }
    remarked = f", {len(remarks)} remarks" if remarks else ""
    show(data, f"{count} zones written to {out}, {len(refused)} refused{remarked}", as_json=as_json)
    raise typer.Exit(ExitCode.NO if refused else ExitCode.OK)


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A zone file.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Another, in any format.")],
    tolerant: Tolerant = False,
    as_json: Json = False,
) -> None:
    """Tell two zone files apart: exit code 0 when they say the same, 1 when they do not."""
    before, after = read_files([old], tolerant=tolerant), read_files([new], tolerant=tolerant)
    found = compare(before.zones, after.zones)
    data = {
        "old_version": before.zones.version,
        "new_version": after.zones.version,
        "added": [each.zone_id for each in found.added],
        "removed": [each.zone_id for each in found.removed],
        "changed": [
            {"zone": each.new.zone_id, "changes": [change._asdict() for change in each.changes]}
            for each in found.changed
        ],
        "missing": [each.zone for each in found.missing],
    }
    versions = f"{before.zones.version}\n{after.zones.version}"
    show(data, "\n".join([*map(one_line, _difference_lines(found)), versions]), as_json=as_json)
    if found.is_seen or not found:
        raise typer.Exit(ExitCode.NO if found else ExitCode.OK)
    note("unknown, since zones were refused: the others say the same")
    raise typer.Exit(ExitCode.UNKNOWN)


def read_files(
    files: Iterable[Path], *, tolerant: bool, near: Sequence[Place] = (), what: str = PATH
) -> ZonesRead:
    """The zones of files; those that a tolerant reading does not take are told on stderr, and files that can't matter.

    ``near`` are places where zones matter, called ``what``: a zone that would be there with its coordinates swapped is
    refused.
    """
    try:
        read = read_zone_files(files, tolerant=tolerant, near=near)
    except IntakeError as error:
        _tell_of_swapped(error.errors, what)
        if not tolerant and any((each.field or "").startswith("zone ") for each in error.errors):
            note("--tolerant takes the sound zones of such a file and lists the others")
        raise
    for each in read.refused:
        warn(f"refused: {each}")
    _tell_of_swapped(read.refused, what)
    missing = told_of_missing_zones(read.zones)
    if missing is not None:
        warn(missing)
    for told in (*told_of_empty_files(read), *told_of_far_files(read, near, what)):
        warn(told)
    return read


def _tell_of_swapped(refused: Iterable[FieldError], what: str) -> None:
    """Zones that seem swapped from where the path is may be right, and the path swapped."""
    if what == PATH and any(each.message.endswith(SWAPPED) for each in refused):
        note("or are longitude and latitude swapped in --path? lon comes first")


def _options(to: str, country: str | None, authority: str, language: str) -> Options:
    if to not in WRITERS:
        raise BadInput(f"--to: must be one of {', '.join(WRITERS)} (found {to!r})")
    if country is not None and not (len(country) == 3 and country.isascii() and country.isalpha()):
        raise BadInput(f"--country: must be 3 letters, such as DEU (found {country!r})")
    if not 1 <= len(language) <= 5:
        raise BadInput(
            f"--language: must be a code of at most 5 characters, such as de-CH (found {language!r})"
        )
    if len(authority) > 200 or not authority.isprintable():
        raise BadInput(f"--authority: must be a name of at most 200 characters (found {authority!r})")
    return Options(authority, language)


def _of(zone: Zone, country: str | None) -> Zone:
    return replace(zone, country=country.upper()) if country and not zone.country else zone


def _faults(zones: Iterable[Zone], refused: Iterable[Refused]) -> Iterator[FieldError]:
    files = {each.zone_id: each.source for each in zones}
    for each in refused:
        yield FieldError(files[each.zone], None, f"zone {each.zone}", None, each.reason)


def _remarks(zones: Iterable[Zone]) -> Iterator[FieldError]:
    """What was not taken as it stands: members that are not heeded, limits and codes that were taken for others."""
    for each in zones:
        for remark in each.flags:
            yield FieldError(each.source, None, f"zone {each.zone_id}", None, remark)


def _all_of(zone: Zone, held: list[str]) -> dict[str, Any]:
    said = {"zone": zone.zone_id, **describe(zone), "source": zone.source, "remarks": list(zone.flags)}
    return {**said, "hash": zone.content_hash(), "held": held}


def _held(zones: ZoneSet, zone: Zone, held: Sequence[Authorisation]) -> list[str]:
    """What is held for a zone, in words."""
    return [described(one) for one in held if concerns(zones, one, zone)]


def _shown(zone: Zone, held: list[str]) -> str:
    said = {**describe(zone), "source": zone.source, "remarks": "; ".join(zone.flags)}
    said["held"] = "; ".join(held)
    lines = [zone.zone_id, *(f"  {name}: {value}" for name, value in said.items() if value)]
    return "\n".join(map(one_line, lines))


def _difference_lines(found: Differences) -> Iterator[str]:
    yield from (f"+ {each.zone_id}  {each.restriction}" for each in found.added)
    yield from (f"- {each.zone_id}  {each.restriction}" for each in found.removed)
    for changed in found.changed:
        yield from _changed_lines(changed)
    lacks = f", {len(found.missing)} not known" if found.missing else ""
    yield f"{len(found.added)} added, {len(found.removed)} removed, {len(found.changed)} changed{lacks}"


def _changed_lines(changed: Changed) -> Iterator[str]:
    yield f"~ {changed.new.zone_id}"
    yield from (
        f"    {one.what}: {one.old or '(nothing)'} -> {one.new or '(nothing)'}" for one in changed.changes
    )
