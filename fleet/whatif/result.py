"""What came of a study, as data: figures by day, their spread, and how two fleets differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from fleet.whatif.day import Figures, beginning
from fleet.whatif.measures import COMPONENT, MODE, ordered
from fleet.whatif.runs import Done
from fleet.whatif.scenario import Study
from fleet.whatif.spread import CONFIDENCE, Difference, Spread, difference, spread

FORMAT: Final = "lastmile-whatif/1"


class Tally:
    """Takes days in as they end; days of which not every fleet has come in are not compared."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._figures: dict[int, dict[int, Figures]] = {}
        self.failed: list[Done] = []

    def take(self, done: Done) -> None:
        """One fleet's day is over."""
        if done.figures is None:
            self.failed.append(done)
        else:
            self._figures.setdefault(done.day, {})[done.case] = done.figures

    @property
    def days(self) -> list[int]:
        """The days that every fleet has behind it."""
        return sorted(day for day, found in self._figures.items() if len(found) == len(self.study.cases))

    def of(self, case: int) -> list[Figures]:
        """A fleet's figures, by day."""
        return [self._figures[day][case] for day in self.days]

    def spreads(self, case: int) -> dict[str, Spread]:
        """How a fleet's figures are spread. A part of the cost that a day does not have was nothing on it."""
        days = self.of(case)
        found = {name: spread(_column(days, name)) for name in _names(days)}
        return {name: one for name, one in found.items() if one is not None}

    def differences(self) -> dict[str, Difference]:
        """How the second fleet differs from the first, on the days that have the figure with both."""
        first, second = self.of(0), self.of(1)
        found = {}
        for name in _names([*first, *second]):
            pairs = [(_value(a, name), _value(b, name)) for a, b in zip(first, second, strict=True)]
            both = [(a, b) for a, b in pairs if a is not None and b is not None]
            told = difference([a for a, _ in both], [b for _, b in both])
            if told is not None:
                found[name] = told
        return found


def _names(days: Iterable[Figures]) -> dict[str, None]:
    return {each.name: None for each in ordered({name: None for day in days for name in day})}


def _value(day: Figures, name: str) -> float | None:
    """A part of the cost that is not there is nothing; a share that is not there is not known."""
    return day.get(name, 0.0 if name.startswith((COMPONENT, MODE)) else None)


def _column(days: Sequence[Figures], name: str) -> list[float]:
    return [value for day in days if (value := _value(day, name)) is not None]


def as_data(tally: Tally) -> dict[str, Any]:
    """The study and what came of it, ready for JSON."""
    study, days = tally.study, tally.days
    names = [case.name for case in study.cases]
    figures = [tally.of(number) for number in range(len(names))]
    data: dict[str, Any] = {
        "format": FORMAT,
        "seed": study.seed,
        "confidence": CONFIDENCE,
        "days_asked": study.days,
        "days_done": len(days),
        "currency": beginning(study.cases[0]).currency,
        "incidents": study.incidents,
        "uncertainty": {"demand": study.demand, **study.uncertainty.model_dump()},
        "fleets": [
            {"name": name, "assets": beginning(case).assets, "figures": _told(tally.spreads(number))}
            for number, (name, case) in enumerate(zip(names, study.cases, strict=True))
        ],
        "days": [
            {"day": day, "seed": study.day_seed(day), "figures": list(found)}
            for day, found in zip(days, zip(*figures, strict=True), strict=True)
        ],
        "failed": [
            {"day": one.day, "fleet": names[one.case], "message": one.failed}
            for one in sorted(tally.failed, key=lambda one: (one.day, one.case))
        ],
    }
    if len(names) > 1:
        data["difference"] = {
            name: {**asdict(one), "told_apart": one.told_apart} for name, one in tally.differences().items()
        }
    return data


def _told(spreads: Mapping[str, Spread]) -> dict[str, Any]:
    return {name: asdict(one) for name, one in spreads.items()}
