"""The factor model of one wave written out over several waves: one group of persons, wide, items correlated
with themselves.

Waves are never groups: the same persons answer in each, so that the residual of an item in one wave goes with its
residual in the next (Widaman, Ferrer & Conger 2010). Equality over waves is said by shared labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pandas as pd

from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.syntax import ModelText, Modifier, Statement

TEMPLATES = (
    "{item}_{wave}",
    "{item}{wave}",
    "{item}.{wave}",
    "{wave}_{item}",
    "{wave}{item}",
    "{wave}.{item}",
)


@dataclass(frozen=True)
class WaveColumns:
    """Which column holds an item in a wave."""

    waves: tuple[str, ...]
    items: tuple[str, ...]
    column: Mapping[tuple[str, str], str]  # (item, wave) -> column

    def of_wave(self, wave: str) -> dict[str, str]:
        """Item -> its column of one wave; KeyError for a wave without that item."""
        return {item: self.column[item, wave] for item in self.items}


def items_of(text: ModelText) -> tuple[str, ...]:
    """Items of a one-wave model, in order of appearance. Refuses what a longitudinal model cannot copy."""
    factors = {s.lhs for s in text.statements if s.op == "=~"}
    allowed = {"=~", "~~"}
    odd = [f"{s.lhs} {s.op} {s.rhs}" for s in text.statements if s.op not in allowed or s.modifier.label]
    if odd or text.definitions or text.n_levels > 1:
        raise FactorError.of(
            found=f"{odd[0] if odd else 'definitions or levels'}",
            where="model text of one wave",
            expected="loadings (=~) and covariances (~~) without labels, because equalities are what is tested",
            action="leave it out",
        )
    return tuple(dict.fromkeys(s.rhs for s in text.statements if s.op == "=~" and s.rhs not in factors))


def wave_columns(
    items: tuple[str, ...],
    waves: Sequence[str] | Mapping[str, Sequence[str] | Mapping[str, str]] | Sequence[Sequence[str]],
    data: pd.DataFrame,
) -> WaveColumns:
    """Columns by item and wave.

    `waves` is a list of wave names found in the column names (x1_T0, x1T0, T0_x1 ...), a mapping from wave to
    the columns in the order of the items or by item, or a list of such column lists.
    """
    if isinstance(waves, Mapping):
        named: dict[str, Any] = {str(wave): columns for wave, columns in waves.items()}
    elif all(not isinstance(w, str) and isinstance(w, Sequence) for w in waves):
        named = {str(k + 1): columns for k, columns in enumerate(waves)}
    else:
        named = _by_template(items, tuple(str(w) for w in waves), data)
    column: dict[tuple[str, str], str] = {}
    for wave, columns in named.items():
        pairs = columns if isinstance(columns, Mapping) else dict(zip(items, columns, strict=False))
        if set(pairs) != set(items) or (not isinstance(columns, Mapping) and len(columns) != len(items)):
            raise FactorError.of(
                found=f"{len(columns)} columns",
                where=f"wave {wave}",
                expected=f"one column for each of {', '.join(items)}",
                action="complete it",
            )
        column.update({(item, wave): str(pairs[item]) for item in items})
    absent = sorted({name for name in column.values() if name not in data.columns})
    if absent:
        raise FactorError.of(
            found=f"no column {', '.join(absent)}",
            where="data frame",
            expected="one column an item and wave",
            action="correct waves",
        )
    if len(named) < 2 or len(set(column.values())) < len(column):
        raise FactorError.of(
            found="one wave, or a column named twice",
            where="waves",
            expected="two waves or more, each with its own columns",
            action="correct waves",
        )
    return WaveColumns(tuple(named), items, column)


def _by_template(
    items: tuple[str, ...], waves: tuple[str, ...], data: pd.DataFrame
) -> dict[str, dict[str, str]]:
    for template in TEMPLATES:
        found = {w: {item: template.format(item=item, wave=w) for item in items} for w in waves}
        if all(name in data.columns for columns in found.values() for name in columns.values()):
            return found
    raise FactorError.of(
        found=f"no set of columns that joins {', '.join(items[:3])} ... with {', '.join(waves)}",
        where="data frame",
        expected=f"names such as {TEMPLATES[0].format(item=items[0], wave=waves[0])}",
        action="pass waves as a mapping from wave to columns",
    )


def over_waves(
    text: ModelText,
    columns: WaveColumns,
    equal: frozenset[str],
    freed: frozenset[str],
    thresholds: Mapping[str, int] | None = None,
) -> ModelText:
    """The model text over all waves with `equal` among loadings, intercepts, residuals; `freed` names what may differ.

    `thresholds` gives the number of thresholds of ordered columns, whose thresholds take the place of intercepts.
    """
    statements: list[Statement] = []
    for k, wave in enumerate(columns.waves):
        statements += _one_wave(text, columns, wave, k == 0, equal, freed, thresholds or {})
    for item in columns.items:
        for first, second in combinations(columns.waves, 2):
            statements.append(Statement(columns.column[item, first], "~~", columns.column[item, second]))
    return ModelText(tuple(statements), (), 1)


def factor_name(factor: str, wave: str) -> str:
    return f"{factor}_{wave}"


def _one_wave(
    text: ModelText,
    columns: WaveColumns,
    wave: str,
    first: bool,
    equal: frozenset[str],
    freed: frozenset[str],
    thresholds: Mapping[str, int],
) -> list[Statement]:
    name = columns.of_wave(wave)
    factors = tuple(dict.fromkeys(s.lhs for s in text.statements if s.op == "=~"))
    name |= {factor: factor_name(factor, wave) for factor in factors}
    markers = {f: next(s for s in text.statements if s.op == "=~" and s.lhs == f) for f in factors}
    out = []
    for s in text.statements:
        base, modifier = f"{s.lhs}{s.op}{s.rhs}", s.modifier
        if s.op == "=~" and not modifier.fixed:
            modifier = _loading(base, s is markers[s.lhs], first, equal, freed)
        out.append(Statement(name[s.lhs], s.op, name[s.rhs], modifier))
    said = {(s.lhs, s.rhs) for s in text.statements if s.op == "~~"}
    for item in columns.items:
        if name[item] in thresholds:
            out += _ordered_item(item, name[item], thresholds[name[item]], first, equal, freed)
            continue
        out.append(Statement(name[item], "~1", "", _labelled(f"{item}~1", "intercepts", equal, freed)))
        if (item, item) not in said:
            out.append(
                Statement(
                    name[item], "~~", name[item], _labelled(f"{item}~~{item}", "residuals", equal, freed)
                )
            )
    below = {s.rhs for s in text.statements if s.op == "=~" and s.rhs in factors}  # their factor has the mean
    for factor in factors:
        free = "intercepts" in equal and not first and factor not in below
        out.append(Statement(name[factor], "~1", "", Modifier(fixed=(None if free else 0.0,))))
    return out


def _ordered_item(
    item: str, column: str, n_thresholds: int, first: bool, equal: frozenset[str], freed: frozenset[str]
) -> list[Statement]:
    """Thresholds, equal with the intercepts of other items; once they are, later waves have a scale of their own."""
    out = [
        Statement(column, "|", f"t{k}", _labelled(f"{item}|t{k}", "intercepts", equal, freed))
        for k in range(1, n_thresholds + 1)
    ]
    scale = None if "intercepts" in equal and not first else 1.0
    return [*out, Statement(column, "~*~", column, Modifier(fixed=(scale,)))]


def _loading(base: str, marker: bool, first: bool, equal: frozenset[str], freed: frozenset[str]) -> Modifier:
    if marker:
        return Modifier(fixed=(None,)) if base in freed and not first else Modifier(fixed=(1.0,))
    return _labelled(base, "loadings", equal, freed)


def _labelled(base: str, kind: str, equal: frozenset[str], freed: frozenset[str]) -> Modifier:
    return Modifier(label=(base,)) if kind in equal and base not in freed else Modifier()


def widen(
    data: pd.DataFrame, items: tuple[str, ...], wave: str, person: str, keep: tuple[str, ...]
) -> pd.DataFrame:
    """One row a person from one row a person and wave; columns `item_wave`. `keep` are columns that stay (cluster)."""
    for name in (wave, person, *items, *keep):
        if name not in data.columns:
            raise FactorError.of(
                found=f"no column {name}",
                where="data frame",
                expected="columns for person, wave and items",
                action="correct it",
            )
    if data.duplicated([person, wave]).any():
        raise FactorError.of(
            found=f"{int(data.duplicated([person, wave]).sum())} repeated rows",
            where=f"columns {person} and {wave}",
            expected="one row a person and wave",
            action="remove the repeats",
        )
    wide = data.pivot(index=person, columns=wave, values=list(items))
    names = list(wide.columns)
    wide.columns = [f"{item}_{w}" for item, w in names]
    ordered = [(f"{item}_{w}", data[item].dtype) for item, w in names if _is_categorical(data[item])]
    wide = wide.astype(dict(ordered))  # beside numbers a pivot leaves categories as objects
    for name in keep:
        wide[name] = data.sort_values(wave).groupby(person)[name].first()
    return wide.reset_index(drop=True)


def _is_categorical(column: pd.Series) -> bool:
    return isinstance(column.dtype, pd.CategoricalDtype)
