"""The base of all vehicle data, and the kinds of numbers in it."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]

# What no vehicle here comes near to: a slip of the hand or of the unit is told where it is, not by where it flies to.
Kilograms = Annotated[float, Field(gt=0, le=50_000, allow_inf_nan=False)]
Payload = Annotated[float, Field(ge=0, le=50_000, allow_inf_nan=False)]
Speed = Annotated[float, Field(gt=0, le=150, allow_inf_nan=False)]
LowSpeed = Annotated[float, Field(ge=0, le=150, allow_inf_nan=False)]
WattHours = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]
Watts = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Deviation = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
MaybeDeviation = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Area = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
DragArea = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
Rolling = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]


class Figures(BaseModel):
    """Base of all vehicle data: frozen, strict about unknown fields. Where ``sources`` is one of these, it says where
    each figure that is stated comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="after")
    def _sources_name_figures(self) -> Self:
        fields = type(self).model_fields
        if "sources" in fields:
            said = {name for name, source in self.sources.items() if source.strip()}  # type: ignore[attr-defined]
            unsourced = set(fields) - {"name", "sources"} - said
            missing = sorted(
                name
                for name in unsourced
                if getattr(self, name) != fields[name].get_default(call_default_factory=True)
            )
            if missing:
                raise ValueError(f"sources lacks {', '.join(missing)}")
        return self
