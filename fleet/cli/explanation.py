"""The explanation of one parcel in words, from the rows that the console shows too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fleet.domain.plan import ParcelPlan
from fleet.protocol.options import Option, OrderOptions

Row = dict[str, Any]


def explanation_text(row: Row) -> str:
    """The explanation as lines. ``row`` is what ``fleet.console.views.explain`` gives."""
    return "\n".join(_lines(row))


def _lines(row: Row) -> Iterator[str]:
    order = row["order"]
    priority = "" if order["priority"] == 1 else f", priority {order['priority']:g}"
    yield f"{order['id']}: {order['direction']}{priority}, {order['status']}, with {order['custodian']}"
    yield from _choice(row["choice"], row["plan"])
    yield from _unassigned(row["unassigned"])
    yield from _plan(row["plan"])
    yield from _mission(row["mission"])
    for hand_on in row["handed_on"]:
        yield f"handed on at {hand_on['at']} from {hand_on['from']} to {hand_on['to']} ({hand_on['asset']})"
        yield from _reasons(hand_on["reasons"])
    for change in row["replanned"]:
        now = "waits now" if change["now"] is None else f"now {_brought(change['now'])}"
        was = "nobody's" if change["was"] is None else _brought(change["was"])
        yield f"planned again at {change['at']}: was {was}, {now}"
        yield from _reasons(change["reasons"])
    for lock in row["locks"]:
        yield f"{'locked' if lock['locked'] else 'unlocked'} at {lock['at']} by {lock['by']}{_because(lock['why'])}"
    if row["excluded"]:
        yield f"not tried again: {', '.join(row['excluded'])}"
    yield "custody:" if row["custody"] else "custody: never handed over yet"
    for passed in row["custody"]:
        yield f"  {passed['at']}  {passed['giver']} -> {passed['taker']}"
    if row["exceptions"]:
        yield f"exceptions: {', '.join(row['exceptions'])}"


def options_text(parcel: ParcelPlan, currency: str) -> str:
    """Every way of a parcel as lines; that which it goes has a mark."""
    return "\n".join(
        (f"{parcel.order_id}: {parcel.mode}; its ways:", *_option_lines(parcel.options, currency))
    )


def ways_lines(found: OrderOptions | None, missing: str) -> Iterator[str]:
    """What the hub has said of every way of a parcel, or why it did not (``missing``; empty: it was not asked)."""
    if found is None:
        yield from (f"its ways: {missing}",) if missing else ()
        return
    yield f"its ways at {found.at.isoformat(timespec='seconds')}, beside {found.beside} other drafted parcels:"
    yield from _option_lines(found.options, found.currency)
    if found.more:
        yield f"  and {found.more} more"
    if found.nearest_change is not None:
        yield f"  no way has room for it; nearest change: {found.nearest_change}"
    yield from _reasons([reason.model_dump(mode="json", exclude_none=True) for reason in found.reasons])


def _option_lines(options: Iterable[Option], currency: str) -> Iterator[str]:
    for one in options:
        into, site = (
            (f" into {one.locker_id}" if one.locker_id else ""),
            (f" from {one.site_id}" if one.site_id else ""),
        )
        cost = "" if one.cost is None else f", {one.cost:.2f} {currency}"
        yield f"  {'*' if one.chosen else '-'} {one.mode} ({one.type_id}){site}{into}: {one.verdict.value}{cost}"
        rows = [reason.model_dump(mode="json", exclude_none=True) for reason in one.reasons]
        yield from (f"  {line}" for line in _reasons(rows))


def _because(why: str | None) -> str:
    return f": {why}" if why else ""


def _brought(by: Row) -> str:
    """By whom, into which locker, when."""
    where = "" if by["locker"] is None else f" into {by['locker']}"
    return f"{by['mode']} {by['asset']}{where}" + (f" at {by['eta']}" if by["eta"] else "")


def _choice(choice: Row | None, plan: Row | None) -> Iterator[str]:
    if choice is None:
        yield "not planned yet"
        return
    currency = "" if plan is None else f" {plan['currency']}"
    where = " ".join(filter(None, (choice["asset"], choice["locker"] and f"into {choice['locker']}")))
    yield f"chosen: {choice['mode']} {where}, {choice['cost']:.2f}{currency}{_saving(choice, currency)}{_eta(choice)}"
    for other in choice["alternatives"]:
        yield f"not {other['mode']}: {other['verdict']}{_cost(other, currency)}"
        yield from _reasons(other["reasons"])
    if choice["fallback"]:
        yield f"if that fails: {choice['fallback']['mode']}, {choice['fallback']['detail']}"


def _saving(choice: Row, currency: str) -> str:
    """What leaving it out would save, where that is not what it costs: on a route that is shared."""
    saving = choice["saving"]
    if saving is None or abs(saving - choice["cost"]) < 0.005:
        return ""
    return f" (its share; leaving it out saves {saving:.2f}{currency})"


def _eta(choice: Row) -> str:
    if choice["eta"] is None:
        return ""
    low, high = choice["eta_low"], choice["eta_high"]
    return f", expected {choice['eta']}" + (f" ({low} to {high})" if low and high else "")


def _cost(other: Row, currency: str) -> str:
    if other["cost"] is None:
        return ""
    extra = other["extra_cost"]
    return f", {other['cost']:.2f}{currency} ({abs(extra):.2f} {'more' if extra >= 0 else 'less'})"


def _unassigned(left_over: Row | None) -> Iterator[str]:
    if left_over is not None:
        yield f"nobody brings it; nearest change: {left_over['nearest_change']}"
        yield from _reasons(left_over["reasons"])


def _plan(plan: Row | None) -> Iterator[str]:
    if plan is not None:
        yield f"plan {plan['plan_id']}, made {plan['made_at']} from {plan['snapshot_id']}"
        yield f"  zones: {plan['zones_version']}"
        yield from (f"  assumes: {assumption}" for assumption in plan["assumptions"])


def _mission(mission: Row | None) -> Iterator[str]:
    if mission is None:
        return
    yield f"mission {mission['mission_id']} of {mission['asset']}: {mission['status']}"
    if mission["zones_version"]:
        yield f"  checked against zones {mission['zones_version']}"
    yield from (f"  assumes: {assumption}" for assumption in mission["assumptions"])
    for name, title in (("waits", "waits"), ("avoids", "kept apart from other flights")):
        if mission[name]:
            yield f"  {title}:"
            yield from (f"  {line}" for line in _reasons(mission[name]))
    if mission["energy"]:
        yield f"  energy: {', '.join(_energy(mission['energy']))}"
    if mission["no_return"]:
        yield f"  point of no return: {no_return_text(mission['no_return'])}"


def _energy(energy: Row) -> Iterator[str]:
    """The sum of the plan, then what the last check and the trip itself said."""
    if energy["planned_wh"] is None:
        yield f"planned {energy['energy_wh']:.1f} Wh"
        if energy["reserve_wh"] is not None:
            yield f"reserve {energy['reserve_wh']:.1f} Wh"
    else:
        yield _sum(energy)
        if abs(energy["energy_wh"] - energy["planned_wh"]) >= 0.05:
            yield f"expected when it was last checked {energy['energy_wh']:.1f} Wh"
    if energy["used_wh"] is not None:
        yield f"used {energy['used_wh']:.1f} Wh"


def _sum(energy: Row) -> str:
    parts = [f"planned {energy['planned_wh']:.1f} Wh"]
    if energy["alternate"] is not None:
        parts[0] += f"; to the alternate {energy['alternate']} {energy['alternate_wh']:.1f} Wh"
    share = "" if energy["margin_share"] is None else f" ({energy['margin_share']:.1%})"
    parts.append(f"margin {energy['margin_wh']:.1f} Wh{share}")
    parts += [f"reserve {energy['reserve_wh']:.1f} Wh", f"to spare {energy['spare_wh']:.1f} Wh"]
    return f"{' + '.join(parts)} = usable {energy['usable_wh']:.1f} Wh"


def no_return_text(found: Row) -> str:
    """From where on a sortie can't go home any more, in words."""
    spare = "" if found["spare_wh"] is None else f", {found['spare_wh']:.0f} Wh to spare at home with margin"
    if found["place"] is None:
        hover = (
            ""
            if not found["hover_s"]
            else f", may stay {found['hover_s']:.0f} s longer than planned at its drop"
        )
        return f"none, home is in reach all the way{spare}{hover}"
    where = ",".join(f"{degrees:.5f}" for degrees in found["place"])
    along = "" if found["along_m"] is None else f", {found['along_m']:.0f} m along {found['step']}"
    due = "" if found["due"] is None else f", due {found['due']}"
    then = (
        f"then only {', '.join(found['elsewhere'])}" if found["elsewhere"] else "then no other place either"
    )
    return f"{where}{along}{due}{' (passed)' if found['passed'] else ''}; {then}{spare}"


def _reasons(reasons: list[Row]) -> Iterator[str]:
    for reason in reasons:
        yield f"  {reason['code']}: {reason['detail']}{figures(reason)}"


def figures(reason: Row) -> str:
    """Limit and actual value with their unit and source, as far as the reason has them."""
    given = ((name, reason.get(name)) for name in ("limit", "actual"))
    parts = [f"{name} {_value(value, reason.get('unit'))}" for name, value in given if value is not None]
    parts += [f"source {reason['source']}"] if reason.get("source") else []
    return f" ({', '.join(parts)})" if parts else ""


def _value(value: float | str, unit: str | None) -> str:
    """A number with its unit; a name has none, whatever the other one is measured in."""
    if isinstance(value, str):
        return value
    return f"{value:g} {unit}" if unit else f"{value:g}"
