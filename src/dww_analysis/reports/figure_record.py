"""A figure as a report gets it: its words and its drawing as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from dww_analysis.errors import ReportError


@dataclass(frozen=True)
class FigureRecord:
    """A figure in one language, as text. `svg` has no frame: title and caption stand on the page."""

    name: str
    kind: str
    subject: str
    language: str
    title: str
    subtitle: str
    caption: str
    alt: str
    long_description: str
    svg: str
    svg_narrow: str = ""  # for a telephone; "" when the figure has none
    head: float = 0.0  # share of the height of its PNG that title and subtitle take, above
    foot: float = 0.0  # and the caption, below

    @classmethod
    def of(cls, figure: FigureRecord | Mapping[str, Any] | Any) -> FigureRecord:
        """From a record, a mapping with the same names, or a drawing that can give one (`record()`). ReportError
        where a field without a default is absent; other names are left alone."""
        if isinstance(figure, FigureRecord):
            return figure
        values: Mapping[str, Any] = figure if isinstance(figure, Mapping) else figure.record()
        needed = [f.name for f in fields(cls) if f.default is MISSING]
        absent = [n for n in needed if n not in values]
        if absent:
            raise ReportError.of(
                found=f"a figure without {', '.join(absent)}",
                where="figures of the report",
                expected=", ".join(needed),
                action="give all of them",
            )
        given = [f.name for f in fields(cls) if f.name in values]
        return cls(**{n: values[n] for n in given})

    @property
    def lines(self) -> tuple[str, ...]:
        """The long description, one statement a line."""
        return tuple(line for line in self.long_description.split("\n") if line)
