"""A study in words: how the figures of each fleet are spread, and how two fleets differ."""

from __future__ import annotations

from collections.abc import Iterator

from fleet.cli.output import table
from fleet.whatif.day import beginning
from fleet.whatif.measures import FIXED, Measure, ordered
from fleet.whatif.result import Tally
from fleet.whatif.scenario import Study
from fleet.whatif.spread import LEAST_FOR_TAILS, Difference, Estimate, Interval, Spread

IN_WORDS = (
    "cost",
    "cost_per_served",
    "served_share",
    "on_time_share",
    "left_to_drivers",
    "co2_kg",
    "breaches",
)
"""The figures whose difference is told in a sentence."""


def told(tally: Tally) -> str:
    """What came of a study, for people."""
    study = tally.study
    currency = beginning(study.cases[0]).currency
    lines = [_heading(tally), *_doubts(study)]
    for number, case in enumerate(study.cases):
        lines += ["", f"{case.name} ({_assets(study, number)})", _spreads(tally.spreads(number), currency)]
    if len(study.cases) > 1:
        lines += ["", *_compared(tally, currency)]
    return "\n".join(lines)


def _heading(tally: Tally) -> str:
    study, days = tally.study, len(tally.days)
    some = f"{days} of {study.days} days" if days < study.days else f"{days} day{'s' if days != 1 else ''}"
    return f"{some}, seed {study.seed}; intervals hold at 95 %"


def _doubts(study: Study) -> Iterator[str]:
    known = study.uncertainty
    parts = [
        f"demand {study.demand:.0%}" if study.demand else "",
        f"travel {known.travel:.0%}" if known.travel else "",
        f"wind {known.wind_mps:g} m/s" if known.wind_mps else "",
        f"{known.failures:g} failures in 100 h of moving" if known.failures else "",
        f"incidents {study.incidents}" if study.incidents != "none" else "",
    ]
    stated = [part for part in parts if part]
    yield "unknown: " + (
        ", ".join(stated)
        if stated
        else "only how long each street and each stop takes (--demand, --travel, --wind and --failures say more)"
    )


def _assets(study: Study, number: int) -> str:
    assets = beginning(study.cases[number]).assets
    return ", ".join(
        f"{count} {kind.replace('_', ' ')}{'s' if count != 1 else ''}" for kind, count in assets.items()
    )


def _spreads(spreads: dict[str, Spread], currency: str) -> str:
    """With enough days for the outer quantiles, each with its interval; else the least and the greatest day."""
    rows = [_spread_row(each, spreads[each.name], currency) for each in ordered(spreads)]
    tails = all(one.days >= LEAST_FOR_TAILS for one in spreads.values())
    if not tails:
        return table(("a day", "mean", "within", "median", "least", "greatest"), rows)
    return table(("a day", "mean", "within", "median", "within", "5 %", "within", "95 %", "within"), rows)


def _spread_row(what: Measure, found: Spread, currency: str) -> tuple[str, ...]:
    name, middle = _name(what, currency), _estimate(what, found.mean)
    if found.p5 is None or found.p95 is None:
        rest = (found.median.value, found.least, found.greatest)
        return (name, *middle, *(_number(what, value) for value in rest))
    quantiles = (found.median, found.p5, found.p95)
    return (name, *middle, *(cell for one in quantiles for cell in _estimate(what, one)))


def _estimate(what: Measure, found: Estimate) -> tuple[str, str]:
    return _number(what, found.value), _interval(what, found.within)


def _interval(what: Measure, found: Interval) -> str:
    """Open ends are left open: there are too few days to close them. Where all days were alike there is nothing to
    estimate from."""
    if found.low is not None and found.low == found.high:
        return "all alike"
    low = "…" if found.low is None else _number(what, found.low)
    high = "…" if found.high is None else _number(what, found.high)
    return f"{low} to {high}"


def _number(what: Measure, value: float) -> str:
    return f"{value:.{what.decimals}f}"


def _name(what: Measure, currency: str) -> str:
    unit = currency if what.unit == "money" else what.unit
    return f"{what.words}, {unit}" if unit and unit != "parcels" else what.words


def _compared(tally: Tally, currency: str) -> Iterator[str]:
    first, second = (case.name for case in tally.study.cases)
    differences = tally.differences()
    yield f"{second} against {first}, on the same days:"
    other = {name: one for name, one in differences.items() if not _same(one)}
    if not other:
        yield "nothing differs on any day"
        return
    rows = [_difference_row(each, other[each.name], currency) for each in ordered(other)]
    yield table(("a day", "differs by", "within", "lower on", "higher on", ""), rows)
    yield "what is not named is the same on every day"
    yield ""
    for each in FIXED:
        if each.name in IN_WORDS and each.name in differences:
            yield sentence(each, differences[each.name], currency)


def _difference_row(what: Measure, found: Difference, currency: str) -> tuple[str, ...]:
    said = "told apart" if found.told_apart else "may be chance"
    mean = f"{found.mean.value:+.{what.decimals}f}"
    return (
        _name(what, currency),
        mean,
        _interval(what, found.mean.within),
        f"{found.lower} of {found.days}",
        f"{found.higher} of {found.days}",
        said,
    )


def _same(found: Difference) -> bool:
    return found.lower == found.higher == 0


def sentence(what: Measure, found: Difference, currency: str) -> str:
    """One difference in plain words, with whether it is told apart from chance."""
    name = _name(what, currency)
    if _same(found):
        return f"{name}: the same on every day"
    if found.days == 1:
        return f"{name}: {found.mean.value:+.{what.decimals}f} on one day; one day tells nothing of others"
    within = _interval(what, found.mean.within)
    way = "lower" if found.mean.value < 0 else "higher"
    size = f"{abs(found.mean.value):.{what.decimals}f}"
    if found.told_apart:
        good = "" if what.better == "neither" else f", {_judged(what, found)}"
        return f"{name}: {way} by {size} ({within}): told apart from chance{good}"
    if found.days_needed is None:
        return f"{name}: no difference seen ({within})"
    more = f"about {found.days_needed} days would tell one of this size"
    return f"{name}: {way} by {size} ({within}): may be chance; {more}"


def _judged(what: Measure, found: Difference) -> str:
    lower_is_better = what.better == "less"
    return "better" if (found.mean.value < 0) is lower_is_better else "worse"
