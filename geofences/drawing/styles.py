"""What things look like, and what they are called in the legend."""

from typing import NamedTuple

from geofences.checks.result import Status
from geofences.model.zone import Restriction


class Look(NamedTuple):
    """Fill, its opacity, stroke, its width and its dashes."""

    name: str
    fill: str
    opacity: float
    stroke: str
    width: float = 1.4
    dashes: str = "none"


LOOKS = {
    Restriction.PROHIBITED: Look("prohibited", "#d7263d", 0.26, "#9d1529"),
    Restriction.REQ_AUTHORISATION: Look("needs an authorisation", "#f08a24", 0.24, "#b05a04"),
    Restriction.CONDITIONAL: Look("on conditions", "#e9c13b", 0.26, "#8a6a00", dashes="7 3"),
    Restriction.USPACE: Look("U-space", "#7b5ea7", 0.22, "#553c7f", dashes="2 3"),
    Restriction.NO_RESTRICTION: Look("no restriction", "#8aa0b4", 0.14, "#5d7286"),
    Restriction.OPERATING_AREA: Look("operating area", "none", 0.0, "#137a56", 2.2, "10 4"),
    Restriction.PERMIT_AREA: Look("permit to drive", "#2a7fb8", 0.08, "#1c5a85", 1.6, "4 3"),
}

UNSURE = {
    kind: look._replace(name=f"{look.name} (?)", opacity=look.opacity / 3.0, width=1.2, dashes="2 3")
    for kind, look in LOOKS.items()
}
UNSURE_MEANS = "(?) not known whether then, or so high"

ELSEWHEN = Look("not then, or not so high", "none", 0.0, "#a7a7a7", 0.8, "3 4")

WAYS = {Status.CLEAR: "#1660b8", Status.BLOCKED: "#c00020", Status.UNKNOWN: "#d97a00"}
WAY_NAMES = {Status.CLEAR: "path", Status.BLOCKED: "path, blocked", Status.UNKNOWN: "path, unknown"}

INK, DIM, PAPER, LAND, GRID = "#1d2733", "#5c6875", "#ffffff", "#f6f5f0", "#dcdad2"
