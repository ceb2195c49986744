"""``fleet orders lock`` and ``fleet routes lock``: what no new plan may change, until it is unlocked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from fleet.cli.day import TIMEOUT_S, By, Day, Name, Root, Timeout, Why, answer_or_exit, request, who
from fleet.cli.options import Json
from fleet.hub.rundir import DEFAULT_NAME, ROOT
from fleet.protocol.messages import LockOrders

OrderIds = Annotated[
    list[str], typer.Argument(metavar="ID...", help="The orders; `fleet orders list` shows them.")
]
RouteId = Annotated[str, typer.Argument(metavar="ID", help="The route; `fleet routes list` shows them.")]

ORDERS_HELP = {
    True: "Lock who brings orders, and when: no new plan changes that.",
    False: "Let new plans bring locked orders otherwise again.",
}
ROUTES_HELP = {
    True: "Lock all orders that a route has yet to bring: no new plan changes it.",
    False: "Let new plans change a locked route again.",
}


def lock_orders(app: typer.Typer) -> None:
    """Give ``fleet orders`` its commands."""
    for locked, text in ORDERS_HELP.items():
        app.command(_name(locked=locked), help=text)(_of_orders(locked=locked))


def lock_routes(app: typer.Typer) -> None:
    """Give ``fleet routes`` its commands."""
    for locked, text in ROUTES_HELP.items():
        app.command(_name(locked=locked), help=text)(_of_route(locked=locked))


def _name(*, locked: bool) -> str:
    return "lock" if locked else "unlock"


def _of_orders(*, locked: bool) -> Callable[..., None]:
    def tell(
        order_ids: OrderIds,
        why: Why = "",
        by: By = None,
        timeout: Timeout = TIMEOUT_S,
        name: Name = DEFAULT_NAME,
        root: Root = ROOT,
        as_json: Json = False,
    ) -> None:
        told = {"order_ids": tuple(order_ids), "locked": locked, "by": who(by), "why": why}
        _ask(told, timeout, Day.named(name, root), as_json=as_json)

    return tell


def _of_route(*, locked: bool) -> Callable[..., None]:
    def tell(
        route_id: RouteId,
        why: Why = "",
        by: By = None,
        timeout: Timeout = TIMEOUT_S,
        name: Name = DEFAULT_NAME,
        root: Root = ROOT,
        as_json: Json = False,
    ) -> None:
        told = {"mission_id": route_id, "locked": locked, "by": who(by), "why": why}
        _ask(told, timeout, Day.named(name, root), as_json=as_json)

    return tell


def _ask(told: dict[str, Any], timeout_s: float, day: Day, *, as_json: bool) -> None:
    answer_or_exit(day.ask(request(LockOrders, **told), timeout_s=timeout_s), as_json=as_json)
