"""What decisions rest on beside the state: the files' context, as the day began and as it has become since."""

from __future__ import annotations

from dataclasses import replace

import structlog

from fleet.dispatch import weather, zones
from fleet.domain.fleet import SortieType
from fleet.domain.state import State
from fleet.feasibility.context import Context

LOG = structlog.get_logger("hub")


class Contexts:
    """The feasibility context of a state: the files' one, with the zones that were added by hand and the weather that
    was reported. Kept while they last; of the zones the last two are kept, so that a change which is asked about and
    then made is worked out once.
    """

    def __init__(self, base: Context) -> None:
        self._base = base
        self._zones: object = State().zones
        self._weather: object = State().weather
        self._winds: object = State().winds
        self._context = base
        self._other: tuple[object, Context] = self._zones, base

    def __call__(self, state: State) -> Context:
        """The context that decisions on this state rest on."""
        if state.zones != self._zones:
            self._turn_to(state)
        if state.weather is not self._weather or state.winds is not self._winds:
            self._weather, self._winds = state.weather, state.winds
            self._context = self._context.in_weather(weather.in_force(self._base.weather, state))
        return self._context

    def _turn_to(self, state: State) -> None:
        """To the state's zones, in the weather as it is."""
        before, weather_now = (self._zones, self._context), self._context.weather
        known, context = self._other
        if known != state.zones:
            context = replace(self._base, zones=zones.in_force(self._base.zones, state))
        if context.weather is not weather_now:
            context = context.in_weather(weather_now)
        self._zones, self._context, self._other = state.zones, context, before


def as_begun(context: Context, state: State) -> Context:
    """The context with each vehicle's figures as the day began with them, whatever its file says now: plans, margins
    and missions that are out rest on these. A type that has left the fleet file is as it was."""
    types = dict(context.fleet.types)
    for type_id, begun in ({} if state.fleet is None else state.fleet.types).items():
        now = types.get(type_id)
        if now is None:  # an asset of a type that nobody knows could be neither judged nor watched
            types[type_id] = begun
        if not isinstance(now, SortieType) or not isinstance(begun, SortieType):
            continue
        if (now.energy_model, now.energy_data) == (begun.energy_model, begun.energy_data):
            continue
        LOG.warning(
            "a vehicle file is not what the day began with: the day goes on with what it had",
            type=type_id,
            began_with=begun.energy_model,
            now=now.energy_model,
            advice="the file as it is now counts from the next day on; begin that under another --name",
        )
        told = {"energy_model": begun.energy_model, "energy_data": begun.energy_data}
        types[type_id] = now.model_copy(update=told)
    return replace(context, fleet=context.fleet.model_copy(update={"types": types}))
