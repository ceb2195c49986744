"""Flight logs as rows: one regime of one flight, with its duration, mass, air and energy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from fleet.energy.legs import SECONDS_PER_HOUR
from fleet.energy.regimes import DOWN, UP, Regime
from fleet.intake import cells
from fleet.intake.errors import FieldError, TableError, file_error
from fleet.intake.rows import Schema, Values
from fleet.intake.suggest import did_you_mean
from fleet.intake.tables import Columns, Row, parse_table

REQUIRED = ("flight_id", "regime", "duration_s", "mass_kg", "air_density_kg_m3", "energy_wh")
WAYS = ("speed_mps", "airspeed_mps", "distance_m", "height_m")
OPTIONAL = (*WAYS, "wind_mps", "wind_from_deg")

LEAST_W_PER_KG = 15.0
MOST_W_PER_KG = 3000.0
"""No multirotor flies on less, or takes more: a hover needs some 100 W a kilogram. Other units lie beyond:
kilowatt-hours a thousandth, ampere-hours at 11 to 25 V a tenth to a twentieth, joules 3600 times, milliampere-hours 40
to 90 times, and minutes as seconds 60 times of it."""


ALIASES: Mapping[str, Regime] = {
    **{regime.value: regime for regime in Regime},
    "take_off": Regime.TAKEOFF,
    "ascent": Regime.CLIMB,
    "drop": Regime.HOVER,
    "land": Regime.LANDING,
}


@dataclass(frozen=True, slots=True)
class LogRow:
    """What was measured of one regime of one flight, at the battery.

    ``speed_mps`` is the speed over ground that was told the autopilot, ``airspeed_mps`` that through the air,
    ``distance_m`` and ``height_m`` how far and how high the plan has it; none where the log has no such column or cell.
    """

    line: int
    flight_id: str
    regime: Regime
    duration_s: float
    mass_kg: float
    air_density_kg_m3: float
    energy_wh: float
    speed_mps: float | None = None
    airspeed_mps: float | None = None
    wind_mps: float | None = None
    wind_from_deg: float | None = None
    distance_m: float | None = None
    height_m: float | None = None

    @property
    def power_w(self) -> float:
        """Mean power."""
        return self.energy_wh * SECONDS_PER_HOUR / self.duration_s


@dataclass(frozen=True)
class FlightLog:
    """All rows of a log, in its order."""

    source: str
    rows: tuple[LogRow, ...]

    @cached_property
    def flights(self) -> Mapping[str, tuple[LogRow, ...]]:
        """The rows of each flight, in the log's order; flights in the order in which they begin."""
        found: dict[str, list[LogRow]] = {}
        for row in self.rows:
            found.setdefault(row.flight_id, []).append(row)
        return {flight_id: tuple(rows) for flight_id, rows in found.items()}


def read_log(text: str, source: str) -> FlightLog:
    """The rows of a CSV; unknown columns are passed over. ``source`` names the file in errors.

    Raises ``IntakeError`` with every fault, each by file, line and field, or where there are no rows.
    """
    table = parse_table(text, source, Columns(REQUIRED, OPTIONAL))
    errors, rows = list(table.broken), []
    for row in table.rows:
        values, wrong = SCHEMA.read(row)
        errors += wrong
        if not wrong:
            rows.append(_row(row, values))
    if errors:
        raise TableError(sorted(errors, key=lambda error: error.line or 0))
    if not rows:
        raise file_error(source, "has no rows; give at least one flight")
    log = FlightLog(source, tuple(rows))
    if twice := [FieldError(source, line, "flight_id", None, message) for line, message in _copies(log)]:
        raise TableError(twice)
    return log


