"""The vehicle types that come with the package, by name. The only file here that reads anything: package
data."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from fleet.energy.airframe import Airframe, AnyFigures, parse_figures
from fleet.energy.errors import InvalidInput
from fleet.energy.ground import GroundRobot
from fleet.energy.van import ElectricVan


@cache
def airframe(name: str) -> Airframe:
    """The built-in multirotor of this name. Raises `InvalidInput` with the names there are."""
    return _load(Airframe, "airframes", name)


@cache
def ground_robot(name: str) -> GroundRobot:
    """The built-in sidewalk robot of this name. Raises `InvalidInput` with the names there are."""
    return _load(GroundRobot, "ground", name)


@cache
def electric_van(name: str) -> ElectricVan:
    """The built-in van of this name. Raises `InvalidInput` with the names there are."""
    return _load(ElectricVan, "vans", name)


def airframe_names() -> tuple[str, ...]:
    """All built-in multirotors, sorted."""
    return _names("airframes")


def ground_robot_names() -> tuple[str, ...]:
    """All built-in sidewalk robots, sorted."""
    return _names("ground")


def electric_van_names() -> tuple[str, ...]:
    """All built-in vans, sorted."""
    return _names("vans")


def _load(model: type[AnyFigures], folder: str, name: str) -> AnyFigures:
    names = _names(folder)
    if name not in names:
        raise InvalidInput("name", name, f"one of {', '.join(names)}")
    file = _folder(folder) / f"{name}.toml"
    return parse_figures(model, file.read_text(encoding="utf-8"), file.name)


def _names(folder: str) -> tuple[str, ...]:
    found = (file.name for file in _folder(folder).iterdir() if file.name.endswith(".toml"))
    return tuple(sorted(name.removesuffix(".toml") for name in found))


def _folder(folder: str) -> Traversable:
    return files("fleet.energy") / "data" / folder
