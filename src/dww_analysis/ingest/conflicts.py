"""Waves that do not agree about an item: the same name with other labels, codes or question text.

A code that means something else in another wave stops the study until a rule is given: `recode` the item in one of
the sources (also to itself, when the meaning is the same), or give it another name to keep the waves apart.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import pandas as pd

from dww_analysis.domain.measurements import Ingested
from dww_analysis.errors import Problem
from dww_analysis.ingest.codes import fold, fold_label

CONFLICT_COLUMNS = (
    "sample",
    "name",
    "kind",
    "wave",
    "source",
    "here",
    "other_wave",
    "other_source",
    "there",
    "rule",
)


def wave_conflicts(parts: Sequence[Ingested]) -> pd.DataFrame:
    """Every disagreement about a column between sources of one sample.

    Columns: sample, name, kind ("meaning of a code" / "codes" / "question text"), wave, source, here, other_wave,
    other_source, there, rule (what settles it; empty for a meaning that still needs a rule). Each source is compared
    with the first one that has the column. Wording is compared without case, accents and
    leading numbers; a question text with a common introduction around it is the same text.
    """
    book = pd.concat([part.codebook for part in parts], ignore_index=True)
    book = book[~book["name"].isin(["person", "team", "organisation"])]
    records = []
    for _, rows in book.groupby(["sample", "name"], sort=False):
        ordered = rows.sort_values("wave", kind="stable").to_dict("records")
        for other in ordered[1:]:
            records += _compare(ordered[0], other)
    return pd.DataFrame(records, columns=list(CONFLICT_COLUMNS))


def conflict_problems(conflicts: pd.DataFrame) -> list[Problem]:
    """A problem for every changed meaning without a rule."""
    open_ones = conflicts[(conflicts["kind"] == "meaning of a code") & (conflicts["rule"] == "")]
    return [
        Problem(
            f"in wave {row.wave} {row.here}, in wave {row.other_wave} {row.there}",
            f"column {row.name_} ({row.source}, {row.other_source})",
            "a code that means the same in every wave",
            "recode the item in one of the sources in sources.yaml (to itself when the meaning is the same), or give "
            "it another name there to keep the waves apart",
        )
        for row in open_ones.rename(columns={"name": "name_"}).itertuples()
    ]


def _compare(first: dict, other: dict) -> list[dict]:
    base = {
        "sample": first["sample"],
        "name": first["name"],
        "wave": first["wave"],
        "source": first["source"],
    }
    base |= {"other_wave": other["wave"], "other_source": other["source"]}
    here, there = _labels(first), _labels(other)
    records = []
    rule = "recode" if "recode" in f"{first['rules']} {other['rules']}" else ""
    differing = [c for c in here if c in there and fold_label(here[c]) != fold_label(there[c])]
    if differing:
        words = ({c: x[c] for c in differing} for x in (here, there))
        texts = [", ".join(f"{c} = {t}" for c, t in w.items()) for w in words]
        records.append(
            base | {"kind": "meaning of a code", "here": texts[0], "there": texts[1], "rule": rule}
        )
    if here and there and set(here) != set(there):
        texts = [", ".join(c for c in x) for x in (here, there)]
        records.append(base | {"kind": "codes", "here": texts[0], "there": texts[1], "rule": rule or "shown"})
    if first["label"] and other["label"] and not _same_text(first["label"], other["label"]):
        records.append(
            base | {"kind": "question text", "here": first["label"], "there": other["label"], "rule": "shown"}
        )
    return records


def _same_text(one: str, other: str) -> bool:
    """Whether two question texts agree, or one is the other with a common introduction or addition around it."""
    short, long = sorted((fold(one), fold(other)), key=len)
    return bool(short) and short in long


def _labels(row: dict) -> dict[str, str]:
    """The value labels of a codebook row, without those of codes for "no answer"."""
    labels = json.loads(row["value_labels"]) if row["value_labels"] else {}
    missing = json.loads(row["missing_codes"]) if row["missing_codes"] else {}
    return {code: text for code, text in labels.items() if code not in missing}