def _copies(log: FlightLog) -> Iterator[tuple[int, str]]:
    """Flights that are there twice, in themselves or under another id, by the line of the copy: they would count as
    more flights than were flown, and stand on both sides of a split."""
    seen: dict[tuple[tuple[object, ...], ...], LogRow] = {}
    for flight in log.flights.values():
        if len({row.regime for row in flight}) == 1:
            continue  # hovers may be alike by chance in all that was written down
        figures = tuple(_figures(row) for row in flight)
        half = len(figures) // 2
        if figures[:half] == figures[half:]:
            yield flight[half].line, f"has all its rows twice, the first time from line {flight[0].line}"
        first = seen.setdefault(figures, flight[0])
        if first is not flight[0]:
            yield (
                flight[0].line,
                f"has the same figures as {first.flight_id} from line {first.line}, in every digit",
            )


def _figures(row: LogRow) -> tuple[object, ...]:
    return (
        row.regime,
        row.duration_s,
        row.mass_kg,
        row.air_density_kg_m3,
        row.energy_wh,
        row.distance_m,
        row.height_m,
    )


def _row(row: Row, values: Values) -> LogRow:
    told = {column: None for column in WAYS if values[column] == 0}
    return LogRow(line=row.line, **values | told)


def _regime(cell: str) -> Regime:
    name = cells.text(cell).lower().replace("-", "_").replace(" ", "_")
    if name not in ALIASES:
        known = [regime.value for regime in Regime]
        raise cells.CellError(f"must be one of {', '.join(known)}{did_you_mean(name, known)}")
    return ALIASES[name]


def _implausible_power(values: Values) -> Iterator[tuple[str, str]]:
    watts = values["energy_wh"] * SECONDS_PER_HOUR / values["duration_s"] / values["mass_kg"]
    if not LEAST_W_PER_KG <= watts <= MOST_W_PER_KG:
        few, many = "kilowatt-hours or ampere-hours", "joules or milliampere-hours, or duration_s in minutes"
        yield (
            "energy_wh",
            f"makes {watts:.3g} W for each kilogram, which no multirotor takes; "
            f"is it in {few if watts < LEAST_W_PER_KG else many}?",
        )


def _counts(column: str, regime: Regime) -> bool:
    """Whether what a column says of a regime is used."""
    return regime in (UP | DOWN if column == "height_m" else {Regime.CRUISE})


def _standing(values: Values) -> Iterator[tuple[str, str]]:
    """A 0 where something must have moved; elsewhere it is a spreadsheet's way to say nothing."""
    for column in WAYS:
        if values.get(column) == 0 and _counts(column, values["regime"]):
            yield column, f"must be above 0 in a {values['regime'].value} (or empty where it is not known)"


def _optional(parse: cells.Parser) -> cells.Parser:
    """A cell that may say nothing, as spreadsheets and statistics programs write that."""
    return cells.optional(lambda cell: None if cell.lower() in NOTHING else parse(cell))


NOTHING = frozenset({"na", "n/a", "nan", "null", "none", "-"})
SCHEMA = Schema(
    parsers={
        "flight_id": cells.identifier,
        "regime": _regime,
        "duration_s": cells.at_most(cells.positive, 86_400, "is it in milliseconds?"),
        "mass_kg": cells.at_most(cells.positive, 500, "is it in grams?"),
        "air_density_kg_m3": cells.within(0.3, 1.5),
        "energy_wh": cells.positive,
        "speed_mps": _optional(cells.at_most(cells.not_negative, 100, "is it in km/h?")),
        "airspeed_mps": _optional(cells.at_most(cells.not_negative, 100, "is it in km/h?")),
        "wind_mps": _optional(cells.at_most(cells.not_negative, 100, "is it in km/h?")),
        "wind_from_deg": _optional(cells.within(-360, 360)),
        "distance_m": _optional(cells.at_most(cells.not_negative, 1e6, "is it in millimetres?")),
        "height_m": _optional(cells.at_most(cells.not_negative, 1e4, "is it in millimetres?")),
    },
    checks=((("energy_wh", "duration_s", "mass_kg"), _implausible_power), (("regime",), _standing)),
)
