"""``fleet console``: serves the operators' web page of a running hub."""

from __future__ import annotations

from typing import Annotated

import typer

from fleet.app import read_setup
from fleet.cli.day import Name, Root
from fleet.cli.options import Json
from fleet.cli.output import BadInput, Unreachable, show
from fleet.console.errors import ConsoleError
from fleet.console.serve import serve
from fleet.hub.rundir import DEFAULT_NAME, ROOT, NoSuchRun, RunDir, RunDirError


def command(
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    host: Annotated[str, typer.Option("--host", help="An address of this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 0,
    tiles: Annotated[str | None, typer.Option("--tiles", help="URL template of a map tile server.")] = None,
    as_json: Json = False,
) -> None:
    """Show the day of a running hub in the browser; the address is printed and written to run.json."""
    run = RunDir.named(name, root)
    try:
        context = read_setup(run).files.read().context
        serve(
            run,
            host,
            port,
            zones=context.zones,
            weather=context.weather,
            tiles=tiles,
            tell=lambda address: _tell(run, address, as_json=as_json),
        )
    except NoSuchRun as error:
        raise Unreachable(str(error)) from error
    except (ConsoleError, RunDirError) as error:
        raise BadInput(str(error)) from error


def _tell(run: RunDir, address: str, *, as_json: bool) -> None:
    run.write_running(run.running().model_copy(update={"console": address}))
    show({"console": address}, f"console: {address}", as_json=as_json)
