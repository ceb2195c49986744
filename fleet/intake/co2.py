"""``[co2]`` of a fleet file: what the grid's electricity emits, and what a tonne counts beside the rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from fleet.domain.fleet import AssetType, Emissions, RouteType, SortieType
from fleet.intake.tomltext import TomlSource
from fleet.intake.validate import validated
from fleet.protocol.values import Value

TABLE = "co2"


class Co2(Value):
    """Grams a kilowatt-hour of the grid (the dirtiest there is emits under 2000), and the price of a tonne in the
    fleet's currency (0: emissions are told, and count nothing)."""

    grid_g_per_kwh: Annotated[float, Field(ge=0, le=2000)]
    price_per_tonne: Annotated[float, Field(ge=0, le=100_000)] = 0.0


def with_emissions(source: TomlSource, types: Mapping[str, AssetType]) -> dict[str, AssetType]:
    """The types with what they emit, its price in their rates. As they were where the file has no ``[co2]``; a type of
    which nobody knows what it emits is refused."""
    if TABLE not in source.data:
        return dict(types)
    stated = validated(source, (TABLE,), source.data[TABLE], Co2)
    if stated is None:
        return dict(types)
    return {name: _emitting(source, stated, one) for name, one in types.items()}


def _emitting(source: TomlSource, stated: Co2, one: AssetType) -> AssetType:
    found = Emissions(price_per_tonne=stated.price_per_tonne)
    if isinstance(one, SortieType):
        found = found.model_copy(update={"g_per_kwh": stated.grid_g_per_kwh})
    elif isinstance(one, RouteType):
        if one.co2_g_per_km is None and one.kwh_per_km is None:
            message = (
                f"nobody knows what routes of type {one.type_id!r} emit: state co2_g_per_km (from its tank) "
                "or kwh_per_km (from the grid) of it"
            )
            source.refuse((TABLE,), message)
            return one
        grams = (one.co2_g_per_km or 0.0) + (one.kwh_per_km or 0.0) * stated.grid_g_per_kwh
        found = found.model_copy(update={"g_per_km": grams})
    else:
        return one
    return one.model_copy(update={"emissions": found, "rates": found.priced(one.rates)})
