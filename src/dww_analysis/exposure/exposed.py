"""What the readers of diaries and personnel records share: declared columns, rules for rows, pseudonyms, the flow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import fold, name_reader, nearest, person_code, text_column
from dww_analysis.delivery.rows import NO_PERSON, Rows, drop_declared
from dww_analysis.domain.study import Source, Study
from dww_analysis.errors import Problem


def chosen_rows(data: pd.DataFrame, source: Source) -> tuple[Rows, pd.Series]:
    """The rows that are left after the declared rules, and the person's code of each row."""
    rows = Rows(np.ones(len(data), dtype=bool))
    drop_declared(rows, data, source)
    codes = text_column(data[source.columns["person"]], person_code)
    rows.drop(codes.isna().to_numpy(), NO_PERSON)
    return rows, codes


def pseudonyms(codes: pd.Series, pseudonymise: Callable[[str], str]) -> pd.Series:
    """A pseudonym for each code, in its order; every distinct code is hashed once, and an absent code (NaN) has
    none."""
    numbers, distinct = pd.factorize(codes)
    names = pd.Series([pseudonymise(code) for code in distinct.tolist()] + [None], dtype="str")
    return names.take(numbers).reset_index(drop=True)


def text_of(data: pd.DataFrame, ours: str, source: Source) -> pd.Series:
    """One declared column as text with the source's recoding; missing where it is not delivered, or for a code that
    means no answer."""
    theirs = source.columns.get(ours)
    if theirs is None or theirs not in data.columns:
        return pd.Series([None] * len(data), dtype="str")
    texts = text_column(data[theirs], name_reader(ours, source))
    return texts.mask(texts.isin(list(source.missing_codes)))


def numbers_of(
    data: pd.DataFrame, ours: str, source: Source, valid: tuple[float, float] | None
) -> tuple[pd.Series, np.ndarray, np.ndarray]:
    """One declared column as numbers, with masks of cells that are not numbers and of numbers out of `valid`."""
    texts = text_of(data, ours, source)
    numbers = pd.to_numeric(texts.str.replace(",", ".", regex=False), errors="coerce").astype("float64")
    not_number = (numbers.isna() & texts.notna()).to_numpy()
    outside = np.zeros(len(numbers), dtype=bool)
    if valid is not None:
        outside = ((numbers < valid[0]) | (numbers > valid[1])).to_numpy()
    return numbers, not_number, outside


def free_text(
    texts: pd.Series, column: str, source: Source, most: int = 60, longest: int = 60
) -> list[Problem]:
    """A problem when a column that is kept as text holds anything but a short list of short words."""
    words = pd.unique(texts.dropna())
    long = sum(len(word) > longest for word in words)
    if len(words) <= most and not long:
        return []
    found = f"{len(words)} different texts" + (f", {long} of them long" if long else "")
    return [
        Problem(
            found=f"{found}: this looks like what people wrote in their own words",
            where=f"{source.file}, column {source.columns.get(column, column)}",
            expected=f"at most {most} different words of at most {longest} characters",
            action="take the column out of `columns`, or bring it to a short list with recode",
        )
    ]


def flow_table(source: Source, steps: Sequence[tuple[str, str, int]]) -> pd.DataFrame:
    """Counts of one source: source, sample, kind, step, reason, rows."""
    return pd.DataFrame(
        {
            "source": pd.Series([source.id] * len(steps), dtype="str"),
            "sample": pd.Series([source.sample] * len(steps), dtype="str"),
            "kind": pd.Series([source.kind] * len(steps), dtype="str"),
            "step": pd.Series([step for step, _, _ in steps], dtype="str"),
            "reason": pd.Series([reason for _, reason, _ in steps], dtype="str"),
            "rows": pd.Series([count for _, _, count in steps], dtype="int64"),
        }
    )


def row_steps(delivered: int, rows: Rows) -> list[tuple[str, str, int]]:
    """Rows read, dropped by reason, and kept."""
    dropped = [("dropped", reason, count) for reason, count in rows.dropped.items()]
    return [("read", "", delivered), *dropped, ("kept", "", int(rows.keep.sum()))]


def notes_of(dropped: Mapping[str, int], source: Source) -> tuple[str, ...]:
    """What was left out, in words with counts, for the provenance."""
    return tuple(f"{source.id}: {count} {reason}" for reason, count in dropped.items())


def placed(features: pd.DataFrame, answers: pd.DataFrame, allocation: pd.DataFrame | None) -> pd.DataFrame:
    """`features` with organisation, team and arm of each person: as in the Measurements, or else by the own team.

    `features` has sample, person, wave and perhaps team (as delivered). A person who never answered a questionnaire
    gets the arm of the delivered team; without one these columns are missing.
    """
    names = [c for c in ("organisation", "team", "arm") if c in answers.columns]
    known = answers.drop_duplicates(["sample", "person"])[["sample", "person", *names]]
    own = features.get("team")
    result = features.drop(columns=[c for c in names if c in features]).merge(
        known, on=["sample", "person"], how="left"
    )
    if own is not None and allocation is not None and "team" in names:
        home = allocation.dropna(subset=["team"]).drop_duplicates("team").set_index("team")
        lost = result["team"].isna().to_numpy() & own.notna().to_numpy()
        result["team"] = result["team"].where(~lost, own.to_numpy())
        for name in ("organisation", "arm"):
            if name in names:
                result[name] = result[name].where(~lost, own.map(home[name]).to_numpy())
    rest = [c for c in result.columns if c not in ("sample", "person", "wave", *names)]
    return result[["sample", "person", "wave", *names, *rest]]


def in_groups(features: pd.DataFrame, study: Study) -> pd.DataFrame:
    """`features` as they are laid out by arm: without the arm where persons change it at a start of their own, because
    each has that of the first answers, which is not true of later waves."""
    return features if study.groups else features.drop(columns="arm", errors="ignore")


def unknown_teams(
    features: pd.DataFrame, allocation: pd.DataFrame | None, source: Source
) -> tuple[pd.DataFrame, list[Problem]]:
    """`features` with delivered teams spelled as in the allocation, and a problem for every team that is not in it."""
    if allocation is None or "team" not in features or not allocation["team"].notna().any():
        return features, []
    known = {fold(name): name for name in allocation["team"].dropna()}
    spelled = features["team"].map(lambda name: known.get(fold(name), name), na_action="ignore")
    unknown = features[spelled.notna() & ~spelled.isin(list(known.values()))]
    problems = [
        Problem(
            found=f"the team {name!r} ({count} persons) is not in the allocation",
            where=f"{source.file}, column {source.columns.get('team', 'team')}",
            expected="a team of the allocation list" + nearest(str(name), sorted(known.values())),
            action=f"add it to team_aliases of this source, or leave such rows out: drop_rows: [{{column: ..., values: "
            f"[{name!r}], reason: other team}}]",
        )
        for name, count in unknown.groupby("team", sort=True)["person"].nunique().items()
    ]
    return features.assign(team=spelled.astype("str").where(spelled.notna(), None)), problems


def unknown_words(found: pd.Series, known: Iterable[str], empty: Any = None) -> np.ndarray:
    """A mask of texts that are given and not among `known`."""
    return (found.notna() & ~found.isin(list(known))).to_numpy()
