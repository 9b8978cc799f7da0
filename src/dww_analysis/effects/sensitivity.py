"""The same question answered under other defensible choices of whose answers count: named, never chosen afterwards.

Each variant repeats the entry's own model on other rows. They stand beside the estimate, not instead of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Study
from dww_analysis.effects.estimate import estimate_entry
from dww_analysis.errors import FitError

COLUMNS = (
    "entry", "outcome", "analysis", "estimate", "std_error", "df", "df_method", "p_value", "conf_low", "conf_high",
    "conf_level", "unit", "n_obs", "n_persons", "rows_left_out", "note",
)  # fmt: skip
KEYS = ["sample", "person", "wave"]


def without_careless(scores: pd.DataFrame, careless: pd.DataFrame) -> pd.DataFrame:
    """Without the answers of a wave in which a person was flagged as answering carelessly."""
    flagged = careless.loc[careless["careless"], KEYS]
    marked = scores[KEYS].merge(flagged.assign(flagged=True), on=KEYS, how="left")["flagged"]
    return scores[marked.isna().to_numpy()]


def baseline_members(scores: pd.DataFrame, careless: pd.DataFrame) -> pd.DataFrame:
    """Only persons who answered the first wave: the closed cohort inside an open one."""
    first = scores.groupby("sample")["wave"].transform("min")
    at_first = scores.loc[scores["wave"] == first, ["sample", "person"]].drop_duplicates()
    return scores.merge(at_first, on=["sample", "person"])


def where_answered(scores: pd.DataFrame, careless: pd.DataFrame) -> pd.DataFrame:
    """With the team a person was in when answering, instead of the team that was allocated; the arm stays."""
    moved = scores["current_team"].where(scores["current_team"].notna(), scores["team"])
    return scores.assign(team=moved)


Variant = Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]
VARIANTS: Mapping[str, Variant] = {
    "without careless answers": without_careless,
    "baseline members only": baseline_members,
    "team at the time of answering": where_answered,
}


def sensitivity_of(
    entry: PlanEntry,
    plan: Plan,
    study: Study,
    scale: Scale,
    scores: pd.DataFrame,
    covariates: Mapping[str, pd.DataFrame],
    answers: pd.DataFrame,
    careless: pd.DataFrame,
) -> pd.DataFrame:
    """One row per variant that changes the data of this entry; a variant that cannot be estimated says why.

    careless: columns sample, person, wave, careless (bool). Variants that leave all rows as they are, are left out:
    they would repeat the estimate.
    """
    rows = list(_rows(entry, plan, study, scale, scores, covariates, answers, careless))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(
    entry: PlanEntry,
    plan: Plan,
    study: Study,
    scale: Scale,
    scores: pd.DataFrame,
    covariates: Mapping[str, pd.DataFrame],
    answers: pd.DataFrame,
    careless: pd.DataFrame,
) -> Iterator[dict[str, object]]:
    own = scores[(scores["scale"] == entry.outcome) & (scores["sample"] == entry.sample)].reset_index(
        drop=True
    )
    for name, variant in VARIANTS.items():
        changed = variant(own, careless)
        if len(changed) == len(own) and changed["team"].equals(own["team"]):
            continue
        head = {
            "entry": entry.id,
            "outcome": entry.outcome,
            "analysis": name,
            "rows_left_out": len(own) - len(changed),
        }
        try:
            found = estimate_entry(entry, plan, study, scale, changed, covariates, answers).estimates
        except FitError as error:
            yield {**head, "note": str(error).split("\n")[0]}
            continue
        primary = found[(found["family"] != "") & found["sd_used"].isna()].iloc[0].to_dict()
        yield {**{k: v for k, v in primary.items() if k in COLUMNS}, **head, "note": primary["flags"]}
