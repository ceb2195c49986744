"""A refusal's reason is made in `fleet.feasibility` and nowhere else, so that everybody means the same by a code."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.tree import ROOT, parse, place, python_files

HOME = ROOT / "fleet/feasibility"
MAKERS = frozenset({"model_construct"})
"""Ways round the constructor. What is read from the wire, a file or the log was made in `fleet.feasibility` once."""


def constructions(tree: ast.AST) -> Iterator[int]:
    """The lines on which a `Reason` is made, whatever it is called in the file."""
    names = {"Reason", *_aliases(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _makes(node.func, names):
            yield node.lineno


def _aliases(tree: ast.AST) -> Iterator[str]:
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    for node in imports:
        yield from (a.asname for a in node.names if a.name == "Reason" and a.asname is not None)


def _makes(called: ast.expr, names: set[str]) -> bool:
    match called:
        case ast.Name(id=name):
            return name in names
        case ast.Attribute(attr="Reason"):
            return True
        case ast.Attribute(value=owner, attr=attr):
            return attr in MAKERS and _makes(owner, names)
        case _:
            return False


def test_reasons_are_made_in_feasibility_only() -> None:
    """The message names file and line, and what to do instead."""
    found = [
        place(file, line)
        for file in python_files("fleet")
        if HOME not in file.parents and "Reason" in file.read_text(encoding="utf-8")
        for line in constructions(parse(file))
    ]
    assert not found, "ask a function of fleet.feasibility for the reason instead:\n" + "\n".join(found)


@pytest.mark.parametrize(
    "code",
    [
        "Reason(code='x')",
        "values.Reason(code='x')",
        "from fleet.protocol.values import Reason as R\nR(code='x')",
        "Reason.model_construct(code='x')",
    ],
)
def test_construction_is_found(code: str) -> None:
    """Each way to make one is seen."""
    assert list(constructions(ast.parse(code)))


@pytest.mark.parametrize("code", ["found: Reason", "planned.no_room('van', 'full')", "reasons(row)"])
def test_use_of_reasons_is_left_alone(code: str) -> None:
    """Naming the type, or asking for a reason, makes none."""
    assert not list(constructions(ast.parse(code)))
