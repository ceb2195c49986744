"""``fleet routes``: the vans' routes as they stand now, and manifests for those who drive them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from fleet.cli.day import Day, Name, Root
from fleet.cli.files import write_out
from fleet.cli.locks import RouteId, lock_routes
from fleet.cli.options import Json
from fleet.cli.output import BadInput, note, show, table
from fleet.cli.runnetwork import network_of_run
from fleet.dispatch.manifestfiles import DRAWN, FORMATS
from fleet.dispatch.manifests import Manifest, as_row, break_row, is_route, manifest, with_ways
from fleet.domain.state import State
from fleet.hub.rundir import DEFAULT_NAME, ROOT
from fleet.intake.suggest import did_you_mean
from fleet.protocol.values import Contact

app = typer.Typer(no_args_is_help=True)
lock_routes(app)

COLUMNS = (
    "route_id",
    "asset_id",
    "status",
    "revision",
    "start",
    "stops",
    "done",
    "parcels",
    "next",
    "expected",
)
STOP_COLUMNS = ("stop", "status", "expected", "address", "deliver", "collect", "locker_id")


@app.command("list")
def list_routes(name: Name = DEFAULT_NAME, root: Root = ROOT, as_json: Json = False) -> None:
    """List the routes: how far each is, and the stop that comes next."""
    state = Day.named(name, root).ledger().state
    rows = [_summary(each) for each in _manifests(state)]
    lines = [["" if row[column] is None else row[column] for column in COLUMNS] for row in rows]
    show({"routes": rows}, f"{table(COLUMNS, lines)}\n{len(rows)} routes", as_json=as_json)


@app.command("show")
def show_route(
    route_id: RouteId, name: Name = DEFAULT_NAME, root: Root = ROOT, as_json: Json = False
) -> None:
    """Show one route with its stops. Times are in the depot's time zone."""
    state = Day.named(name, root).ledger().state
    (found,) = _wanted(state, route_id)
    rows = [as_row(stop) for stop in found.stops]
    lines = [[_cell(row[column]) for column in STOP_COLUMNS] for row in rows]
    head = f"{found.route_id} of {found.asset_id}: {found.status}, starts {found.start.isoformat()}"
    rest = found.driver_break
    told = {} if rest is None else {"break": break_row(rest)}
    tail = "" if rest is None else f"\n{rest.text}"
    text = f"{head}\n{table(STOP_COLUMNS, lines)}{tail}"
    show(_summary(found) | {"stops": rows} | told, text, as_json=as_json)


@app.command("export")
def export(
    route_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="One route; all unless told.")
    ] = None,
    file_format: Annotated[
        str, typer.Option("--format", metavar="|".join(FORMATS), help="The format of the manifest.")
    ] = "csv",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where it goes; stdout unless told.")
    ] = None,
    contacts: Annotated[
        bool, typer.Option("--contacts", help="Put addresses and names in: personal data, for the driver.")
    ] = False,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Export the manifest of one route or of all, as CSV, GPX 1.1 or GeoJSON."""
    if file_format not in FORMATS:
        raise BadInput(f"--format: must be one of {', '.join(FORMATS)} (found {file_format!r})")
    day = Day.named(name, root)
    state = day.ledger().state
    found = _wanted(state, route_id, _people(day, state) if contacts else None)
    if file_format in DRAWN:
        network = network_of_run(day.run)
        found = [with_ways(each, network) for each in found]
    text = FORMATS[file_format](found)
    data: dict[str, Any] = {"format": file_format, "routes": [each.route_id for each in found]}
    if out is None:
        show(data | {"text": text}, text.rstrip("\r\n"), as_json=as_json)
        return
    write_out(out, text)
    note(f"{len(found)} routes written")
    show(data | {"out": str(out)}, f"written to {out}", as_json=as_json)


def _people(day: Day, state: State) -> dict[str, Contact]:
    kept = ((order_id, day.contact(order_id)) for order_id in state.parcels)
    return {order_id: contact for order_id, contact in kept if contact is not None}


def _manifests(state: State, people: dict[str, Contact] | None = None) -> list[Manifest]:
    routes = [record for _, record in sorted(state.missions.items()) if is_route(record)]
    return [manifest(record, state, contacts=people) for record in routes]


def _wanted(state: State, route_id: str | None, people: dict[str, Contact] | None = None) -> list[Manifest]:
    """The route of that id, or all. Raises ``BadInput`` where there is none."""
    routes = _manifests(state, people)
    if route_id is None:
        return routes
    found = [each for each in routes if each.route_id == route_id]
    if not found:
        hint = did_you_mean(route_id, [each.route_id for each in routes])
        raise BadInput(f"there is no route {route_id!r}{hint}; `fleet routes list` shows them")
    return found


def _summary(route: Manifest) -> dict[str, Any]:
    left = [stop for stop in route.stops if stop.status != "done"]
    coming = left[0] if left else None
    expected = (
        None if coming is None or coming.expected is None else coming.expected.isoformat(timespec="seconds")
    )
    return {
        "route_id": route.route_id,
        "asset_id": route.asset_id,
        "status": route.status,
        "revision": route.revision,
        "start": route.start.isoformat(timespec="seconds"),
        "stops": len(route.stops),
        "done": len(route.stops) - len(left),
        "parcels": len({o for stop in route.stops for o in (*stop.deliver, *stop.collect)}),
        "next": None if coming is None else coming.address,
        "expected": expected,
    }


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(value)
    return "" if value is None else str(value)
