"""What a hub that is killed at random moments loses or takes twice of the reports that it acknowledged."""

from __future__ import annotations

from pathlib import Path

from benchmarks.faults.killing import trial
from benchmarks.harness.figure import Figure, Scale

LONG = (200, 1_000_000)
SHORT = (10, 50_000)
SMOKE = (2, 640)
"""Kills, and reports over which they are spread."""


def killed(_folder: Path, scale: Scale) -> list[Figure]:
    """Lost and duplicated reports; every single one counts."""
    kills, reports = LONG if scale.long else SHORT if scale.assets >= 1000 else SMOKE
    tally = trial(kills=kills, reports=reports)
    about = f"of {tally.acknowledged:,} acknowledged, {kills} kill -9"
    more = {"disordered": tally.disordered, "seconds": tally.seconds}
    return [
        Figure(f"lost {about}", tally.lost, "reports", 0, 0, most=True, more=more),
        Figure(f"duplicated {about}", tally.duplicated, "reports", 0, 0, most=True, more=more),
    ]
