"""The measurement tables of one scale in a study: reliability, items and descriptives for each sample and wave.

A cell that the answers cannot carry stays empty and its note says why, in English and Dutch. Teams are those the
persons were allocated to, as in the models of effects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.scales import Scale, ScoringKey
from dww_analysis.errors import ScaleError
from dww_analysis.scales.aggregation import aggregation_verdict, between_covariance, icc1, icc2
from dww_analysis.scales.agreement import SLIGHT_SKEW_5, ad_m, rwg, rwg_j
from dww_analysis.scales.items import item_analysis, item_rest
from dww_analysis.scales.ordinal import MOST_CATEGORIES, omega_categorical
from dww_analysis.scales.reliability import cronbach_alpha, omega_total, spearman_brown
from dww_analysis.scales.scale_scores import asked_waves
from dww_analysis.scales.scoring import TOTAL, bounds_of, direct_scores, items_of, reverse_items, score_names
from dww_analysis.scales.stability import retest_table

RELIABILITY_COLUMNS = (
    "sample", "scale", "wave", "n_persons", "n_items", "alpha", "alpha_low", "alpha_high", "omega", "omega_low",
    "omega_high", "omega_method", "alpha_ordinal", "omega_categorical", "omega_categorical_low",
    "omega_categorical_high", "omega_within", "omega_between", "item_rest_min",
    "item_rest_max", "icc1", "icc1_low", "icc1_high", "icc2",
    "icc_f_p", "n_teams", "rwgj_mean", "rwgj_median", "rwgj_min", "rwgj_max",
    "rwgj_out_of_range", "rwgj_skew_median", "rwgj_skew_out_of_range", "ad_m_median", "team_mean", "notes", "notes_nl",
)  # fmt: skip
ITEM_COLUMNS = (
    "sample", "scale", "wave", "item", "label", "n", "missing", "mean", "sd", "floor_share", "ceiling_share",
    "item_rest", "alpha_if_dropped", "sign_question",
)  # fmt: skip
DESCRIPTIVE_COLUMNS = (
    "sample", "scale", "wave", "arm", "n", "mean", "sd", "q25", "median", "q75", "score_min", "score_max",
)  # fmt: skip
SKEW_KNOWN_FOR = len(SLIGHT_SKEW_5)
ALL_ARMS = ""
LEAST_TEAMS = 10  # for a factor between teams
MANY_INCOMPLETE = 0.05  # share of persons left out by listwise deletion that is worth a note


@dataclass(frozen=True, eq=False)
class ScaleAnalysis:
    """One row per sample, (sub)scale and wave, and per item or arm within it; `stability` per pair of waves."""

    reliability: pd.DataFrame
    items: pd.DataFrame
    descriptives: pd.DataFrame
    stability: pd.DataFrame


@dataclass(frozen=True)
class Note:
    """What the reader should know about a cell, in both languages."""

    en: str
    nl: str


@dataclass
class Cell:
    """One (sub)scale in one wave of one sample: its items, reversed, and its scores."""

    where: dict[str, Any]  # sample, scale, wave
    items: pd.DataFrame  # columns by item code, reversed; empty for scores that were delivered or derived
    scores: pd.DataFrame
    team: pd.Series  # team of each row of answers
    key: ScoringKey | None
    notes: list[Note] = field(default_factory=list)

    @property
    def complete(self) -> pd.DataFrame:
        return self.items.dropna()


def analyse_scale(answers: pd.DataFrame, scores: pd.DataFrame, scale: Scale) -> ScaleAnalysis:
    """Reliability, item analysis and descriptives of one scale, for each sample and wave in which it was asked.

    answers: answers of `Measurements`. scores: what `score_scale` made of them.
    Reliability rests on the persons with complete answers (n_persons): alpha with Feldt's interval; omega total with
    its interval, or Spearman-Brown for two items; both for ordered answers; ICC(1), ICC(2) of the scores (ANOVA, mean
    team size); rwg(j) with a uniform and, for five answers, a slightly skewed null, and AD_M, over teams of two or
    more. `team_mean` is "yes", "no" or, when the scale is no property of teams, "".
    """
    cells = list(_cells(answers, scores, scale))
    reliability = [_reliability_row(cell, scale) for cell in cells]
    items = [t for cell in cells if (t := _item_rows(cell, scale)) is not None]
    return ScaleAnalysis(
        reliability=pd.DataFrame(reliability, columns=list(RELIABILITY_COLUMNS)),
        items=pd.concat(items, ignore_index=True) if items else pd.DataFrame(columns=list(ITEM_COLUMNS)),
        descriptives=_descriptives(scores, scale),
        stability=retest_table(scores),
    )


def _cells(answers: pd.DataFrame, scores: pd.DataFrame, scale: Scale) -> Iterator[Cell]:
    rows = answers.loc[answers["sample"].isin(scale.samples)]
    columns = scale.items if scale.key is not None else (scale.delivered or "",)
    for sample, wave in asked_waves(rows, columns):
        here = rows.loc[(rows["sample"] == sample) & (rows["wave"] == wave)]
        given = scores.loc[(scores["sample"] == sample) & (scores["wave"] == wave)]
        names = (TOTAL,) if scale.key is None else score_names(scale.key)
        for name in names:
            label = scale.id if name == TOTAL else f"{scale.id}.{name}"
            own = given.loc[given["scale"] == label]
            if own["score"].notna().any():
                where = {"sample": sample, "scale": label, "wave": wave}
                yield _with_items(
                    Cell(where, pd.DataFrame(), own, here["team"], scale.key), here, scale, name
                )


def _with_items(cell: Cell, here: pd.DataFrame, scale: Scale, name: str) -> Cell:
    key = scale.key
    if key is None:
        cell.notes.append(Note("delivered as a score: no items", "als score aangeleverd: geen items"))
        return cell
    if name not in direct_scores(key) and name != TOTAL:
        cell.notes.append(
            Note(
                "a difference of two subscales: no items of its own",
                "verschil van twee subschalen: geen eigen items",
            )
        )
        return cell
    column_of = dict(zip(key.items, scale.items, strict=True))
    codes = items_of(key, name)
    frame = here[[column_of[c] for c in key.items]].set_axis(list(key.items), axis=1).astype(float)
    frame = reverse_items(frame, key)[list(codes)]
    unasked = [c for c in codes if frame[c].isna().all()]
    if unasked:
        cell.notes.append(Note(f"not asked: {', '.join(unasked)}", f"niet gevraagd: {', '.join(unasked)}"))
    cell.items = frame.drop(columns=unasked).dropna(how="all")
    return cell


def _reliability_row(cell: Cell, scale: Scale) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(RELIABILITY_COLUMNS, np.nan)
    row |= {**cell.where, "omega_method": "", "team_mean": ""}
    has_items = cell.items.shape[1] > 0
    row["n_items"] = cell.items.shape[1]
    row["n_persons"] = len(cell.complete) if has_items else int(cell.scores["score"].notna().sum())
    if has_items:
        row |= _consistency(cell) | _agreement(cell) | _two_levels(cell, scale)
    row |= _between_teams(cell)
    if scale.team_property:
        verdict = aggregation_verdict(row["rwgj_median"], row["icc1"], row["icc2"], row["icc_f_p"])
        row["team_mean"] = "yes" if verdict.allowed else "no"
    row["notes"] = "; ".join(n.en for n in cell.notes)
    row["notes_nl"] = "; ".join(n.nl for n in cell.notes)
    return row


def _consistency(cell: Cell) -> dict[str, Any]:
    if cell.items.shape[1] == 1:
        cell.notes.append(Note("one item: no internal consistency", "één item: geen interne consistentie"))
        return {}
    X = _usable(cell)
    if X is None:
        return {}
    out: dict[str, Any] = {}
    if (alpha := _attempt(cell, "alpha", lambda: cronbach_alpha(X))) is not None:
        out |= {"alpha": alpha.alpha, "alpha_low": alpha.conf_low, "alpha_high": alpha.conf_high}
        rest = item_rest(np.cov(X.to_numpy(), rowvar=False))
        out |= {"item_rest_min": rest.min(), "item_rest_max": rest.max()}
    if X.shape[1] == 2:
        return out | _two_items(cell, X)
    return out | _omega(cell, X) | _ordinal(cell, X)


def _two_items(cell: Cell, X: pd.DataFrame) -> dict[str, Any]:
    found = _attempt(cell, "Spearman-Brown", lambda: spearman_brown(X))
    if found is None:
        return {}
    return {
        "omega": found.estimate,
        "omega_low": found.conf_low,
        "omega_high": found.conf_high,
        "omega_method": "Spearman-Brown (two items)",
    }


def _omega(cell: Cell, X: pd.DataFrame) -> dict[str, Any]:
    found = _attempt(cell, "omega", lambda: omega_total(X))
    if found is None:
        return {}
    cell.notes += [Note(w, w) for w in found.warnings]
    return {
        "omega": found.omega,
        "omega_low": found.conf_low,
        "omega_high": found.conf_high,
        "omega_method": found.method,
    }


def _ordinal(cell: Cell, X: pd.DataFrame) -> dict[str, Any]:
    """The versions for ordered answers, where the answers are few and whole."""
    answers = X.to_numpy()
    if X.nunique().max() > MOST_CATEGORIES or (answers != np.round(answers)).any():
        return {}
    omega = _attempt(cell, "categorical omega", lambda: omega_categorical(X))
    if omega is None:
        return {}
    return {
        "alpha_ordinal": omega.alpha_ordinal,
        "omega_categorical": omega.omega,
        "omega_categorical_low": omega.conf_low,
        "omega_categorical_high": omega.conf_high,
    }


def _usable(cell: Cell) -> pd.DataFrame | None:
    """Complete cases whose items all vary; otherwise a note and None."""
    X, answered = cell.complete, len(cell.items)
    if len(X) < 3:
        cell.notes.append(
            Note(
                f"{len(X)} persons with complete answers: no reliability",
                f"{len(X)} personen met volledige antwoorden: geen betrouwbaarheid",
            )
        )
        return None
    if len(X) < (1 - MANY_INCOMPLETE) * answered:
        cell.notes.append(
            Note(
                f"complete answers of {len(X)} of {answered} persons",
                f"volledige antwoorden van {len(X)} van {answered} personen",
            )
        )
    flat = [str(c) for c in X.columns if X[c].nunique() < 2]
    if flat:
        names = ", ".join(flat)
        cell.notes.append(
            Note(
                f"no variance in {names}: no reliability", f"geen variantie in {names}: geen betrouwbaarheid"
            )
        )
        return None
    return X


def _attempt(cell: Cell, what: str, compute: Any) -> Any:
    """The result, or None with the refusal as a note: an empty cell that says why."""
    try:
        return compute()
    except ScaleError as refusal:
        found = refusal.problems[0].found if refusal.problems else str(refusal)
        cell.notes.append(Note(f"no {what}: {found}", f"geen {what}: {found}"))
        return None


def _two_levels(cell: Cell, scale: Scale) -> dict[str, Any]:
    """Omega within and between teams of a whole scale, where teams differ enough for a factor between them."""
    X = cell.complete
    team = cell.team.loc[X.index]
    if cell.where["scale"] != scale.id or X.shape[1] < 3 or team.isna().any() or len(X) <= team.nunique():
        return {}
    if team.nunique() < LEAST_TEAMS or np.linalg.eigvalsh(between_covariance(X, team))[0] <= 0:
        if scale.team_property:
            cell.notes.append(
                Note(
                    "no omega between teams: too few teams, or items that hardly differ between them",
                    "geen omega tussen teams: te weinig teams, of items die er nauwelijks tussen verschillen",
                )
            )
        return {}
    from dww_analysis.scales.factor.omega import omega_two_level

    found = _attempt(cell, "omega between teams", lambda: omega_two_level(X, team))
    return {} if found is None else {"omega_within": found.within, "omega_between": found.between}


def _agreement(cell: Cell) -> dict[str, Any]:
    key = cell.key
    assert key is not None
    if cell.team.isna().all():
        return {}
    frame, team = cell.items, cell.team.loc[cell.items.index]
    options = round(key.maximum - key.minimum) + 1
    agreement = rwg if frame.shape[1] == 1 else rwg_j
    uniform = _of_teams(agreement(frame, team, options=options))
    if uniform.empty:
        return {}
    out = {f"rwgj_{name}": uniform["value"].agg(name) for name in ("mean", "median", "min", "max")}
    out |= {"rwgj_out_of_range": int(uniform["out_of_range"].sum())}
    out |= {"ad_m_median": _of_teams(ad_m(frame, team))["value"].median()}
    if options == SKEW_KNOWN_FOR:
        skewed = _of_teams(agreement(frame, team, options=options, null="slight skew"))
        out["rwgj_skew_median"] = skewed["value"].median()
        out["rwgj_skew_out_of_range"] = int(skewed["out_of_range"].sum())
    return out


def _of_teams(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of teams that have a value: two members or more."""
    return table[table["value"].notna()]


