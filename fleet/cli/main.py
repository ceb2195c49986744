"""The table of nouns, and the entry point. A noun's module is imported only when the noun is called for."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from fleet.cli.output import guarded
from fleet.protocol.interpreter import collect_seldom


@dataclass(frozen=True, slots=True)
class Noun:
    """A word after ``fleet``. Its module has ``app`` (a Typer with verbs) or ``command`` (none)."""

    name: str
    module: str
    summary: str


NOUNS = (
    Noun("demo", "fleet.cli.demo", "Run a sample day, from orders to report."),
    Noun("hub", "fleet.cli.hub", "Run the hub of a day."),
    Noun("keys", "fleet.cli.keys", "Make, list, rotate and revoke the keys that let peers in."),
    Noun("simulate", "fleet.cli.simulate", "Run a day in one process on virtual time, reproducibly."),
    Noun("console", "fleet.cli.console", "Serve the operators' console of a running hub."),
    Noun("plan", "fleet.cli.plan", "Plan a day from files, without a hub."),
    Noun("network", "fleet.cli.network", "Build streets from an OpenStreetMap extract, look at them."),
    Noun("zones", "fleet.cli.zones", "Look at zones, check a path against them, close and open areas."),
    Noun("weather", "fleet.cli.weather", "Report observations and forecasts, show what the hub believes."),
    Noun(
        "energy",
        "fleet.cli.energy",
        "Estimate what a flight takes and how far it could go; calibrate and judge models by logs.",
    ),
    Noun("orders", "fleet.cli.orders", "Take orders in, list them, explain what becomes of each."),
    Noun(
        "assets",
        "fleet.cli.assets",
        "List drones, robots, vans and lockers; hold, resume, return, land or recover one.",
    ),
    Noun("stop-all", "fleet.cli.stop_all", "Stop every asset that is under way."),
    Noun("resume-all", "fleet.cli.resume_all", "Let work go on after a stop-all."),
    Noun("lockers", "fleet.cli.lockers", "List the lockers and how full they are."),
    Noun("routes", "fleet.cli.routes", "List the vans' routes, show one, export manifests."),
    Noun("exceptions", "fleet.cli.exceptions", "List what went wrong and what was done about it; close one."),
    Noun("report", "fleet.cli.report", "Report the day: parcels, safety, cost."),
)

KEY_VARIABLE = "FLEET_KEY"
"""The variable that names another key file than the run's own; ``--key`` sets it."""

COMPLETION = "_FLEET_COMPLETE"
"""The shell sets it to ask for completions; every noun's options must then be known."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs ``fleet`` with the arguments of the command line, and ends the process."""
    collect_seldom()
    words = list(sys.argv[1:] if arguments is None else arguments)
    wanted = {noun.name for noun in NOUNS} if COMPLETION in os.environ else _first_noun(words)
    guarded(
        lambda: build(wanted)(args=words, prog_name="fleet"),
        debug="--debug" in words,
        as_json="--json" in words,
    )


def build(wanted: Collection[str]) -> typer.Typer:
    """The application with the wanted nouns loaded; of the others it knows the name and the summary."""
    app = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        help="Plan and run last-mile deliveries by drone, sidewalk robot, parcel locker and van.",
    )
    app.callback()(_root)
    for noun in NOUNS:
        _add(app, noun, loaded=noun.name in wanted)
    return app


def _root(
    *,
    debug: Annotated[  # noqa: ARG001 - ``main`` has read it already
        bool, typer.Option("--debug", help="Show the trace when the program itself fails.")
    ] = False,
    key: Annotated[
        Path | None,
        typer.Option(
            "--key", metavar="FILE", envvar=KEY_VARIABLE, help="A key file in place of the run's own."
        ),
    ] = None,
) -> None:
    """Options before the noun."""
    if key is not None:
        os.environ[KEY_VARIABLE] = str(key)


def _add(app: typer.Typer, noun: Noun, *, loaded: bool) -> None:
    # A short help is shown whole; without one, Typer cuts the long one off in the middle of a sentence.
    said = noun.summary
    if not loaded:
        app.command(noun.name, help=said, short_help=said)(_not_loaded)
        return
    module = import_module(noun.module)
    if not hasattr(module, "app"):
        command: Callable[..., object] = module.command
        app.command(noun.name, help=said, short_help=said)(command)
    else:
        for verb in module.app.registered_commands:
            verb.short_help = _first_sentence(verb.help or inspect.getdoc(verb.callback) or "")
        app.add_typer(module.app, name=noun.name, help=said, short_help=said)


def _first_sentence(text: str) -> str:
    return f"{' '.join(text.split()).split('. ')[0].removesuffix('.')}."


def _not_loaded() -> None:
    raise RuntimeError("this noun was not loaded")


def _first_noun(words: Sequence[str]) -> set[str]:
    names = {noun.name for noun in NOUNS}
    return {next((word for word in words if word in names), "")}
