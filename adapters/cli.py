"""`fleet-adapter NAME …`: runs an adapter. What has a ``main(argv)`` in this folder is found by itself.

An adapter is a module ``adapters/NAME.py`` with ``main(argv) -> int``, or a package ``adapters/NAME/`` whose
``__main__.py`` has one. It is imported only when it is run: a locker needs nothing that a drone needs.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, NamedTuple

from fleet.protocol.interpreter import collect_seldom

_NOT_ADAPTERS: Final = frozenset({"cli", "sdk", "__init__"})


class Entry(NamedTuple):
    """A command: the module that has its ``main``, and what it does."""

    module: str
    summary: str


def commands() -> dict[str, Entry]:
    """Every adapter command by its name. Nothing is imported: the summary is the source's first line."""
    found = (_entry(item) for item in files("adapters").iterdir())
    return dict(sorted(pair for pair in found if pair is not None))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code. 2 is a wrong command line."""
    collect_seldom()
    table = commands()
    arguments = _parser(table).parse_args(argv)
    run = import_module(table[arguments.adapter].module).main
    return int(run(arguments.arguments))


def _parser(table: dict[str, Entry]) -> argparse.ArgumentParser:
    lines = [f"  {name:<14} {entry.summary}" for name, entry in table.items()]
    parser = argparse.ArgumentParser(
        prog="fleet-adapter",
        description="Run an adapter: what speaks for vehicles, lockers or drivers to the hub.",
        epilog="adapters:\n" + "\n".join(lines) + "\n\n`fleet-adapter NAME --help` says what each one takes.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("adapter", choices=list(table), metavar="NAME", help="which adapter, see below")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what the adapter takes")
    return parser


def _entry(item: Traversable) -> tuple[str, Entry] | None:
    name = item.name.removesuffix(".py")
    if name in _NOT_ADAPTERS or name.startswith((".", "_")):
        return None
    if item.is_file() and item.name.endswith(".py"):
        return name, Entry(f"adapters.{name}", _summary(item))
    if item.is_dir() and item.joinpath("__main__.py").is_file():
        return name, Entry(f"adapters.{name}.__main__", _summary(item.joinpath("__main__.py")))
    return None


def _summary(source: Traversable) -> str:
    text = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


if __name__ == "__main__":
    sys.exit(main())
