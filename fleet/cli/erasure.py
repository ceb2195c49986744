"""``fleet orders erase``: names, addresses and telephone numbers behind orders go; the log stays whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any

import typer

from fleet.cli.day import TIMEOUT_S, By, Day, Name, Root, Timeout, request, who
from fleet.cli.options import Json
from fleet.cli.output import BadInput, ExitCode, show
from fleet.domain.state import State
from fleet.hub.rundir import DEFAULT_NAME, ROOT
from fleet.intake.suggest import did_you_mean
from fleet.protocol.messages import EraseContacts, Reply

AT_A_TIME = 400
"""Orders of one request: the wire takes 64 KiB."""


def erase(
    order_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="The orders.")] = None,
    client: Annotated[
        str | None, typer.Option("--client", metavar="CLIENT", help="All orders of this client.")
    ] = None,
    why: Annotated[
        str, typer.Option("--why", metavar="TEXT", help="The reason, for the record: name nobody in it.")
    ] = "",
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Also of parcels that are still to be brought.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    by: By = None,
    timeout: Timeout = TIMEOUT_S,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Erase the personal data behind orders, for good. Who did it, when and why is kept.

    What backups hold is not erased: see `docs/personal-data.md`."""
    if not why.strip():
        raise BadInput("--why is needed: the reason is kept for the record, as `request of the recipient`")
    day = Day.named(name, root)
    wanted = _wanted(day.ledger().state, order_ids or [], client)
    if not yes:
        _confirm(len(wanted))
    left = iter(wanted)
    erased: list[str] = []
    before = 0
    while some := tuple(islice(left, AT_A_TIME)):
        message = request(EraseContacts, order_ids=some, by=who(by), why=why, unfinished=unfinished)
        reply = day.ask(message, timeout_s=timeout)
        if not reply.ok:
            _end(erased, before, reply, as_json=as_json)
        erased.extend(reply.ids)
        before += len(some) - len(reply.ids)
    _end(erased, before, None, as_json=as_json)


def _wanted(state: State, order_ids: list[str], client: str | None) -> list[str]:
    """The orders that were named, and all of a client's. Raises ``BadInput`` where there is none of that name."""
    if not order_ids and client is None:
        raise BadInput("which orders? name their ids, or a client with --client")
    for order_id in order_ids:
        if order_id not in state.parcels:
            hint = did_you_mean(order_id, sorted(state.parcels))
            raise BadInput(f"there is no order {order_id!r}{hint}; `fleet orders list` shows them")
    of_client = sorted(_of(state, client)) if client is not None else []
    if client is not None and not of_client:
        clients = sorted({parcel.order.client for parcel in state.parcels.values()})
        raise BadInput(f"--client: no order is of {client!r}{did_you_mean(client, clients)}")
    return list(dict.fromkeys((*order_ids, *of_client)))


def _of(state: State, client: str) -> Iterator[str]:
    return (order_id for order_id, parcel in state.parcels.items() if parcel.order.client == client)


def _confirm(count: int) -> None:
    """Ask; raises ``BadInput`` for a no, and where there is nobody to ask."""
    question = (
        f"Erase the personal data behind {count} order{'s' if count != 1 else ''}? It can't be had back"
    )
    try:
        agreed = typer.confirm(question, err=True)
    except typer.Abort:
        agreed = False
    if not agreed:
        raise BadInput("nothing was erased; --yes agrees without being asked")


def _end(erased: list[str], before: int, refusal: Reply | None, *, as_json: bool) -> None:
    reasons = [] if refusal is None else list(refusal.reasons)
    row: dict[str, Any] = {
        "ok": refusal is None,
        "erased": erased,
        "erased_before": before,
        "detail": "" if refusal is None else refusal.detail,
        "reasons": [r.model_dump(mode="json", exclude_none=True) for r in reasons],
    }
    text = f"{len(erased)} erased, {before} had been before"
    if refusal is not None:
        why = "; ".join(reason.detail for reason in reasons) or refusal.detail
        text = f"{text}; the hub refused the others: {why}"
    show(row, text, as_json=as_json)
    raise typer.Exit(ExitCode.OK if refusal is None else ExitCode.NO)
