"""From a data frame to groups of answers: which columns, which rows, which clusters, and what cannot be analysed.

Every refusal names the column or the group and a count of rows, never a row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.factor.errors import FactorError

Array = NDArray[Any]
ROUNDING = 1e-13  # of an answer's size: the spread that computing leaves where there is none


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers that an analysis is given, and what sets their persons apart.

    data: a row a person. group, cluster: names of columns, or None. missing: "listwise", "fiml" or "pairwise".
    """

    data: pd.DataFrame
    group: str | None = None
    cluster: str | None = None
    missing: str = "listwise"


@dataclass(frozen=True)
class GroupData:
    """The rows of one group that enter the analysis."""

    label: str
    values: Array  # (N, p), NaN where not answered
    cluster: NDArray[np.intp] | None  # (N,), counted from 0


@dataclass(frozen=True)
class Prepared:
    columns: tuple[str, ...]
    groups: tuple[GroupData, ...]
    index: tuple[pd.Index, ...]  # row labels of each group, for factor scores
    n_dropped: int
    notes: tuple[str, ...]

    @property
    def n_clusters(self) -> int | None:
        """Over all groups; nothing where there are none."""
        of_groups = [int(g.cluster.max()) + 1 for g in self.groups if g.cluster is not None]
        return sum(of_groups) if of_groups else None


def prepare(
    given: Answers, columns: tuple[str, ...], needed: tuple[str, ...] = (), answers: tuple[str, ...] = ()
) -> Prepared:
    """Groups in order of first appearance. `listwise` drops rows with a gap, others only rows without any answer.

    `needed` are columns that must be present in a row whatever `missing` says (covariates); `answers` are those that
    count as a person's answers (all, unless said).
    """
    data, group, missing = given.data, given.group, given.missing
    check_each_once(data, [*columns, group, given.cluster])
    frame = _numeric(data, columns)
    asked = frame[list(answers or columns)]
    keep = frame.notna().all(axis=1) if missing == "listwise" else asked.notna().any(axis=1)
    for covariate in needed:
        keep &= frame[covariate].notna()
    marks = {}
    for role, name in (("group", group), ("cluster", given.cluster)):
        if name is None:
            continue
        if name not in data.columns:
            raise _missing_columns([name], role)
        marks[role] = data[name]
        keep &= data[name].notna()
    notes = () if keep.all() else (f"{int((~keep).sum())} of {len(frame)} rows are left out ({missing})",)
    if not keep.any():
        raise FactorError.of(
            found="no row left",
            where="factor model data",
            expected="answers to the items",
            action="look at the missing answers",
        )
    labels = (
        marks["group"][keep].astype(str) if "group" in marks else pd.Series("all", index=frame.index[keep])
    )
    clusters = marks["cluster"][keep] if "cluster" in marks else None
    kept = frame[keep]
    _check_groups_survive(data, group, labels)
    groups, indices = [], []
    for label in dict.fromkeys(labels):
        here = (labels == label).to_numpy()
        codes = None if clusters is None else pd.factorize(clusters[here])[0].astype(np.intp)
        part = GroupData(str(label), kept.to_numpy(float)[here], codes)
        _check_group(part, columns, several=group is not None)
        groups.append(part)
        indices.append(kept.index[here])
    return Prepared(columns, tuple(groups), tuple(indices), int((~keep).sum()), notes)


def _missing_columns(names: Iterable[Any], role: str) -> FactorError:
    return FactorError.of(
        found=f"no column {', '.join(map(str, names))}",
        where=f"data frame ({role})",
        expected="the names in the model",
        action="correct them",
    )


def check_frame(data: Any, where: str) -> None:
    """Refuses what is no data frame."""
    if not isinstance(data, pd.DataFrame):
        raise FactorError.of(
            found=f"data of kind {type(data).__name__}",
            where=where,
            expected="a data frame, one row a person",
            action="make one with pd.DataFrame(...)",
        )


def check_names(*names: Any) -> None:
    """Refuses what is no name of one column, such as a list of names or the column itself."""
    others = [name for name in names if not pd.api.types.is_scalar(name)]
    if others:
        raise FactorError.of(
            found=f"{type(others[0]).__name__} in the place of a name",
            where="data frame",
            expected="the name of one column",
            action="write the name, or make one column of several",
        )


def check_each_once(data: pd.DataFrame, names: Iterable[Any]) -> None:
    """Refuses names that several columns of the data carry, and what is no name."""
    names = list(names)
    check_names(*names)
    several = sorted({str(name) for name in names if (data.columns == name).sum() > 1})
    if several:
        raise FactorError.of(
            found=f"more than one column {', '.join(several)}",
            where="data frame",
            expected="each name once",
            action="rename or drop one",
        )


def _numeric(data: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    absent = [name for name in columns if name not in data.columns]
    if absent:
        raise _missing_columns(absent, "items")
    frame = {}
    for name in columns:
        column = data[name]
        if pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.is_timedelta64_dtype(column):
            raise FactorError.of(
                found="dates or durations",
                where=f"column {name}",
                expected="numeric or ordered answers",
                action="make numbers of them, such as days since the first",
            )
        if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered:
            column = column.cat.codes.where(column.cat.codes >= 0).astype(float) + 1
        try:
            frame[name] = pd.to_numeric(column).astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise FactorError.of(
                found="values that are not numbers",
                where=f"column {name}",
                expected="numeric or ordered answers",
                action="recode the column",
            ) from error
    out = pd.DataFrame(frame, index=data.index)
    infinite = [name for name in columns if np.isinf(out[name]).any()]
    if infinite:
        raise FactorError.of(
            found="infinite values",
            where=f"column {', '.join(infinite)}",
            expected="finite answers",
            action="mark them missing",
        )
    return out


def _check_groups_survive(data: pd.DataFrame, group: str | None, labels: pd.Series) -> None:
    if group is None:
        return
    lost = sorted(set(data[group].dropna().astype(str)) - set(labels))
    if lost:
        raise FactorError.of(
            found=f"no usable row in group {', '.join(lost)}",
            where=f"column {group}",
            expected="answers to the items in every group",
            action="leave the group out, or use missing='fiml' when answers are only partly missing",
        )
    if labels.nunique() < 2:
        raise FactorError.of(
            found="one group",
            where=f"column {group}",
            expected="two groups or more",
            action="fit the model without group",
        )


def _check_group(part: GroupData, columns: tuple[str, ...], several: bool) -> None:
    where = f"group {part.label}" if several else "factor model data"
    counts = (~np.isnan(part.values)).sum(axis=0)
    empty = [name for name, n in zip(columns, counts, strict=True) if n == 0]
    if empty:
        raise FactorError.of(
            found=f"no answer at all to {', '.join(empty)}",
            where=where,
            expected="answers to every item in every group",
            action="drop the item",
        )
    highest, lowest = np.nanmax(part.values, axis=0), np.nanmin(part.values, axis=0)
    rounding = ROUNDING * np.maximum(np.abs(highest), np.abs(lowest))
    flat = [n for n, width, least in zip(columns, highest - lowest, rounding, strict=True) if width <= least]
    if flat:
        raise FactorError.of(
            found=f"no variance in {', '.join(flat)}",
            where=where,
            expected="items that vary in every group",
            action="drop the constant items",
        )
    if len(part.values) <= len(columns):
        raise FactorError.of(
            found=f"{len(part.values)} persons for {len(columns)} items",
            where=where,
            expected="more persons than items",
            action="fit a smaller model, or pool the groups",
        )
