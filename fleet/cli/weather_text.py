"""The weather of now in words, and the values that are told of it."""

from __future__ import annotations

from typing import Any

from fleet.cli.output import table
from fleet.weather.series import Worst


def taken_of(worst: Worst) -> dict[str, float | None]:
    """The bounds that decisions take; the direction is none where the wind may come from anywhere."""
    winds = worst.winds
    return {
        "wind_mps": winds.strongest_mps,
        "weakest_mps": winds.weakest_mps,
        "gust_mps": worst.gust_mps,
        "wind_from_deg": None if winds.anywhere else winds.from_deg,
        "wind_turns_deg": winds.turns_deg,
        "temperature_c": worst.min_temperature_c,
        "warmest_c": worst.max_temperature_c,
        "precipitation_mm_h": worst.precipitation_mm_h,
        "visibility_m": worst.visibility_m,
    }


def text_of(data: dict[str, Any]) -> str:
    """The lines of `fleet weather show`."""
    calm = "; the fleet file has calm weather assumed then" if data["assumed"] else ""
    believed = _line(data["weather"]) if data["known"] else f"unknown: {data['why']}{calm}"
    lines = [f"{data['at'] or 'before the day'}: {believed}"]
    if data.get("source"):
        lines.append(f"from {data['source']}; a row counts for {data['counts_for_s']:g} s")
    if data["known"]:
        age_s = data["wind_by"]["age_s"]
        lines.append(f"wind by {data['wind_by']['source']}{'' if age_s is None else f', {age_s:.0f} s ago'}")
    if data["observed"] is not None:
        seen = data["observed"]
        age = "at an unknown time" if seen["age_s"] is None else f"{seen['age_s']:.0f} s ago"
        lines.append(f"last observed by {seen['source']} {age}: {_line(seen)}")
    header = ("source", "sort", "rows", "first", "last", "issued_at")
    if data["sources"]:
        lines.append(table(header, [[row[name] for name in header] for row in data["sources"]]))
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    warmest_c = row.get("warmest_c", row["temperature_c"])
    warm = "" if warmest_c == row["temperature_c"] else f" to {warmest_c:.1f}"
    return (
        f"wind {_wind(row)}, gusts {row['gust_mps']:.1f} m/s, {row['temperature_c']:.1f}{warm} °C, "
        f"{row['precipitation_mm_h']:.1f} mm/h, sight {row['visibility_m']:.0f} m"
    )


def _wind(row: dict[str, Any]) -> str:
    """Its strength and direction: of a set the strongest and the weakest, and the arc."""
    weakest = row.get("weakest_mps", row["wind_mps"])
    strength = (
        f"{weakest:.1f} to {row['wind_mps']:.1f}" if weakest < row["wind_mps"] else f"{row['wind_mps']:.1f}"
    )
    if row["wind_from_deg"] is None:
        return f"{strength} m/s from anywhere"
    turns = row.get("wind_turns_deg", 0.0)
    first, last = ((row["wind_from_deg"] + turn) % 360.0 for turn in (-turns, turns))
    return f"{strength} m/s from {first:.0f}°" + (f" to {last:.0f}°" if turns > 0 else "")
