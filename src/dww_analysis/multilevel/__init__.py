"""Multilevel models for designs with few clusters: formulas and arrays, nothing of studies.

>>> from dww_analysis.multilevel import fit
>>> m = fit("y ~ condition * wave + (1 | org) + (1 | team) + (1 | person)", data)
>>> m.coefficients()
"""

from .errors import (
    DesignError,
    FormulaError,
    MemoryLimitError,
    MethodError,
    MultilevelError,
    NotEstimableError,
)
from .fit import fit, fit_ols
from .formula.design import build_design
from .model import Design, Extra, Inference, JointTest, RandomTerm, Search, Solution
from .result import Fit

__all__ = [
    "Design",
    "DesignError",
    "Extra",
    "Fit",
    "FormulaError",
    "Inference",
    "JointTest",
    "MemoryLimitError",
    "MethodError",
    "MultilevelError",
    "NotEstimableError",
    "RandomTerm",
    "Search",
    "Solution",
    "build_design",
    "fit",
    "fit_ols",
]
