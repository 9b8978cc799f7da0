"""The engine's own error tree. Each message says what was found, where, what was expected and what to do."""

from __future__ import annotations


class MultilevelError(ValueError):
    """Anything the engine refuses."""


class FormulaError(MultilevelError):
    """A formula that cannot be read or names a column that is not there."""


class DesignError(MultilevelError):
    """Data that cannot carry the model: collinear predictors, one-level groups, no variation, infinite values."""


class NotEstimableError(MultilevelError):
    """A contrast that the design does not determine."""


class MethodError(MultilevelError):
    """A named method that does not apply to this fit; never replaced by another one."""


class MemoryLimitError(MethodError):
    """A computation that would pass the memory the caller allows."""
