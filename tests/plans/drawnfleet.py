"""A fleet file of whatever such a file may say, the same for the same seed; and parcels that it has to do with."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from pathlib import Path

from tests.plans.city import Inputs, Row

SKILL = "gas_bottles"
"""Some orders ask for it, and the vans of one entry have it."""


def write_fleet(folder: Path, rng: random.Random) -> Path:
    """Few machines, two sorts of vans, each with or without a break, walks, an own shift, hardly any room; prices for
    lateness, fairness and CO2 or none."""
    sortie = [
        f'[[{kind}]]\ntype = "{name}"\nper_site = {rng.randint(1, 2)}\n'
        for kind, name in (("drone", "courier-x4"), ("sidewalk_robot", "walker-s1"))
    ]
    parts = [
        *sortie,
        _van(rng, "per_depot = 2", f'skills = ["white_glove", "{SKILL}"]', "crew = 2"),
        _van(rng, "per_depot = 2"),
        _some(rng, lambda: f"[fairness]\nper_hour = {rng.randint(5, 20)}\n"),
        _some(rng, lambda: f"[lateness]\nper_hour = 10\nat_most_min = {rng.randint(20, 90)}\n"),
        _some(rng, lambda: f"[co2]\ngrid_g_per_kwh = 250\nprice_per_tonne = {rng.randint(50, 400)}\n"),
        f'[types.small]\nbased_on = "van-e"\ncapacity_kg = {rng.choice((12, 25, 900))}\n',
    ]
    file = folder / "fleet.toml"
    file.write_text("\n".join(parts), encoding="utf-8")
    return file


def _van(rng: random.Random, *stated: str) -> str:
    opens, lasts = rng.randint(10, 13), rng.choice((15, 30, 45))
    told = [
        '[[van]]\ntype = "small"',
        *stated,
        _some(rng, lambda: f'break_minutes = {lasts}\nbreak_between = "{opens}:00-{opens + 1}:30"'),
        _some(rng, lambda: f"walk_m = {rng.randint(20, 90)}\ncarry_kg = {rng.randint(3, 20)}"),
        _some(
            rng, lambda: f'shift = "0{rng.randint(6, 9)}:00-19:30"\nmax_shift_hours = {rng.randint(6, 10)}'
        ),
    ]
    return "\n".join(part for part in told if part) + "\n"


def _some(rng: random.Random, text: Callable[[], str]) -> str:
    """The text, or nothing: what it draws is drawn in both cases."""
    said = text()
    return said if rng.random() < 0.5 else ""


def write_parcels(inputs: Inputs, rng: random.Random) -> Inputs:
    """The orders changed: some at the door of the one before or in its street, some that ask for the skill, some that
    are ready later in the day."""
    rows = list(csv.DictReader(inputs.orders.read_text(encoding="utf-8").splitlines()))
    for before, row in zip([rows[0], *rows], rows, strict=False):
        _changed(row, before, rng)
    with inputs.orders.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return inputs


def _changed(row: Row, before: Row, rng: random.Random) -> None:
    if rng.random() < 0.4:
        off = [rng.choice((0.0, rng.uniform(-45, 45))) for _ in range(2)]
        row["lon"] = f"{float(before['lon']) + off[0] / 80_900:.6f}"
        row["lat"] = f"{float(before['lat']) + off[1] / 111_195:.6f}"
    if not row["skills"] and rng.random() < 0.1:
        row["skills"] = SKILL
    if row["due_by"][11:13] >= "18" and rng.random() < 0.2:
        row["ready_at"] = row["ready_at"].replace("T07", f"T{rng.randint(9, 13):02}")
