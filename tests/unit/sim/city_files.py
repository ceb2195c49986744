"""Reads a made city the way that ``fleet plan`` reads its files."""

from pathlib import Path

from fleet.config import RunFiles, RunInputs, read_inputs
from fleet.sim.city import City


def read_city(city: City, folder: Path) -> RunInputs:
    """What the city's files hold, written to the folder first."""
    for name, text in city.files().items():
        (folder / name).write_text(text, encoding="utf-8")
    files = RunFiles(
        orders=folder / "orders.csv",
        depots=folder / "depots.csv",
        lockers=folder / "lockers.csv",
        fleet=folder / "fleet.toml",
        weather=folder / "weather.csv",
        zones=(folder / "zones.geojson", folder / "zones_ed318.json"),
    )
    return read_inputs(files)