def _between_teams(cell: Cell) -> dict[str, Any]:
    scored = cell.scores.dropna(subset=["score", "team"])
    out: dict[str, Any] = {"n_teams": scored["team"].nunique()}
    one = _attempt(cell, "ICC", lambda: icc1(scored["score"], scored["team"]))
    if one is None:
        return out
    out |= {
        "icc1": one.estimate,
        "icc1_low": one.conf_low,
        "icc1_high": one.conf_high,
        "icc_f_p": one.p_value,
    }
    return out | {"icc2": icc2(scored["score"], scored["team"]).estimate}


def _item_rows(cell: Cell, scale: Scale) -> pd.DataFrame | None:
    key = cell.key
    if key is None or cell.items.shape[1] == 0:
        return None
    column_of = dict(zip(key.items, scale.items, strict=True))
    table = item_analysis(cell.items, key.minimum, key.maximum, key.reversed)
    table["label"] = [column_of[c] for c in table["item"]]
    for name, value in cell.where.items():
        table[name] = value
    return table[list(ITEM_COLUMNS)]


def _descriptives(scores: pd.DataFrame, scale: Scale) -> pd.DataFrame:
    rows = []
    scored = scores.dropna(subset=["score"])
    for (sample, label, wave), part in scored.groupby(["sample", "scale", "wave"], sort=False, observed=True):
        low, high = _range(scale, str(label))
        arms = [(ALL_ARMS, part)]
        if "arm" in part.columns:
            arms += [(str(a), p) for a, p in part.groupby("arm", sort=True, observed=True)]
        for arm, own in arms:
            q25, median, q75 = own["score"].quantile([0.25, 0.5, 0.75])
            found = (len(own), own["score"].mean(), own["score"].std(), q25, median, q75, low, high)
            rows.append((sample, label, int(wave), arm, *found))
    return pd.DataFrame(rows, columns=list(DESCRIPTIVE_COLUMNS))


def _range(scale: Scale, label: str) -> tuple[float, float]:
    if scale.key is None:
        return scale.score_range()
    return bounds_of(scale.key, label.removeprefix(scale.id).removeprefix("."))
