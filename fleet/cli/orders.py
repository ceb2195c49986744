"""``fleet orders``: parcels come in, are listed, and each can be asked why it goes the way it goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from fleet.cli.day import TIMEOUT_S, Day, Name, Root, Timeout, check_kind, request
from fleet.cli.erasure import erase
from fleet.cli.explanation import Row, explanation_text, ways_lines
from fleet.cli.locks import lock_orders
from fleet.cli.options import Json
from fleet.cli.output import BadInput, ExitCode, Unreachable, note, show, table, warn
from fleet.console.ledger import Ledger
from fleet.console.views.explain import explain
from fleet.console.views.orders import order_row
from fleet.domain.state import State
from fleet.hub.rundir import DEFAULT_NAME, ROOT
from fleet.intake.errors import FieldError, TableError, file_error
from fleet.intake.orders import OrdersFile, read_orders
from fleet.intake.suggest import did_you_mean
from fleet.protocol.lifecycle import ParcelStatus
from fleet.protocol.messages import ExplainOrder, Reply, SubmitOrders
from fleet.protocol.options import OrderOptions
from fleet.protocol.values import Contact, Order

app = typer.Typer(no_args_is_help=True)
app.command("erase")(erase)
lock_orders(app)

COLUMNS = ("id", "direction", "status", "mode", "asset", "locker", "custodian", "eta", "due_by")
BATCH_BYTES = 2_000_000
"""JSON of one batch; the wire takes twice as much. A small day goes in at once, so that it is planned as a whole."""
WAYS_TIMEOUT_S = 12.0
"""The planner answers within a few seconds, or the hub says that it does not."""
OrderId = Annotated[str, typer.Argument(metavar="ID", help="The order; `fleet orders list` shows them.")]
Taken = tuple[Order, Contact]


@app.command("import")
def import_orders(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Orders (CSV).")],
    skip_bad_rows: Annotated[
        bool, typer.Option("--skip-bad-rows", help="Take the sound orders in and list the refused rows.")
    ] = False,
    timeout: Timeout = TIMEOUT_S,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Take orders in from a file: all rows or, with --skip-bad-rows, the sound ones."""
    day = Day.named(name, root)
    state = day.ledger().state
    read = read_orders(file, near=[site.place for site in state.sites.values()])
    orders, refused = _sound(read, state, skip_bad_rows=skip_bad_rows)
    done = Import()
    for batch in _batches(orders):
        note(f"sending {len(batch)} orders")
        done.note(batch, day.ask(_submission(batch), timeout_s=timeout))
        if done.refusal is not None:
            break
    data = {"file": str(file), **done.row(), "refused": [_fault(error) for error in refused]}
    show(data, done.text(len(orders), len(refused)), as_json=as_json)
    raise typer.Exit(ExitCode.OK if done.refusal is None else ExitCode.NO)


@dataclass(slots=True)
class Import:
    """How far an import is. ``refusal`` is why the hub took no more."""

    taken: int = 0
    known: int = 0
    refusal: Reply | None = None

    def note(self, batch: Sequence[Taken], reply: Reply) -> None:
        """Count the hub's answer to a batch."""
        if not reply.ok:
            self.refusal = reply
            return
        self.taken += len(reply.ids)
        self.known += len(batch) - len(reply.ids)

    def row(self) -> dict[str, Any]:
        """The figures as JSON."""
        reply = self.refusal
        reasons = (
            [] if reply is None else [r.model_dump(mode="json", exclude_none=True) for r in reply.reasons]
        )
        return {
            "ok": reply is None,
            "taken_in": self.taken,
            "known": self.known,
            "detail": "" if reply is None else reply.detail,
            "reasons": reasons,
        }

    def text(self, orders: int, refused: int) -> str:
        """The figures for people."""
        counts = f"{self.taken} taken in, {self.known} known already, {refused} rows refused"
        if self.refusal is None:
            return counts
        why = "; ".join(reason.detail for reason in self.refusal.reasons) or self.refusal.detail
        left = orders - self.taken - self.known
        return f"{counts}; the hub refused {left}: {why}"


def _sound(read: OrdersFile, state: State, *, skip_bad_rows: bool) -> tuple[list[Taken], list[FieldError]]:
    """The orders to send and the refused rows' errors; any error ends the command unless rows may be skipped."""
    clashes = {order.order_id for order in read.orders if _clashes(order, state)}
    errors = [error for row in read.refused for error in row.errors]
    errors += [_known_differently(read, order.order_id) for order in read.orders if order.order_id in clashes]
    errors.sort(key=lambda error: error.line or 0)
    if errors and not skip_bad_rows:
        raise TableError(errors)
    for error in errors:
        warn(f"refused: {error}")
    orders = [taken for taken in read.accepted if taken[0].order_id not in clashes]
    if not orders:
        raise file_error(read.file, "holds no order that can be taken in")
    return orders, errors


