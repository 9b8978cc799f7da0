"""A fit as who looks at it meets it: figures, text, notebook, and the words of other programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from dww_analysis.analyst.words import what_to_write

from . import tables
from .found import Found
from .words import WORDS

if TYPE_CHECKING:
    from dww_analysis.analyst.plot import Plot


@dataclass(frozen=True, eq=False, repr=False)
class Shown(Found):
    """The facts of a solution, drawn and printed."""

    def plot(self, kind: str = "residuals", *specs: Any, **choices: Any) -> Plot:
        """A matplotlib figure with `alt` (words for who does not see it) and `data` (the plotted numbers).

        "residuals": against fitted values, with averages of neighbouring rows (`draws`). "qq": against a normal
        distribution (Gaussian). "random": effects of every level, or of one `group`. "means": the arguments of
        `means`, as in plot("means", "wave", by="arm") or plot("means", ["wave", "arm"]). "profile": likelihood of each
        parameter, or of `terms`. The first three show single rows or levels: for looking, not for publishing.
        """
        from .plots import draw

        return draw(self, kind, *specs, **choices)

    def summary(self) -> str:
        """The fit as text."""
        return tables.summary_text(self)

    def __repr__(self) -> str:
        state = "converged" if self.converged else "not converged"
        edge = f", on the boundary: {', '.join(self.boundary)}" if self.boundary else ""
        left = f", left out: {', '.join(self.dropped)}" if self.dropped else ""
        return f"<Fit {self.formula!r} by {self.method}, {self.n_obs} rows, {state}{edge}{left}>"

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return tables.summary_markup(self)

    if not TYPE_CHECKING:  # a type checker would take every word for an attribute

        def __getattr__(self, word: str) -> NoReturn:
            raise AttributeError(what_to_write("A fit", word, WORDS, dir(type(self))))
