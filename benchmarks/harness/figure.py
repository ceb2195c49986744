"""What a benchmark says: figures with goal and floor, and ratios of two things measured in turns."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. ``most``: the value may be at most goal and floor, else at least. ``and_also`` is what
    must be true besides; ``more`` is what else was seen and goes into the JSON beside it. A value of none is what could
    not be measured, which ``more`` says the reason of (``why``): it never holds."""

    name: str
    value: float | None
    unit: str
    goal: float
    floor: float
    most: bool = False
    and_also: bool = True
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether the value is on the right side of the floor, and what must be true besides is."""
        if self.value is None:
            return False
        return self.and_also and (self.value <= self.floor if self.most else self.value >= self.floor)

    def as_json(self) -> dict[str, Any]:
        """The figure as the benchmarks print it."""
        return {
            "name": self.name,
            "value": None if self.value is None else round(self.value, 3),
            "unit": self.unit,
            "goal": round(self.goal, 3),
            "floor": round(self.floor, 3),
            "holds": self.holds,
            **self.more,
        }


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured. ``rounds``: how often the arms take turns; seconds of measuring and of warming up."""

    rounds: int = 5
    lasts_s: float = 4.0
    warm_s: float = 2.0
    assets: int = 1000
    connections: int = 64
    long: bool = False


QUICK = Scale(rounds=1, lasts_s=0.3, warm_s=0.3, assets=50, connections=5)
"""A smoke run: it shows that everything works, and measures nothing."""


def in_turns(rounds: int, **arms: Callable[[], dict[str, float]]) -> dict[str, list[dict[str, float]]]:
    """Run the arms in turns, each round beginning with another, so that a machine that grows slower or faster meanwhile
    is the same to all."""
    names, found = list(arms), {name: list[dict[str, float]]() for name in arms}
    for number in range(rounds):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            found[name].append(arms[name]())
    return found


def ratio(
    ours: Sequence[dict[str, float]], others: Sequence[dict[str, float]], what: str
) -> tuple[float, list[float]]:
    """The median over all rounds of our figure over the other's in the same round, with the lowest and the highest."""
    ratios = sorted(a[what] / b[what] for a, b in zip(ours, others, strict=True))
    return statistics.median(ratios), [round(ratios[0], 3), round(ratios[-1], 3)]


def median(rounds: Sequence[dict[str, float]], what: str) -> float:
    """The median of a figure over all rounds."""
    return statistics.median(r[what] for r in rounds)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of all lies; ``values`` may not be empty."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(figures: Sequence[Figure]) -> str:
    """The figures for people: value, goal, floor, and whether they hold."""
    rows = [("figure", "value", "goal", "floor", "holds")]
    for figure in figures:
        sign = "<=" if figure.most else ">="
        shown = (
            "none" if figure.value is None else f"{figure.value:.3g} {figure.unit}",
            f"{sign} {figure.goal:.3g}",
            f"{sign} {figure.floor:.3g}",
        )
        rows.append((figure.name, *shown, "yes" if figure.holds else "NO"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def reasons(figures: Iterable[Figure]) -> list[str]:
    """For people, why figures have no value: each reason once, after the figures that it is of."""
    by_why: dict[str, list[str]] = {}
    for figure in figures:
        if figure.value is None and (why := figure.more.get("why")):
            by_why.setdefault(why, []).append(figure.name)
    return [f"{', '.join(names)}: none, for {why}" for why, names in by_why.items()]


Load = TypeVar("Load")


def printed(
    parts: Mapping[str, Callable[[Load], Sequence[Figure]]], names: Iterable[str], load: Load, *, quick: bool
) -> int:
    """Run parts and print their figures, for people on stderr, as JSON on stdout; the exit code: 0 where all floors
    hold, or ``quick`` shows only that everything works."""
    figures: list[Figure] = []
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        figures += parts[name](load)
    print("\n".join([table(figures), *reasons(figures)]), file=sys.stderr)
    print(json.dumps({"figures": [figure.as_json() for figure in figures]}))
    return 0 if quick or all(figure.holds for figure in figures) else 1
