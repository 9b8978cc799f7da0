"""Exports of poll tools in sources.yaml: `fixed`, `wide` and `several` of a source about sessions or networks."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from dww_analysis.config.strict import Code, Codes, Strict, expand, refuse_twice, shorten
from dww_analysis.domain.wide import Cells, InACell, Wide

MOST_BY = 2  # of our columns that tell wide columns apart


def _ranges(columns: Any) -> Any:
    """`{"theme_{01-10}": "Q{01-10}"}` with every name on its own; a range of names may stand for a mapping too."""
    if not isinstance(columns, dict):
        return columns
    pairs: list[tuple[str, Any]] = []
    for value, theirs in columns.items():
        if isinstance(value, bool):
            raise ValueError('names of ours: put quotes around "yes" and "no"')
        names = expand(str(value))
        pairs += zip(names, _one_each(str(value), theirs, len(names)), strict=True)
    refuse_twice(name for name, _ in pairs)
    return dict(pairs)


def _one_each(value: str, theirs: Any, n: int) -> list[Any]:
    if isinstance(theirs, dict):
        parts = {inner: _one_each(f"{value}: {inner}", named, n) for inner, named in theirs.items()}
        return [{inner: named[i] for inner, named in parts.items()} for i in range(n)]
    found = expand(theirs) if isinstance(theirs, str) else [theirs]
    if len(found) != n:
        raise ValueError(
            f"the same number of names on both sides of `{shorten(value)}: {shorten(str(theirs))}`"
        )
    return found


def _listed(by: Any) -> Any:
    return [by] if isinstance(by, str) else by


class WideConfig(Strict):
    """A column for each theme, question, block, round or point."""

    by: Annotated[list[str], BeforeValidator(_listed, json_schema_input_type=str | list[str])] = Field(
        min_length=1,
        max_length=MOST_BY,
        description="our column that tells the columns apart; or two of them",
    )
    cells: Cells = Field(description="our column for what the cells hold")
    columns: Annotated[dict[Code, Code | dict[Code, Code]], BeforeValidator(_ranges)] = Field(
        min_length=1,
        description="value of `by`: their column; with two of `by` a mapping for each value of the first; "
        "theme_{01-10}: Q{01-10} for ranges",
    )

    @model_validator(mode="after")
    def _as_deep_as_by(self) -> WideConfig:
        deep = len(self.by) > 1
        odd = next(
            (value for value, theirs in self.columns.items() if isinstance(theirs, dict) != deep), None
        )
        if odd is not None:
            expected = f"{{{self.by[1]}: their column}}" if deep else "one column of theirs"
            raise ValueError(f"for each {self.by[0]} {expected}, not another form for `{shorten(odd)}`")
        refuse_twice(self.by)
        refuse_twice(theirs for theirs, _ in self._about())
        return self

    def _about(self) -> list[tuple[str, dict[str, str]]]:
        """Their column with what it is about."""
        found: list[tuple[str, dict[str, str]]] = []
        for value, theirs in self.columns.items():
            named = theirs if isinstance(theirs, dict) else {"": theirs}
            found += [
                (column, dict(zip(self.by, (value, inner), strict=False))) for inner, column in named.items()
            ]
        return found

    def to_domain(self) -> Wide:
        """The frozen value the other rooms see."""
        return Wide(self.cells, dict(self._about()))


class SeveralConfig(Strict):
    """A column whose cells hold several themes or blocks."""

    column: str = Field(description="our column of which a cell may hold several: theme, block")
    delimiter: Annotated[str, Field(strip_whitespace=False, min_length=1, max_length=5)] = Field(
        description='what stands between them, such as ";" or ", "'
    )
    cells: Cells = Field(description="what naming them says: chosen, placed, or rank (their order)")
    leave: Codes = Field(default_factory=list, description="words that are none of them: no opinion")

    def to_domain(self) -> InACell:
        """The frozen value the other rooms see."""
        return InACell(self.column, self.delimiter, self.cells, tuple(self.leave))