def _clashes(order: Order, state: State) -> bool:
    known = state.parcels.get(order.order_id)
    return known is not None and known.order != order


def _known_differently(read: OrdersFile, order_id: str) -> FieldError:
    message = "is known with other content; give the new parcel another id"
    return FieldError(read.file, read.lines[order_id], "order_id", order_id, message)


def _batches(orders: Sequence[Taken]) -> Iterator[list[Taken]]:
    batch: list[Taken] = []
    size = 0
    for order, contact in orders:
        length = len(order.model_dump_json().encode()) + len(contact.model_dump_json().encode())
        if batch and size + length > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append((order, contact))
        size += length
    if batch:
        yield batch


def _submission(batch: Sequence[Taken]) -> SubmitOrders:
    orders, contacts = zip(*batch, strict=True)
    return request(SubmitOrders, orders=orders, contacts=contacts)


def _fault(error: FieldError) -> dict[str, Any]:
    return {name: getattr(error, name) for name in ("line", "field", "value", "message")}


@app.command("list")
def list_orders(
    status: Annotated[
        str | None, typer.Option("--status", metavar="STATUS", help="Only parcels in this status.")
    ] = None,
    mode: Annotated[
        str | None, typer.Option("--mode", metavar="MODE", help="Only parcels served in this mode.")
    ] = None,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """List the parcels: where each is, who brings it, and whether it will be on time."""
    if status is not None and status not in [each.value for each in ParcelStatus]:
        raise BadInput(f"--status: must be one of {', '.join(ParcelStatus)} (found {status!r})")
    ledger = Day.named(name, root).ledger()
    check_kind("--mode", mode, ledger.state)
    rows = [order_row(ledger, order_id) for order_id in sorted(ledger.state.parcels)]
    shown = [row for row in rows if status in (None, row["status"]) and mode in (None, row["mode"])]
    lines = [[*(_cell(row[column]) for column in COLUMNS), "late" if row["late"] else ""] for row in shown]
    show(
        {"orders": shown},
        f"{table((*COLUMNS, 'late'), lines)}\n{len(shown)} of {len(rows)} parcels",
        as_json=as_json,
    )


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


@app.command("show")
def show_order(
    order_id: OrderId, name: Name = DEFAULT_NAME, root: Root = ROOT, as_json: Json = False
) -> None:
    """Show one parcel, with the person behind it. No other command shows personal data."""
    day = Day.named(name, root)
    ledger = day.ledger()
    _check_known(ledger, order_id)
    contact = day.contact(order_id)
    person = None if contact is None else contact.model_dump(mode="json", exclude={"order_id"})
    row = explain(ledger, order_id)["order"]
    facts = [(key, _cell(value)) for key, value in row.items()]
    told = [(key, value) for key, value in (person or {"contact": "erased, or never kept"}).items() if value]
    show(
        row | {"contact": person},
        "\n".join(f"{key}: {value}" for key, value in (*facts, *told)),
        as_json=as_json,
    )


@app.command("explain")
def explain_order(
    order_id: OrderId,
    ways: Annotated[
        bool,
        typer.Option(
            "--ways/--no-ways", help="Ask the hub for every locker, site and type, with cost or reason."
        ),
    ] = True,
    timeout: Timeout = WAYS_TIMEOUT_S,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Explain one parcel: why this mode, why not each other, energy, plan, hand-ons and custody.

    Every way of one that is still to be planned or sent comes from the hub, if it runs.
    """
    day = Day.named(name, root)
    ledger = day.ledger()
    _check_known(ledger, order_id)
    row = explain(ledger, order_id)
    found, missing = _ways(day, row, timeout) if ways else (None, "")
    told = None if found is None else found.model_dump(mode="json", exclude_none=True)
    lines = (explanation_text(row), *ways_lines(found, missing))
    show(row | {"ways": told, "ways_missing": missing}, "\n".join(lines), as_json=as_json)


def _ways(day: Day, row: Row, timeout_s: float) -> tuple[OrderOptions | None, str]:
    """What the hub answers; where it does not, why: all else of an explanation needs no hub."""
    order_id = row["order"]["id"]
    if row["no_choice_left"] is not None:
        return None, f"{order_id} {row['no_choice_left']}"
    try:
        reply = day.ask(request(ExplainOrder, order_id=order_id), timeout_s=timeout_s)
    except (Unreachable, BadInput) as error:  # the latter for a key file that can't be used
        return None, str(error)
    return reply.options, "" if reply.ok else reply.detail


def _check_known(ledger: Ledger, order_id: str) -> None:
    if order_id not in ledger.state.parcels:
        hint = did_you_mean(order_id, sorted(ledger.state.parcels))
        raise BadInput(f"there is no order {order_id!r}{hint}; `fleet orders list` shows them")
