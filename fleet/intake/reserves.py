"""Named sets of reserve rules, each with its source: what a fleet file may take instead of numbers of its own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from fleet.domain.fleet import Kept
from fleet.intake.suggest import did_you_mean
from fleet.intake.tomltext import Key, TomlSource

NUMBERS = ("fraction_of_usable", "minutes", "source")
"""What a rule states, so that nobody states it beside one."""


@cache
def reserve_sets() -> Mapping[str, Kept]:
    """All named rules."""
    text = files("fleet.intake.data").joinpath("reserves.toml").read_text(encoding="utf-8")
    return {name: Kept(**raw, rule=name) for name, raw in tomllib.loads(text).items()}


def with_rule(source: TomlSource, key: Key, raw: Mapping[str, Any]) -> dict[str, Any]:
    """A stated table of reserves with what the rule says that it names; faults are told to the source."""
    name = raw.get("rule")
    if name is None:
        return dict(raw)
    known = reserve_sets()
    if not isinstance(name, str) or name not in known:
        hint = did_you_mean(str(name), known) or f"; known are {', '.join(sorted(known))}"
        source.refuse((*key, "rule"), f"there is no such rule of reserves{hint}", name)
        return {other: value for other, value in raw.items() if other != "rule"}
    for number in NUMBERS:
        if number in raw:
            source.refuse((*key, number), f"is the rule's ({name}): leave one of the two out", raw[number])
    return {**raw, **known[name].model_dump()}
