"""The pictures of `docs/energy.md`: ``python -m tests.support.energypictures`` draws them again.

From a generated log, since no flight log is part of the repository: a Matrice 100 that takes a tenth more than the
published one. What is drawn are the flights that the fit was not made from.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fleet.energy import catalog
from fleet.energy.fit import Fitted, fit
from fleet.energy.logs import read_log
from fleet.energy.plots import errors_svg, trips_svg
from tests.support.flightlog import Machine, Noise, generated

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "img"
WORN = Machine(empty_kg=3.715, efficiency={"takeoff": 0.42, "cruise": 0.50, "landing": 0.47}, avionics_w=20.0)


def pictures() -> Mapping[str, str]:
    """The text of each file in ``docs/img``."""
    base = catalog.airframe("dji-matrice-100")
    log = read_log(generated(WORN, 209, 1, Noise()), "generated")
    found = fit(base, log, share=0.3, name="fitted to other flights", origin="generated")
    if not isinstance(found, Fitted):
        raise ValueError(f"the generated log carries no fit: {found.lacks}")
    frames = {"published coefficients": base, found.airframe.name: found.airframe}
    return {
        "energy-trips.svg": trips_svg(frames, log, found.held_out),
        "energy-errors.svg": errors_svg(frames, log, found.held_out),
    }


if __name__ == "__main__":
    for name, text in pictures().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
