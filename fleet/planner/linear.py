"""Linear programs for OR-Tools: its `model_builder`, as far as it is needed here.

That module loads pandas, which takes a third of the time in which a planner's process is there; nothing here has a
table. What both stand on, and what solves them, is the same: `model_builder_helper`.
"""

from __future__ import annotations

from math import inf
from typing import Any

from ortools.linear_solver.python import model_builder_helper as ortools

LinearExpr, SolveStatus, Variable = ortools.LinearExpr, ortools.SolveStatus, ortools.Variable


class Row:
    """A constraint of a model."""

    def __init__(self, helper: Any, index: int) -> None:
        """One that is in the model already."""
        self._helper, self._index = helper, index

    def bound(self, least: float, most: float) -> None:
        """Its variables' sum lies within these from now on; either may be infinite."""
        self._helper.set_constraint_lower_bound(self._index, least)
        self._helper.set_constraint_upper_bound(self._index, most)


class Model:
    """Variables, constraints between them, and what is to be as little as it can be."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.helper = ortools.ModelBuilderHelper()

    def new_num_var(self, least: float, most: float, name: str) -> Any:
        """A number within bounds, which may be infinite; ``name`` may be empty."""
        return Variable(self.helper, least, most, False, name)

    def add(self, constraint: Any) -> Row:
        """What ``<=``, ``>=`` or ``==`` of expressions says must hold: a comparison of numbers alone is no constraint,
        and ``TypeError``."""
        if not isinstance(constraint, ortools.BoundedLinearExpression):
            raise TypeError(f"no constraint of variables: {constraint!r}")
        row = self.helper.add_linear_constraint()
        self.helper.add_terms_to_constraint(row, constraint.vars, constraint.coeffs)
        added = Row(self.helper, row)
        added.bound(constraint.lower_bound, constraint.upper_bound)
        return added

    def minimize(self, cost: Any) -> None:
        """What it costs, in place of what was said before."""
        flat = ortools.FlatExpr(cost)
        self.helper.clear_objective()
        self.helper.set_maximize(False)
        self.helper.set_objective_offset(flat.offset)
        self.helper.set_objective_coefficients([each.index for each in flat.vars], flat.coeffs)


class Solver:
    """One of OR-Tools' solvers, by its name."""

    def __init__(self, name: str, seconds: float = inf) -> None:
        """Not used yet. It gives up after so many seconds, with a status that says so."""
        self._helper = ortools.ModelSolverHelper(name)
        if seconds < inf:
            self._helper.set_time_limit_in_seconds(seconds)

    def solve(self, model: Model) -> Any:
        """How the search for the least cost has ended, one of ``SolveStatus``."""
        self._helper.solve(model.helper)
        return SolveStatus(int(self._helper.status()))

    def value(self, expression: Any) -> float:
        """Of an expression or variable, where it costs least. Only once ``solve`` has found something."""
        return float(self._helper.expression_value(expression))

    @property
    def objective_value(self) -> float:
        """The least cost."""
        return float(self._helper.objective_value())
